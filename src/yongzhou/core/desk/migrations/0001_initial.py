import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import yongzhou.core.crypto.identity
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('people', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='HitCursor',
            fields=[
                ('resource', models.CharField(max_length=100, primary_key=True, serialize=False)),
                ('last', models.UUIDField(null=True)),
                ('whole_at', models.DateTimeField(null=True)),
            ],
            options={
                'db_table': 'core_desk_hit_cursor',
            },
        ),
        migrations.CreateModel(
            name='Bulk',
            fields=[
                ('id', models.UUIDField(default=yongzhou.core.crypto.identity.uuid7, editable=False, primary_key=True, serialize=False)),
                ('person', models.UUIDField()),
                ('resource', models.CharField(max_length=100)),
                ('operation', models.CharField(max_length=100)),
                ('subject', models.CharField(max_length=60)),
                ('data', models.JSONField()),
                ('job', models.UUIDField(null=True)),
                ('at', models.DateTimeField()),
            ],
            options={
                'db_table': 'core_desk_bulk',
                'indexes': [models.Index(fields=['person', 'at'], name='core_desk_bulk_person')],
            },
        ),
        migrations.CreateModel(
            name='Choice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('person', models.UUIDField()),
                ('name', models.CharField(max_length=200)),
                ('value', models.JSONField()),
                ('at', models.DateTimeField(auto_now=True)),
            ],
            options={
                'db_table': 'core_desk_choice',
                'constraints': [models.UniqueConstraint(fields=('person', 'name'), name='core_desk_choice_once')],
            },
        ),
        migrations.CreateModel(
            name='Hit',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('resource', models.CharField(max_length=100)),
                ('record', models.UUIDField()),
                ('region', models.CharField(db_collation='C', default='', max_length=16)),
                ('words', models.TextField()),
                ('grams', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=4), size=None)),
            ],
            options={
                'db_table': 'core_desk_hit',
                'indexes': [django.contrib.postgres.indexes.GinIndex(fields=['grams'], name='core_desk_hit_grams')],
                'constraints': [models.UniqueConstraint(fields=('resource', 'record'), name='core_desk_hit_once')],
            },
        ),
        migrations.CreateModel(
            name='ImportDraft',
            fields=[
                ('id', models.UUIDField(default=yongzhou.core.crypto.identity.uuid7, editable=False, primary_key=True, serialize=False)),
                ('person', models.UUIDField()),
                ('resource', models.CharField(max_length=100)),
                ('name', models.CharField(max_length=80)),
                ('size', models.BigIntegerField()),
                ('mapping', models.JSONField(default=dict)),
                ('tried', models.UUIDField(null=True)),
                ('job', models.UUIDField(null=True)),
                ('report', models.JSONField(null=True)),
                ('at', models.DateTimeField()),
            ],
            options={
                'db_table': 'core_desk_import',
                'indexes': [models.Index(fields=['person', 'at'], name='core_desk_import_person')],
            },
        ),
        migrations.CreateModel(
            name='Undoable',
            fields=[
                ('op_id', models.UUIDField(primary_key=True, serialize=False)),
                ('operation', models.CharField(max_length=100)),
                ('inverse', models.CharField(default='', max_length=100)),
                ('resource', models.CharField(max_length=100)),
                ('record', models.UUIDField()),
                ('version', models.IntegerField()),
                ('person', models.UUIDField()),
                ('at', models.DateTimeField()),
                ('undone_at', models.DateTimeField(null=True)),
            ],
            options={
                'db_table': 'core_desk_undoable',
                'indexes': [models.Index(fields=['record', 'at'], name='core_desk_undoable_record')],
            },
        ),
        migrations.CreateModel(
            name='BulkRow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('record', models.UUIDField()),
                ('version', models.IntegerField(null=True)),
                ('state', models.CharField(choices=[('waiting', '待办'), ('done', '已办'), ('failed', '没有办成')], default='waiting', max_length=8)),
                ('reason', models.TextField(default='')),
                ('bulk', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='rows', to='desk.bulk')),
            ],
            options={
                'db_table': 'core_desk_bulk_row',
                'indexes': [models.Index(fields=['bulk', 'state', 'id'], name='core_desk_bulk_row_state')],
                'constraints': [models.UniqueConstraint(fields=('bulk', 'record'), name='core_desk_bulk_row_once')],
            },
        ),
        migrations.CreateModel(
            name='SavedView',
            fields=[
                ('id', models.UUIDField(default=yongzhou.core.crypto.identity.uuid7, editable=False, primary_key=True, serialize=False, verbose_name='编号')),
                ('origin', models.CharField(default='measured', max_length=12)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('row_version', models.IntegerField(default=1, editable=False, verbose_name='版本')),
                ('resource', models.CharField(max_length=100)),
                ('name', models.CharField(max_length=40)),
                ('words', models.TextField(blank=True, default='')),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='people.person')),
                ('unit', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='people.unit')),
            ],
            options={
                'verbose_name': '列表视图',
                'verbose_name_plural': '列表视图',
                'indexes': [models.Index(fields=['resource', 'unit'], name='desk_saved_view_unit')],
                'constraints': [models.UniqueConstraint(fields=('owner', 'resource', 'name'), name='desk_saved_view_once')],
            },
        ),
    ]

import django.contrib.postgres.indexes
import django.db.models.deletion
import yongzhou.core.crypto.identity
import yongzhou.core.data.geometry
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('people', '0001_initial'),
        ('places', '0001_initial'),
        ('things', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Matter',
            fields=[
                ('id', models.UUIDField(default=yongzhou.core.crypto.identity.uuid7, editable=False, primary_key=True, serialize=False, verbose_name='编号')),
                ('origin', models.CharField(default='measured', max_length=12)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('row_version', models.IntegerField(default=1, editable=False, verbose_name='版本')),
                ('number', models.CharField(max_length=24, unique=True)),
                ('kind', models.CharField(max_length=60)),
                ('key', models.CharField(blank=True, default='', max_length=120)),
                ('steward', models.CharField(max_length=40)),
                ('title', models.CharField(max_length=120)),
                ('detail', models.TextField(blank=True, default='')),
                ('state', models.CharField(default='reported', max_length=40)),
                ('level', models.BigIntegerField(default=4)),
                ('region', models.CharField(db_collation='C', max_length=16)),
                ('address', models.CharField(blank=True, default='', max_length=120)),
                ('geometry', models.BinaryField(blank=True, editable=True, null=True)),
                ('source', models.CharField(default='staff', max_length=24)),
                ('evidence', models.UUIDField(blank=True, null=True)),
                ('opened_at', models.DateTimeField()),
                ('assigned_at', models.DateTimeField(blank=True, null=True)),
                ('accepted_at', models.DateTimeField(blank=True, null=True)),
                ('done_at', models.DateTimeField(blank=True, null=True)),
                ('closed_at', models.DateTimeField(blank=True, null=True)),
                ('due', models.DateTimeField(blank=True, null=True)),
                ('due_provisional', models.BooleanField(default=False)),
                ('photos', models.JSONField(blank=True, default=list)),
                ('clause', models.CharField(blank=True, default='', max_length=200)),
                ('rating', models.BigIntegerField(blank=True, null=True)),
                ('geometry_box', yongzhou.core.data.geometry.BoxField(editable=False, null=True)),
                ('handler', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person')),
                ('parent', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='matters.matter')),
                ('place', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='places.place')),
                ('reporter', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person')),
                ('thing', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='things.thing')),
                ('unit', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.unit')),
                ('verifier', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person')),
            ],
            options={
                'verbose_name': '事项',
                'verbose_name_plural': '事项',
            },
        ),
        migrations.CreateModel(
            name='MatterStep',
            fields=[
                ('id', models.UUIDField(default=yongzhou.core.crypto.identity.uuid7, editable=False, primary_key=True, serialize=False, verbose_name='编号')),
                ('origin', models.CharField(default='measured', max_length=12)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('row_version', models.IntegerField(default=1, editable=False, verbose_name='版本')),
                ('at', models.DateTimeField()),
                ('before', models.CharField(blank=True, default='', max_length=40)),
                ('after', models.CharField(max_length=40)),
                ('actor_name', models.CharField(max_length=80)),
                ('reason', models.CharField(blank=True, default='', max_length=300)),
                ('files', models.JSONField(blank=True, default=list)),
                ('facts', models.JSONField(blank=True, default=dict)),
                ('actor', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person')),
                ('matter', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='matters.matter')),
            ],
            options={
                'verbose_name': '经过',
                'verbose_name_plural': '经过',
            },
        ),
        migrations.AddIndex(
            model_name='matter',
            index=models.Index(fields=['state', 'due'], name='matter_state_due'),
        ),
        migrations.AddIndex(
            model_name='matter',
            index=models.Index(fields=['handler', 'state'], name='matter_handler_state'),
        ),
        migrations.AddIndex(
            model_name='matter',
            index=django.contrib.postgres.indexes.GistIndex(fields=['geometry_box'], name='matters_mat_geometr_27082d_gist'),
        ),
        migrations.AddIndex(
            model_name='matter',
            index=models.Index(fields=['region', 'id'], name='matters_mat_region_048ce6_idx'),
        ),
        migrations.AddIndex(
            model_name='matter',
            index=models.Index(fields=['region', 'due', 'id'], name='matters_mat_region_12e401_idx'),
        ),
        migrations.AddIndex(
            model_name='matter',
            index=models.Index(fields=['region', 'opened_at', 'id'], name='matters_mat_region_43268c_idx'),
        ),
        migrations.AddIndex(
            model_name='matter',
            index=models.Index(fields=['region', 'level', 'id'], name='matters_mat_region_ffc6c7_idx'),
        ),
        migrations.AddConstraint(
            model_name='matter',
            constraint=models.UniqueConstraint(condition=models.Q(models.Q(('key', ''), _negated=True), models.Q(('state__in', ('closed', 'merged')), _negated=True)), fields=('kind', 'key'), name='matter_one_open_a_cause'),
        ),
        migrations.AddIndex(
            model_name='matterstep',
            index=models.Index(fields=['matter', 'at'], name='matter_step_at'),
        ),
    ]

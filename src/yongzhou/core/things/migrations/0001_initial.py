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
    ]

    operations = [
        migrations.CreateModel(
            name='Latest',
            fields=[
                ('datastream', models.BigIntegerField(primary_key=True, serialize=False)),
                ('phenomenon', models.DateTimeField()),
                ('result', models.FloatField(null=True)),
                ('flag', models.SmallIntegerField(default=2)),
                ('origin', models.CharField(max_length=12)),
                ('frame', models.UUIDField(null=True)),
                ('received', models.DateTimeField()),
            ],
            options={
                'db_table': 'things_latest',
            },
        ),
        migrations.CreateModel(
            name='Thing',
            fields=[
                ('id', models.UUIDField(default=yongzhou.core.crypto.identity.uuid7, editable=False, primary_key=True, serialize=False, verbose_name='编号')),
                ('origin', models.CharField(default='measured', max_length=12)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('row_version', models.IntegerField(default=1, editable=False, verbose_name='版本')),
                ('scheme', models.CharField(default='sl502', max_length=24)),
                ('code', models.CharField(max_length=40)),
                ('name', models.CharField(max_length=80)),
                ('region', models.CharField(db_collation='C', max_length=16)),
                ('geometry', models.BinaryField(blank=True, editable=True, null=True)),
                ('lifecycle', models.CharField(default='installed', max_length=40)),
                ('health', models.CharField(default='unknown', max_length=40)),
                ('health_cause', models.CharField(blank=True, default='', max_length=200)),
                ('last_seen', models.DateTimeField(blank=True, null=True)),
                ('geometry_box', yongzhou.core.data.geometry.BoxField(editable=False, null=True)),
                ('owner', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.unit')),
                ('parent', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='things.thing')),
                ('place', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='places.place')),
            ],
            options={
                'verbose_name': '设备',
                'verbose_name_plural': '设备',
            },
        ),
        migrations.CreateModel(
            name='Datastream',
            fields=[
                ('id', models.UUIDField(default=yongzhou.core.crypto.identity.uuid7, editable=False, primary_key=True, serialize=False, verbose_name='编号')),
                ('origin', models.CharField(default='measured', max_length=12)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('row_version', models.IntegerField(default=1, editable=False, verbose_name='版本')),
                ('number', models.BigIntegerField(editable=False, unique=True, verbose_name='序号')),
                ('door', models.CharField(max_length=40)),
                ('station', models.CharField(max_length=64)),
                ('element', models.CharField(max_length=40)),
                ('observed', models.CharField(max_length=40)),
                ('name', models.CharField(max_length=40)),
                ('unit', models.CharField(max_length=20)),
                ('digits', models.BigIntegerField(default=2)),
                ('period_s', models.BigIntegerField(default=300)),
                ('low', models.FloatField(blank=True, null=True)),
                ('high', models.FloatField(blank=True, null=True)),
                ('max_rate', models.FloatField(blank=True, null=True)),
                ('flat_count', models.BigIntegerField(default=0)),
                ('limit', models.FloatField(blank=True, null=True)),
                ('limit_high', models.FloatField(blank=True, null=True)),
                ('active', models.BooleanField(default=True)),
                ('thing', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='things.thing')),
            ],
            options={
                'verbose_name': '数据流',
                'verbose_name_plural': '数据流',
            },
        ),
        migrations.AddIndex(
            model_name='thing',
            index=django.contrib.postgres.indexes.GistIndex(fields=['geometry_box'], name='things_thin_geometr_fc8666_gist'),
        ),
        migrations.AddIndex(
            model_name='thing',
            index=models.Index(fields=['region', 'id'], name='things_thin_region_08961e_idx'),
        ),
        migrations.AddIndex(
            model_name='thing',
            index=models.Index(fields=['region', 'code', 'id'], name='things_thin_region_dd4b5c_idx'),
        ),
        migrations.AddIndex(
            model_name='thing',
            index=models.Index(fields=['region', 'last_seen', 'id'], name='things_thin_region_9e028a_idx'),
        ),
        migrations.AddConstraint(
            model_name='thing',
            constraint=models.UniqueConstraint(fields=('scheme', 'code'), name='thing_scheme_code'),
        ),
        migrations.AddConstraint(
            model_name='datastream',
            constraint=models.UniqueConstraint(fields=('door', 'station', 'element'), name='datastream_address'),
        ),
    ]

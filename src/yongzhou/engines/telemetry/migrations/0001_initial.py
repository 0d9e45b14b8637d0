import django.db.models.deletion
import yongzhou.core.crypto.identity
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('things', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Progress',
            fields=[
                ('stream', models.CharField(max_length=40, primary_key=True, serialize=False)),
                ('incarnation', models.DateTimeField()),
                ('last_seq', models.BigIntegerField()),
                ('at', models.DateTimeField(auto_now=True)),
            ],
            options={
                'db_table': 'telemetry_progress',
            },
        ),
        migrations.CreateModel(
            name='Rule',
            fields=[
                ('id', models.UUIDField(default=yongzhou.core.crypto.identity.uuid7, editable=False, primary_key=True, serialize=False, verbose_name='编号')),
                ('origin', models.CharField(default='measured', max_length=12)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('row_version', models.IntegerField(default=1, editable=False, verbose_name='版本')),
                ('name', models.CharField(max_length=80)),
                ('observed', models.CharField(max_length=40)),
                ('threshold', models.CharField(default='limit', max_length=40)),
                ('value', models.FloatField(blank=True, null=True)),
                ('margin', models.FloatField(default=0.0)),
                ('falling', models.BooleanField(default=False)),
                ('aggregate', models.CharField(default='last', max_length=40)),
                ('window_s', models.BigIntegerField(default=0)),
                ('hold', models.BigIntegerField(default=1)),
                ('level', models.CharField(default='4', max_length=40)),
                ('active', models.BooleanField(default=True)),
                ('thing', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='things.thing')),
            ],
            options={
                'verbose_name': '报警规则',
                'verbose_name_plural': '报警规则',
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Alarm',
            fields=[
                ('id', models.UUIDField(default=yongzhou.core.crypto.identity.uuid7, editable=False, primary_key=True, serialize=False, verbose_name='编号')),
                ('origin', models.CharField(default='measured', max_length=12)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('row_version', models.IntegerField(default=1, editable=False, verbose_name='版本')),
                ('region', models.CharField(blank=True, db_collation='C', default='', max_length=16)),
                ('datastream', models.BigIntegerField()),
                ('level', models.CharField(max_length=40)),
                ('value', models.FloatField()),
                ('raised_at', models.DateTimeField()),
                ('cleared_at', models.DateTimeField(blank=True, null=True)),
                ('cleared_value', models.FloatField(blank=True, null=True)),
                ('thing', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='things.thing')),
                ('rule', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='telemetry.rule')),
            ],
            options={
                'verbose_name': '报警',
                'verbose_name_plural': '报警',
                'indexes': [models.Index(fields=['region', 'id'], name='telemetry_a_region_81f426_idx'), models.Index(fields=['region', 'raised_at', 'id'], name='telemetry_a_region_909b97_idx')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('cleared_at__isnull', True)), fields=('rule', 'thing'), name='telemetry_one_open_alarm')],
            },
        ),
    ]

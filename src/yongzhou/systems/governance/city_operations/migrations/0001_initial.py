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
            name='DomainRule',
            fields=[
                ('id', models.UUIDField(default=yongzhou.core.crypto.identity.uuid7, editable=False, primary_key=True, serialize=False, verbose_name='编号')),
                ('origin', models.CharField(default='measured', max_length=12)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('row_version', models.IntegerField(default=1, editable=False, verbose_name='版本')),
                ('domain', models.CharField(max_length=40, unique=True)),
                ('blue', models.FloatField()),
                ('yellow', models.FloatField()),
                ('orange', models.FloatField()),
                ('red', models.FloatField()),
                ('band', models.FloatField()),
                ('periods', models.BigIntegerField()),
            ],
            options={
                'verbose_name': '分级线',
                'verbose_name_plural': '分级线',
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='StateVector',
            fields=[
                ('id', models.UUIDField(default=yongzhou.core.crypto.identity.uuid7, editable=False, primary_key=True, serialize=False, verbose_name='编号')),
                ('origin', models.CharField(default='measured', max_length=12)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('row_version', models.IntegerField(default=1, editable=False, verbose_name='版本')),
                ('region', models.CharField(db_collation='C', max_length=16)),
                ('domain', models.CharField(max_length=40)),
                ('at', models.DateTimeField()),
                ('confirmed_at', models.DateTimeField()),
                ('score', models.FloatField(blank=True, null=True)),
                ('severity', models.CharField(max_length=40)),
                ('streak', models.BigIntegerField(default=0)),
                ('confidence', models.FloatField(default=0.0)),
                ('reasons', models.JSONField(blank=True, default=list)),
                ('rule', models.CharField(max_length=16)),
            ],
            options={
                'verbose_name': '态势',
                'verbose_name_plural': '态势',
                'indexes': [models.Index(fields=['region', 'domain', '-at'], name='state_vector_last'), models.Index(fields=['region', 'id'], name='city_operat_region_af5101_idx'), models.Index(fields=['region', 'at', 'id'], name='city_operat_region_c2e3b9_idx')],
            },
        ),
        migrations.CreateModel(
            name='VitalSign',
            fields=[
                ('id', models.UUIDField(default=yongzhou.core.crypto.identity.uuid7, editable=False, primary_key=True, serialize=False, verbose_name='编号')),
                ('origin', models.CharField(default='measured', max_length=12)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('row_version', models.IntegerField(default=1, editable=False, verbose_name='版本')),
                ('domain', models.CharField(max_length=40)),
                ('indicator', models.CharField(max_length=100)),
                ('worst', models.FloatField()),
                ('best', models.FloatField()),
                ('weight', models.FloatField()),
            ],
            options={
                'verbose_name': '体征',
                'verbose_name_plural': '体征',
                'constraints': [models.UniqueConstraint(fields=('domain', 'indicator'), name='vital_sign_once')],
            },
        ),
        migrations.CreateModel(
            name='TwinLink',
            fields=[
                ('id', models.UUIDField(default=yongzhou.core.crypto.identity.uuid7, editable=False, primary_key=True, serialize=False, verbose_name='编号')),
                ('origin', models.CharField(default='measured', max_length=12)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('row_version', models.IntegerField(default=1, editable=False, verbose_name='版本')),
                ('region', models.CharField(db_collation='C', max_length=16)),
                ('located', models.BooleanField(default=False)),
                ('owned', models.BooleanField(default=False)),
                ('checked_at', models.DateTimeField()),
                ('thing', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='things.thing', unique=True)),
            ],
            options={
                'verbose_name': '孪生映射',
                'verbose_name_plural': '孪生映射',
                'abstract': False,
                'indexes': [models.Index(fields=['region', 'id'], name='city_operat_region_bfd4ef_idx')],
            },
        ),
    ]

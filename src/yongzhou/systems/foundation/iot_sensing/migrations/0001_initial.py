import django.db.models.deletion
import yongzhou.core.crypto.identity
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('matters', '0001_initial'),
        ('people', '0001_initial'),
        ('telemetry', '0001_initial'),
        ('things', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='DeviceModel',
            fields=[
                ('id', models.UUIDField(default=yongzhou.core.crypto.identity.uuid7, editable=False, primary_key=True, serialize=False, verbose_name='编号')),
                ('origin', models.CharField(default='measured', max_length=12)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('row_version', models.IntegerField(default=1, editable=False, verbose_name='版本')),
                ('code', models.CharField(max_length=40, unique=True)),
                ('name', models.CharField(max_length=80)),
                ('maker', models.CharField(blank=True, default='', max_length=80)),
                ('door', models.CharField(max_length=40)),
                ('observes', models.JSONField(blank=True, default=dict)),
                ('period_s', models.BigIntegerField(default=300)),
                ('battery_wh', models.FloatField(blank=True, null=True)),
            ],
            options={
                'verbose_name': '设备型号',
                'verbose_name_plural': '设备型号',
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='MaintenanceOrder',
            fields=[
                ('matter_ptr', models.OneToOneField(auto_created=True, on_delete=django.db.models.deletion.CASCADE, parent_link=True, primary_key=True, serialize=False, to='matters.matter')),
                ('cause', models.CharField(max_length=40)),
                ('affected', models.BigIntegerField(default=1)),
            ],
            options={
                'verbose_name': '维修单',
                'verbose_name_plural': '维修单',
                'abstract': False,
            },
            bases=('matters.matter',),
        ),
        migrations.CreateModel(
            name='DeviceCredential',
            fields=[
                ('id', models.UUIDField(default=yongzhou.core.crypto.identity.uuid7, editable=False, primary_key=True, serialize=False, verbose_name='编号')),
                ('origin', models.CharField(default='measured', max_length=12)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('row_version', models.IntegerField(default=1, editable=False, verbose_name='版本')),
                ('name', models.CharField(max_length=64, unique=True)),
                ('secret_hash', models.CharField(max_length=128)),
                ('revoked_at', models.DateTimeField(blank=True, null=True)),
                ('thing', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='things.thing')),
            ],
            options={
                'verbose_name': '设备凭据',
                'verbose_name_plural': '设备凭据',
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Outage',
            fields=[
                ('id', models.UUIDField(default=yongzhou.core.crypto.identity.uuid7, editable=False, primary_key=True, serialize=False, verbose_name='编号')),
                ('origin', models.CharField(default='measured', max_length=12)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('row_version', models.IntegerField(default=1, editable=False, verbose_name='版本')),
                ('region', models.CharField(db_collation='C', max_length=16)),
                ('since', models.DateTimeField()),
                ('until', models.DateTimeField(blank=True, null=True)),
                ('things', models.BigIntegerField(default=1)),
                ('thing', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='things.thing')),
            ],
            options={
                'verbose_name': '中断',
                'verbose_name_plural': '中断',
            },
        ),
        migrations.CreateModel(
            name='ProvisionSlip',
            fields=[
                ('id', models.UUIDField(default=yongzhou.core.crypto.identity.uuid7, editable=False, primary_key=True, serialize=False, verbose_name='编号')),
                ('origin', models.CharField(default='measured', max_length=12)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('row_version', models.IntegerField(default=1, editable=False, verbose_name='版本')),
                ('batch', models.CharField(max_length=20)),
                ('code', models.CharField(max_length=16, unique=True)),
                ('name', models.CharField(max_length=64, unique=True)),
                ('secret_hash', models.CharField(max_length=128)),
                ('region', models.CharField(db_collation='C', max_length=16)),
                ('claimed_at', models.DateTimeField(blank=True, null=True)),
                ('photos', models.JSONField(blank=True, default=list)),
                ('claimed_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person')),
                ('model', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='iot_sensing.devicemodel')),
                ('owner', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.unit')),
                ('thing', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='things.thing')),
            ],
            options={
                'verbose_name': '待装设备',
                'verbose_name_plural': '待装设备',
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Silence',
            fields=[
                ('id', models.UUIDField(default=yongzhou.core.crypto.identity.uuid7, editable=False, primary_key=True, serialize=False, verbose_name='编号')),
                ('origin', models.CharField(default='measured', max_length=12)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('row_version', models.IntegerField(default=1, editable=False, verbose_name='版本')),
                ('region', models.CharField(db_collation='C', max_length=16)),
                ('since', models.DateTimeField()),
                ('noticed_at', models.DateTimeField()),
                ('until', models.DateTimeField(blank=True, null=True)),
                ('outage', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='iot_sensing.outage')),
                ('thing', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='things.thing')),
            ],
            options={
                'verbose_name': '失联',
                'verbose_name_plural': '失联',
            },
        ),
        migrations.CreateModel(
            name='AlarmHandling',
            fields=[
                ('id', models.UUIDField(default=yongzhou.core.crypto.identity.uuid7, editable=False, primary_key=True, serialize=False, verbose_name='编号')),
                ('origin', models.CharField(default='measured', max_length=12)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('row_version', models.IntegerField(default=1, editable=False, verbose_name='版本')),
                ('region', models.CharField(blank=True, db_collation='C', default='', max_length=16)),
                ('acknowledged_at', models.DateTimeField(blank=True, null=True)),
                ('verdict', models.CharField(blank=True, default='', max_length=40)),
                ('reason', models.CharField(blank=True, default='', max_length=200)),
                ('judged_at', models.DateTimeField(blank=True, null=True)),
                ('repair', models.BooleanField(default=False)),
                ('acknowledged_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person')),
                ('alarm', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='telemetry.alarm', verbose_name='告警')),
                ('judged_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person')),
            ],
            options={
                'verbose_name': '告警处理',
                'verbose_name_plural': '告警处理',
                'abstract': False,
                'indexes': [models.Index(fields=['region', 'id'], name='iot_sensing_region_1a185f_idx')],
            },
        ),
        migrations.CreateModel(
            name='Command',
            fields=[
                ('id', models.UUIDField(default=yongzhou.core.crypto.identity.uuid7, editable=False, primary_key=True, serialize=False, verbose_name='编号')),
                ('origin', models.CharField(default='measured', max_length=12)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('row_version', models.IntegerField(default=1, editable=False, verbose_name='版本')),
                ('door', models.CharField(max_length=40)),
                ('device', models.CharField(max_length=64)),
                ('action', models.CharField(max_length=40)),
                ('parameters', models.JSONField(blank=True, default=dict)),
                ('reason', models.CharField(max_length=200)),
                ('state', models.CharField(default='queued', max_length=40)),
                ('expires', models.DateTimeField()),
                ('sent_at', models.DateTimeField(blank=True, null=True)),
                ('received_at', models.DateTimeField(blank=True, null=True)),
                ('finished_at', models.DateTimeField(blank=True, null=True)),
                ('detail', models.CharField(blank=True, default='', max_length=500)),
                ('agreed_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person')),
                ('asked_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person')),
                ('thing', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='things.thing')),
            ],
            options={
                'verbose_name': '设备指令',
                'verbose_name_plural': '设备指令',
                'indexes': [models.Index(condition=models.Q(('state__in', ('queued', 'sent', 'received'))), fields=['expires'], name='command_unsettled'), models.Index(fields=['created_at', 'id'], name='iot_sensing_created_3bb7c2_idx')],
            },
        ),
        migrations.AddIndex(
            model_name='outage',
            index=models.Index(fields=['region', 'id'], name='iot_sensing_region_f01129_idx'),
        ),
        migrations.AddIndex(
            model_name='outage',
            index=models.Index(fields=['region', 'since', 'id'], name='iot_sensing_region_febb24_idx'),
        ),
        migrations.AddConstraint(
            model_name='outage',
            constraint=models.UniqueConstraint(condition=models.Q(('until__isnull', True)), fields=('thing',), name='outage_one_open'),
        ),
        migrations.AddIndex(
            model_name='provisionslip',
            index=models.Index(fields=['region', 'id'], name='iot_sensing_region_a415ee_idx'),
        ),
        migrations.AddIndex(
            model_name='provisionslip',
            index=models.Index(fields=['region', 'batch', 'id'], name='iot_sensing_region_aed98f_idx'),
        ),
        migrations.AddIndex(
            model_name='silence',
            index=models.Index(fields=['region', 'id'], name='iot_sensing_region_b0d882_idx'),
        ),
        migrations.AddIndex(
            model_name='silence',
            index=models.Index(fields=['region', 'since', 'id'], name='iot_sensing_region_713a16_idx'),
        ),
        migrations.AddConstraint(
            model_name='silence',
            constraint=models.UniqueConstraint(condition=models.Q(('until__isnull', True)), fields=('thing',), name='silence_one_open'),
        ),
    ]

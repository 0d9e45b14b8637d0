import django.db.models.deletion
import yongzhou.core.crypto.identity
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('matters', '0001_initial'),
        ('people', '0001_initial'),
        ('places', '0001_initial'),
        ('things', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='HydroStation',
            fields=[
                ('thing_ptr', models.OneToOneField(auto_created=True, on_delete=django.db.models.deletion.CASCADE, parent_link=True, primary_key=True, serialize=False, to='things.thing')),
                ('kind', models.CharField(max_length=40)),
                ('river', models.CharField(blank=True, default='', max_length=40)),
                ('order_on_river', models.BigIntegerField(default=0)),
                ('warning_m', models.FloatField(blank=True, null=True)),
                ('guarantee_m', models.FloatField(blank=True, null=True)),
                ('base_m', models.FloatField(blank=True, null=True)),
            ],
            options={
                'verbose_name': '水文测站',
                'verbose_name_plural': '水文测站',
                'abstract': False,
            },
            bases=('things.thing',),
        ),
        migrations.CreateModel(
            name='FlashFloodVillage',
            fields=[
                ('place_ptr', models.OneToOneField(auto_created=True, on_delete=django.db.models.deletion.CASCADE, parent_link=True, primary_key=True, serialize=False, to='places.place')),
                ('prepare_1h', models.FloatField()),
                ('move_1h', models.FloatField()),
                ('prepare_3h', models.FloatField()),
                ('move_3h', models.FloatField()),
                ('prepare_6h', models.FloatField()),
                ('move_6h', models.FloatField()),
                ('households', models.BigIntegerField(default=0)),
                ('people', models.BigIntegerField(default=0)),
                ('contact', models.CharField(blank=True, default='', max_length=40)),
                ('phone', models.TextField(blank=True, default='')),
                ('phone_blind', models.CharField(db_index=True, default='', editable=False, max_length=64)),
                ('station', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='water.hydrostation')),
            ],
            options={
                'verbose_name': '山洪危险村',
                'verbose_name_plural': '山洪危险村',
                'abstract': False,
            },
            bases=('places.place',),
        ),
        migrations.CreateModel(
            name='WaterMatter',
            fields=[
                ('matter_ptr', models.OneToOneField(auto_created=True, on_delete=django.db.models.deletion.CASCADE, parent_link=True, primary_key=True, serialize=False, to='matters.matter')),
                ('stage_m', models.FloatField(blank=True, null=True)),
                ('over_m', models.FloatField(blank=True, null=True)),
                ('station', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='water.hydrostation')),
            ],
            options={
                'verbose_name': '水情处置',
                'verbose_name_plural': '水情处置',
                'abstract': False,
            },
            bases=('matters.matter',),
        ),
        migrations.CreateModel(
            name='FloodWarning',
            fields=[
                ('id', models.UUIDField(default=yongzhou.core.crypto.identity.uuid7, editable=False, primary_key=True, serialize=False, verbose_name='编号')),
                ('origin', models.CharField(default='measured', max_length=12)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('row_version', models.IntegerField(default=1, editable=False, verbose_name='版本')),
                ('level', models.CharField(max_length=40)),
                ('raised_at', models.DateTimeField()),
                ('rain_mm', models.FloatField()),
                ('window_h', models.BigIntegerField(default=1)),
                ('threshold_mm', models.FloatField(blank=True, null=True)),
                ('frame', models.CharField(blank=True, default='', max_length=36)),
                ('acknowledged_at', models.DateTimeField(blank=True, null=True)),
                ('acknowledged_note', models.CharField(blank=True, default='', max_length=200)),
                ('lifted_at', models.DateTimeField(blank=True, null=True)),
                ('lifted_reason', models.CharField(blank=True, default='', max_length=200)),
                ('acknowledged_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person')),
                ('village', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='water.flashfloodvillage')),
            ],
            options={
                'verbose_name': '山洪预警',
                'verbose_name_plural': '山洪预警',
                'indexes': [models.Index(fields=['raised_at', 'id'], name='water_flood_raised__a59b2f_idx')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('lifted_at__isnull', True)), fields=('village', 'level'), name='flood_warning_one_open')],
            },
        ),
        migrations.CreateModel(
            name='StageGrade',
            fields=[
                ('id', models.UUIDField(default=yongzhou.core.crypto.identity.uuid7, editable=False, primary_key=True, serialize=False, verbose_name='编号')),
                ('origin', models.CharField(default='measured', max_length=12)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('row_version', models.IntegerField(default=1, editable=False, verbose_name='版本')),
                ('at', models.DateTimeField()),
                ('grade', models.CharField(max_length=40)),
                ('before', models.CharField(default='0', max_length=40)),
                ('level_m', models.FloatField()),
                ('over_m', models.FloatField()),
                ('alarm', models.UUIDField(blank=True, null=True)),
                ('station', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='water.hydrostation')),
            ],
            options={
                'verbose_name': '水情变级',
                'verbose_name_plural': '水情变级',
                'abstract': False,
                'indexes': [models.Index(fields=['at', 'id'], name='water_stage_at_a7c881_idx')],
            },
        ),
    ]

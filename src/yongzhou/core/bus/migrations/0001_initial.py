import yongzhou.core.crypto.identity
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Inbox',
            fields=[
                ('pk', models.CompositePrimaryKey('consumer', 'event_id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('consumer', models.CharField(max_length=100)),
                ('event_id', models.UUIDField()),
                ('at', models.DateTimeField(db_index=True)),
            ],
            options={
                'db_table': 'core_inbox',
            },
        ),
        migrations.CreateModel(
            name='Outbox',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('event_id', models.UUIDField(unique=True)),
                ('subject', models.CharField(max_length=200)),
                ('data', models.JSONField()),
                ('actor', models.UUIDField()),
                ('at', models.DateTimeField()),
            ],
            options={
                'db_table': 'core_outbox',
            },
        ),
        migrations.CreateModel(
            name='DeadLetter',
            fields=[
                ('id', models.UUIDField(default=yongzhou.core.crypto.identity.uuid7, editable=False, primary_key=True, serialize=False)),
                ('consumer', models.CharField(max_length=100, verbose_name='订阅方')),
                ('event_id', models.UUIDField(verbose_name='事件编号')),
                ('subject', models.CharField(max_length=200, verbose_name='主题')),
                ('payload', models.TextField(verbose_name='内容（密文）')),
                ('error', models.TextField(verbose_name='错误')),
                ('tries', models.PositiveIntegerField(verbose_name='次数')),
                ('state', models.CharField(choices=[('retrying', '重试中'), ('parked', '已搁置'), ('done', '已补办'), ('dropped', '已放弃')], db_index=True, default='retrying', max_length=10, verbose_name='状态')),
                ('first_at', models.DateTimeField(verbose_name='首次失败')),
                ('last_at', models.DateTimeField(verbose_name='最近失败')),
            ],
            options={
                'verbose_name': '死信',
                'db_table': 'core_dead_letter',
                'constraints': [models.UniqueConstraint(fields=('consumer', 'event_id'), name='core_dead_letter_once')],
            },
        ),
        migrations.CreateModel(
            name='Quarantine',
            fields=[
                ('id', models.UUIDField(default=yongzhou.core.crypto.identity.uuid7, editable=False, primary_key=True, serialize=False)),
                ('source', models.CharField(max_length=100, verbose_name='来源')),
                ('reason', models.TextField(verbose_name='原因')),
                ('where', models.CharField(max_length=500, verbose_name='位置')),
                ('payload', models.TextField(verbose_name='原文（密文）')),
                ('mended', models.TextField(blank=True, default='', verbose_name='修正后原文（密文）')),
                ('station', models.CharField(blank=True, default='', max_length=200, verbose_name='站码或键')),
                ('region', models.CharField(blank=True, db_collation='C', max_length=15, null=True, verbose_name='区划')),
                ('received', models.DateTimeField(verbose_name='收到时间')),
                ('state', models.CharField(choices=[('open', '待处理'), ('mended', '已修正'), ('dropped', '已丢弃'), ('replayed', '已重放')], default='open', max_length=10, verbose_name='状态')),
                ('replay', models.CharField(max_length=100, verbose_name='重放处理器')),
                ('closed_by', models.UUIDField(blank=True, null=True, verbose_name='处理人')),
                ('note', models.TextField(blank=True, default='', verbose_name='处理说明')),
            ],
            options={
                'verbose_name': '隔离件',
                'db_table': 'core_quarantine',
                'indexes': [models.Index(fields=['state', 'source', 'station'], name='core_quarantine_open'), models.Index(fields=['region', 'id'], name='core_quarantine_region')],
            },
        ),
    ]

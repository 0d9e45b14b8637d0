import yongzhou.core.crypto.identity
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Duty',
            fields=[
                ('name', models.CharField(max_length=100, primary_key=True, serialize=False, verbose_name='名称')),
                ('started_at', models.DateTimeField(verbose_name='最近开始')),
                ('finished_at', models.DateTimeField(null=True, verbose_name='最近结束')),
                ('error', models.TextField(blank=True, default='', verbose_name='错误')),
            ],
            options={
                'verbose_name': '定期任务',
                'db_table': 'core_duty',
            },
        ),
        migrations.CreateModel(
            name='JobCursor',
            fields=[
                ('run_id', models.UUIDField(primary_key=True, serialize=False)),
                ('cursor', models.JSONField()),
            ],
            options={
                'db_table': 'core_job_cursor',
            },
        ),
        migrations.CreateModel(
            name='JobRun',
            fields=[
                ('id', models.UUIDField(default=yongzhou.core.crypto.identity.uuid7, editable=False, primary_key=True, serialize=False)),
                ('operation', models.CharField(max_length=100, verbose_name='操作')),
                ('input', models.JSONField(default=dict, verbose_name='输入')),
                ('result', models.JSONField(null=True, verbose_name='结果')),
                ('actor_id', models.UUIDField(verbose_name='提交人编号')),
                ('actor_name', models.CharField(blank=True, default='', max_length=100, verbose_name='提交人')),
                ('purpose', models.CharField(max_length=100, null=True, verbose_name='用途')),
                ('state', models.CharField(choices=[('queued', '排队'), ('running', '进行中'), ('done', '完成'), ('failed', '失败'), ('cancelled', '已取消')], default='queued', max_length=10, verbose_name='状态')),
                ('done', models.BigIntegerField(default=0, verbose_name='已完成')),
                ('total', models.BigIntegerField(null=True, verbose_name='总数')),
                ('attempt', models.PositiveIntegerField(default=0, verbose_name='第几次')),
                ('error', models.TextField(blank=True, default='', verbose_name='错误')),
                ('log', models.JSONField(default=list, verbose_name='日志')),
                ('cancel', models.BooleanField(default=False, verbose_name='请求取消')),
                ('queue_id', models.BigIntegerField(null=True, verbose_name='队列编号')),
                ('submitted_at', models.DateTimeField(verbose_name='提交时间')),
                ('started_at', models.DateTimeField(null=True, verbose_name='开始时间')),
                ('finished_at', models.DateTimeField(null=True, verbose_name='结束时间')),
            ],
            options={
                'verbose_name': '后台任务',
                'db_table': 'core_job_run',
                'indexes': [models.Index(fields=['state', 'submitted_at'], name='core_job_run_state'), models.Index(fields=['actor_id', 'submitted_at'], name='core_job_run_actor')],
            },
        ),
    ]

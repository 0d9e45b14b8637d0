import yongzhou.core.crypto.identity
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='AuditBlock',
            fields=[
                ('number', models.BigIntegerField(primary_key=True, serialize=False, verbose_name='块号')),
                ('at', models.DateTimeField(verbose_name='封存时间')),
                ('count', models.PositiveIntegerField(verbose_name='行数')),
                ('first_id', models.UUIDField(verbose_name='首行')),
                ('last_id', models.UUIDField(verbose_name='末行')),
                ('cluster', models.BigIntegerField()),
                ('first_tx', models.BigIntegerField()),
                ('last_tx', models.BigIntegerField()),
                ('members', models.BinaryField()),
                ('root', models.BinaryField(verbose_name='根')),
                ('previous', models.BinaryField(verbose_name='前块头')),
                ('head', models.BinaryField(verbose_name='块头')),
            ],
            options={
                'verbose_name': '审计块',
                'db_table': 'core_audit_block',
            },
        ),
        migrations.CreateModel(
            name='AuditLine',
            fields=[
                ('id', models.UUIDField(default=yongzhou.core.crypto.identity.uuid7, editable=False, primary_key=True, serialize=False)),
                ('at', models.DateTimeField(verbose_name='时间')),
                ('actor_id', models.UUIDField(verbose_name='经办人编号')),
                ('actor_name', models.CharField(max_length=100, verbose_name='经办人')),
                ('verb', models.CharField(max_length=100, verbose_name='动作')),
                ('resource', models.CharField(max_length=100, verbose_name='对象')),
                ('record_id', models.UUIDField(null=True, verbose_name='记录')),
                ('purpose', models.CharField(max_length=100, null=True, verbose_name='用途')),
                ('outcome', models.CharField(max_length=50, verbose_name='结果')),
                ('door', models.CharField(max_length=20, verbose_name='入口')),
                ('detail', models.JSONField(default=dict, verbose_name='详情')),
                ('cluster', models.BigIntegerField(default=0, editable=False)),
                ('tx', models.BigIntegerField(default=0, editable=False)),
            ],
            options={
                'verbose_name': '审计行',
                'db_table': 'core_audit_line',
                'indexes': [models.Index(fields=['cluster', 'tx', 'id'], name='core_audit_line_order'), models.Index(fields=['resource', 'record_id', 'at'], name='core_audit_line_record'), models.Index(fields=['actor_id', 'at'], name='core_audit_line_actor')],
            },
        ),
    ]

import yongzhou.core.crypto.identity
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Proposal',
            fields=[
                ('id', models.UUIDField(default=yongzhou.core.crypto.identity.uuid7, primary_key=True, serialize=False)),
                ('operation', models.CharField(max_length=100)),
                ('body', models.JSONField()),
                ('proposer', models.UUIDField()),
                ('proposer_name', models.CharField(max_length=80)),
                ('at', models.DateTimeField(auto_now_add=True)),
                ('second', models.UUIDField(null=True)),
                ('decided_at', models.DateTimeField(null=True)),
                ('output', models.JSONField(null=True)),
            ],
            options={
                'db_table': 'core_proposal',
            },
        ),
        migrations.CreateModel(
            name='Answer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('actor', models.CharField(max_length=64)),
                ('operation', models.CharField(max_length=100)),
                ('key', models.CharField(max_length=100)),
                ('body_hash', models.CharField(max_length=64)),
                ('output', models.JSONField(null=True)),
                ('at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'db_table': 'core_answer',
                'indexes': [models.Index(fields=['at'], name='core_answer_at')],
                'constraints': [models.UniqueConstraint(fields=('actor', 'operation', 'key'), name='core_answer_once')],
            },
        ),
    ]

from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Run',
            fields=[
                ('indicator', models.CharField(max_length=100, primary_key=True, serialize=False)),
                ('at', models.DateTimeField()),
                ('good_at', models.DateTimeField(null=True)),
                ('milliseconds', models.FloatField(default=0)),
                ('rows', models.IntegerField(default=0)),
                ('error', models.TextField(default='')),
            ],
            options={
                'db_table': 'core_reading_run',
            },
        ),
        migrations.CreateModel(
            name='Reading',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('indicator', models.CharField(max_length=100)),
                ('period', models.DateTimeField()),
                ('region', models.CharField(db_collation='C', max_length=16)),
                ('value', models.FloatField(null=True)),
                ('numerator', models.FloatField(null=True)),
                ('denominator', models.FloatField(null=True)),
                ('origin', models.CharField(max_length=12)),
                ('computed_at', models.DateTimeField()),
                ('revision', models.IntegerField(default=1)),
            ],
            options={
                'db_table': 'core_reading',
                'indexes': [models.Index(fields=['indicator', 'period'], name='core_reading_period')],
                'constraints': [models.UniqueConstraint(fields=('indicator', 'region', 'period'), name='core_reading_one')],
            },
        ),
    ]

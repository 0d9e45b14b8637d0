import django.db.models.deletion
import yongzhou.core.crypto.identity
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Login',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('name', models.CharField(max_length=60, unique=True, verbose_name='登录名')),
                ('is_active', models.BooleanField(default=True)),
                ('failures', models.IntegerField(default=0)),
                ('locked_until', models.DateTimeField(null=True)),
            ],
            options={
                'db_table': 'people_login',
            },
        ),
        migrations.CreateModel(
            name='Appointment',
            fields=[
                ('id', models.UUIDField(default=yongzhou.core.crypto.identity.uuid7, editable=False, primary_key=True, serialize=False, verbose_name='编号')),
                ('origin', models.CharField(default='measured', max_length=12)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('row_version', models.IntegerField(default=1, editable=False, verbose_name='版本')),
                ('region', models.CharField(blank=True, db_collation='C', default='', max_length=16)),
                ('own', models.BooleanField(default=False)),
                ('valid_from', models.DateField(blank=True, null=True)),
                ('valid_to', models.DateField(blank=True, null=True)),
            ],
            options={
                'verbose_name': '任职',
                'verbose_name_plural': '任职',
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Party',
            fields=[
                ('id', models.UUIDField(default=yongzhou.core.crypto.identity.uuid7, editable=False, primary_key=True, serialize=False, verbose_name='编号')),
                ('origin', models.CharField(default='measured', max_length=12)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('row_version', models.IntegerField(default=1, editable=False, verbose_name='版本')),
                ('kind', models.CharField(max_length=40)),
                ('name', models.CharField(max_length=80)),
                ('region', models.CharField(blank=True, db_collation='C', default='', max_length=16)),
            ],
            options={
                'verbose_name': '主体',
                'verbose_name_plural': '主体',
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Role',
            fields=[
                ('id', models.UUIDField(default=yongzhou.core.crypto.identity.uuid7, editable=False, primary_key=True, serialize=False, verbose_name='编号')),
                ('origin', models.CharField(default='measured', max_length=12)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('row_version', models.IntegerField(default=1, editable=False, verbose_name='版本')),
                ('code', models.CharField(max_length=40, unique=True)),
                ('name', models.CharField(max_length=40)),
            ],
            options={
                'verbose_name': '角色',
                'verbose_name_plural': '角色',
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='RoleGrant',
            fields=[
                ('id', models.UUIDField(default=yongzhou.core.crypto.identity.uuid7, editable=False, primary_key=True, serialize=False, verbose_name='编号')),
                ('origin', models.CharField(default='measured', max_length=12)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('row_version', models.IntegerField(default=1, editable=False, verbose_name='版本')),
                ('action', models.CharField(max_length=60)),
                ('resource', models.CharField(max_length=100)),
                ('max_grade', models.BigIntegerField()),
                ('purpose', models.CharField(blank=True, default='', max_length=80)),
            ],
            options={
                'verbose_name': '角色权限',
                'verbose_name_plural': '角色权限',
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Unit',
            fields=[
                ('id', models.UUIDField(default=yongzhou.core.crypto.identity.uuid7, editable=False, primary_key=True, serialize=False, verbose_name='编号')),
                ('origin', models.CharField(default='measured', max_length=12)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('row_version', models.IntegerField(default=1, editable=False, verbose_name='版本')),
                ('code', models.CharField(max_length=24, unique=True)),
                ('name', models.CharField(max_length=80)),
                ('region', models.CharField(db_collation='C', max_length=16)),
                ('kind', models.CharField(max_length=40)),
                ('calendar', models.CharField(blank=True, default='', max_length=40)),
            ],
            options={
                'verbose_name': '单位',
                'verbose_name_plural': '单位',
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Person',
            fields=[
                ('party_ptr', models.OneToOneField(auto_created=True, on_delete=django.db.models.deletion.CASCADE, parent_link=True, primary_key=True, serialize=False, to='people.party')),
                ('id_number', models.TextField(blank=True, default='')),
                ('phone', models.TextField(blank=True, default='')),
                ('job', models.CharField(blank=True, default='', max_length=40)),
                ('id_number_blind', models.CharField(db_index=True, default='', editable=False, max_length=64)),
                ('phone_blind', models.CharField(db_index=True, default='', editable=False, max_length=64)),
            ],
            options={
                'verbose_name': '人员',
                'verbose_name_plural': '人员',
                'abstract': False,
            },
            bases=('people.party',),
        ),
        migrations.AddIndex(
            model_name='party',
            index=models.Index(fields=['region', 'id'], name='people_part_region_a4651c_idx'),
        ),
        migrations.AddField(
            model_name='appointment',
            name='role',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='people.role'),
        ),
        migrations.AddField(
            model_name='rolegrant',
            name='role',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='people.role'),
        ),
        migrations.AddField(
            model_name='unit',
            name='parent',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.unit'),
        ),
        migrations.AddField(
            model_name='appointment',
            name='unit',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.unit'),
        ),
        migrations.AddField(
            model_name='person',
            name='unit',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.unit'),
        ),
        migrations.AddField(
            model_name='appointment',
            name='person',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='people.person'),
        ),
        migrations.AddField(
            model_name='login',
            name='person',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='logins', to='people.person'),
        ),
        migrations.AddIndex(
            model_name='unit',
            index=models.Index(fields=['region', 'id'], name='people_unit_region_c59089_idx'),
        ),
        migrations.AddIndex(
            model_name='unit',
            index=models.Index(fields=['region', 'code', 'id'], name='people_unit_region_f93535_idx'),
        ),
        migrations.AddIndex(
            model_name='unit',
            index=models.Index(fields=['region', 'name', 'id'], name='people_unit_region_fa647f_idx'),
        ),
    ]

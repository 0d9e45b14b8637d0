import django.db.models.deletion
import yongzhou.core.crypto.identity
from django.conf import settings
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
                ('temporary_until', models.DateTimeField(null=True)),
                ('tokens_from', models.DateTimeField(null=True)),
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
            name='Delegation',
            fields=[
                ('id', models.UUIDField(default=yongzhou.core.crypto.identity.uuid7, editable=False, primary_key=True, serialize=False, verbose_name='编号')),
                ('origin', models.CharField(default='measured', max_length=12)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('row_version', models.IntegerField(default=1, editable=False, verbose_name='版本')),
                ('matters', models.CharField(max_length=40)),
                ('valid_from', models.DateField()),
                ('valid_to', models.DateField()),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('ended_by', models.CharField(blank=True, default='', max_length=80)),
            ],
            options={
                'verbose_name': '代办委托',
                'verbose_name_plural': '代办委托',
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='IdentityProvider',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.SlugField(max_length=40, unique=True)),
                ('title', models.CharField(max_length=60)),
                ('issuer', models.URLField(max_length=300)),
                ('client_id', models.CharField(max_length=200)),
                ('client_secret', models.TextField(default='')),
                ('scopes', models.CharField(default='openid profile', max_length=200)),
                ('claim', models.CharField(default='preferred_username', max_length=60)),
                ('matches', models.CharField(default='login', max_length=20)),
                ('enabled', models.BooleanField(default=False)),
            ],
            options={
                'db_table': 'people_identity_provider',
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
            name='ProviderLink',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('subject', models.CharField(max_length=255)),
                ('at', models.DateTimeField()),
            ],
            options={
                'db_table': 'people_provider_link',
            },
        ),
        migrations.CreateModel(
            name='RecoveryCode',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('digest', models.CharField(max_length=64)),
                ('used_at', models.DateTimeField(null=True)),
            ],
            options={
                'db_table': 'people_recovery_code',
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
                ('two_factors', models.BooleanField(default=False)),
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
            name='SecondFactor',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('secret', models.TextField()),
                ('confirmed_at', models.DateTimeField(null=True)),
                ('last_step', models.BigIntegerField(default=-1)),
            ],
            options={
                'db_table': 'people_second_factor',
            },
        ),
        migrations.CreateModel(
            name='ServiceAccount',
            fields=[
                ('id', models.UUIDField(default=yongzhou.core.crypto.identity.uuid7, editable=False, primary_key=True, serialize=False, verbose_name='编号')),
                ('origin', models.CharField(default='measured', max_length=12)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('row_version', models.IntegerField(default=1, editable=False, verbose_name='版本')),
                ('code', models.CharField(max_length=40, unique=True)),
                ('name', models.CharField(max_length=60)),
                ('purpose', models.CharField(max_length=200)),
                ('region', models.CharField(blank=True, db_collation='C', default='', max_length=16)),
                ('closed', models.BooleanField(default=False)),
            ],
            options={
                'verbose_name': '服务账号',
                'verbose_name_plural': '服务账号',
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='ServiceKey',
            fields=[
                ('id', models.UUIDField(default=yongzhou.core.crypto.identity.uuid7, primary_key=True, serialize=False)),
                ('label', models.CharField(max_length=60)),
                ('prefix', models.CharField(max_length=12, unique=True)),
                ('digest', models.CharField(max_length=64)),
                ('patterns', models.JSONField()),
                ('created_at', models.DateTimeField()),
                ('created_by', models.CharField(max_length=80)),
                ('expires_at', models.DateTimeField()),
                ('revoked_at', models.DateTimeField(null=True)),
                ('used_at', models.DateTimeField(null=True)),
                ('used_from', models.CharField(default='', max_length=45)),
            ],
            options={
                'db_table': 'people_service_key',
            },
        ),
        migrations.CreateModel(
            name='SignIn',
            fields=[
                ('id', models.UUIDField(default=yongzhou.core.crypto.identity.uuid7, primary_key=True, serialize=False)),
                ('session', models.CharField(db_index=True, max_length=40)),
                ('at', models.DateTimeField()),
                ('seen_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(null=True)),
                ('address', models.CharField(max_length=45)),
                ('browser', models.CharField(max_length=200)),
                ('method', models.CharField(max_length=20)),
            ],
            options={
                'db_table': 'people_sign_in',
            },
        ),
        migrations.CreateModel(
            name='Tries',
            fields=[
                ('key', models.CharField(max_length=64, primary_key=True, serialize=False)),
                ('failures', models.IntegerField(default=0)),
                ('at', models.DateTimeField(db_index=True)),
            ],
            options={
                'db_table': 'people_tries',
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
            name='KnownDevice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('digest', models.CharField(db_index=True, max_length=64)),
                ('at', models.DateTimeField()),
                ('until', models.DateTimeField()),
                ('login', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='devices', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'db_table': 'people_known_device',
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
            model_name='providerlink',
            name='login',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='provider_links', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='providerlink',
            name='provider',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='people.identityprovider'),
        ),
        migrations.AddField(
            model_name='recoverycode',
            name='login',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='recovery_codes', to=settings.AUTH_USER_MODEL),
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
            model_name='secondfactor',
            name='login',
            field=models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='second_factor', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='serviceaccount',
            name='role',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.role'),
        ),
        migrations.AddField(
            model_name='servicekey',
            name='account',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='keys', to='people.serviceaccount'),
        ),
        migrations.AddField(
            model_name='signin',
            name='login',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='sign_ins', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='unit',
            name='parent',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.unit'),
        ),
        migrations.AddField(
            model_name='serviceaccount',
            name='reach',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.unit'),
        ),
        migrations.AddField(
            model_name='serviceaccount',
            name='unit',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.unit'),
        ),
        migrations.AddField(
            model_name='appointment',
            name='unit',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.unit'),
        ),
        migrations.AddField(
            model_name='serviceaccount',
            name='responsible',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person'),
        ),
        migrations.AddField(
            model_name='person',
            name='unit',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.unit'),
        ),
        migrations.AddField(
            model_name='delegation',
            name='agent',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='people.person'),
        ),
        migrations.AddField(
            model_name='delegation',
            name='principal',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='people.person'),
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
        migrations.AddConstraint(
            model_name='providerlink',
            constraint=models.UniqueConstraint(fields=('provider', 'subject'), name='people_provider_link_subject'),
        ),
        migrations.AddConstraint(
            model_name='providerlink',
            constraint=models.UniqueConstraint(fields=('provider', 'login'), name='people_provider_link_login'),
        ),
        migrations.AddConstraint(
            model_name='recoverycode',
            constraint=models.UniqueConstraint(fields=('login', 'digest'), name='people_recovery_code_once'),
        ),
        migrations.AddIndex(
            model_name='signin',
            index=models.Index(fields=['login', '-seen_at'], name='people_sign_in_seen'),
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

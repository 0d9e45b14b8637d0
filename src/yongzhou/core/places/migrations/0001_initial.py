import django.contrib.postgres.indexes
import django.db.models.deletion
import yongzhou.core.crypto.identity
import yongzhou.core.data.geometry
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Place',
            fields=[
                ('id', models.UUIDField(default=yongzhou.core.crypto.identity.uuid7, editable=False, primary_key=True, serialize=False, verbose_name='编号')),
                ('origin', models.CharField(default='measured', max_length=12)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('row_version', models.IntegerField(default=1, editable=False, verbose_name='版本')),
                ('code', models.CharField(db_index=True, max_length=24)),
                ('name', models.CharField(max_length=80)),
                ('kind', models.CharField(max_length=40)),
                ('region', models.CharField(db_collation='C', max_length=16)),
                ('geometry', models.BinaryField(blank=True, editable=True, null=True)),
                ('valid_from', models.DateField(blank=True, null=True)),
                ('valid_to', models.DateField(blank=True, null=True)),
                ('geometry_box', yongzhou.core.data.geometry.BoxField(editable=False, null=True)),
                ('parent', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='places.place')),
                ('successor', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='places.place')),
            ],
            options={
                'verbose_name': '地点',
                'verbose_name_plural': '地点',
                'abstract': False,
                'indexes': [django.contrib.postgres.indexes.GistIndex(fields=['geometry_box'], name='places_plac_geometr_ef940b_gist'), models.Index(fields=['region', 'id'], name='places_plac_region_1a046e_idx'), models.Index(fields=['region', 'code', 'id'], name='places_plac_region_85df4b_idx')],
            },
        ),
    ]

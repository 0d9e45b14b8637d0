"""What indicators have said: one row an indicator, period and region."""

from __future__ import annotations

from django.db import models


class Reading(models.Model):
    """One reading. `computed_at` and `error` tell how fresh and how sound it is."""

    indicator = models.CharField(max_length=100)
    period = models.DateTimeField()
    region = models.CharField(max_length=16, db_collation="C")
    value = models.FloatField(null=True)
    numerator = models.FloatField(null=True)
    denominator = models.FloatField(null=True)
    origin = models.CharField(max_length=12)
    computed_at = models.DateTimeField()
    revision = models.IntegerField(default=1)

    class Meta:
        db_table = "core_reading"
        constraints = [models.UniqueConstraint(fields=["indicator", "region", "period"], name="core_reading_one")]
        indexes = [models.Index(fields=["indicator", "period"], name="core_reading_period")]


class Run(models.Model):
    """The last computation of an indicator; a failed one leaves the last values, marked stale."""

    indicator = models.CharField(max_length=100, primary_key=True)
    at = models.DateTimeField()
    good_at = models.DateTimeField(null=True)
    milliseconds = models.FloatField(default=0)
    rows = models.IntegerField(default=0)
    error = models.TextField(default="")

    class Meta:
        db_table = "core_reading_run"

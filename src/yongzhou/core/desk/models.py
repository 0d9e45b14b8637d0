"""Tables of the desk. A saved view is a record; the others are machinery of one person's work."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from yongzhou.core.crypto.identity import uuid7
from yongzhou.core.data.fields import Link, Long, Text
from yongzhou.core.data.record import Record
from yongzhou.core.people.models import Person, Unit


class SavedView(Record):
    """A list with its conditions, columns and face under a name; its words are an address's, so a link is a view."""

    owner = Link("所有人", Person, models.CASCADE)
    unit = Link("共享给单位", Unit, models.CASCADE, required=False)
    resource = Text("列表", max=100, sample="grid_governance.event")
    name = Text("名称", max=40, sample="橙红未闭环")
    words = Long("条件", required=False, sample="level=1,2&sort=due")

    class House:
        title = "列表视图"
        person = "owner"
        department = "unit"
        list = ("name", "resource", "owner", "unit")
        about = "每个人存下的列表：条件、列、样子；可以共享给本单位"

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["owner", "resource", "name"], name="desk_saved_view_once"),
        ]
        indexes = [models.Index(fields=["resource", "unit"], name="desk_saved_view_unit")]

    def __str__(self) -> str:
        return str(self.name)


class Choice(models.Model):
    """One choice of one person that is kept: columns of a list, the mapping of a sheet."""

    person = models.UUIDField()
    name = models.CharField(max_length=200)
    value = models.JSONField()
    at = models.DateTimeField(auto_now=True)

    class Meta:
        db_table = "core_desk_choice"
        constraints = [models.UniqueConstraint(fields=["person", "name"], name="core_desk_choice_once")]

    def __str__(self) -> str:
        return self.name


class Bulk(models.Model):
    """One operation for many rows; the job that runs it, and what became of each row (`BulkRow`)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    person = models.UUIDField()
    resource = models.CharField(max_length=100)
    operation = models.CharField(max_length=100)
    subject = models.CharField(max_length=60)  # the input field that names the row
    data = models.JSONField()  # the other inputs, sealed
    job = models.UUIDField(null=True)
    at = models.DateTimeField()

    class Meta:
        db_table = "core_desk_bulk"
        indexes = [models.Index(fields=["person", "at"], name="core_desk_bulk_person")]

    def __str__(self) -> str:
        return f"{self.operation} {self.id}"


class BulkRow(models.Model):
    """One row of a bulk run; `version` is that which the person saw, where the operation asks for it."""

    class State(models.TextChoices):
        WAITING = "waiting", "待办"
        DONE = "done", "已办"
        FAILED = "failed", "没有办成"

    bulk = models.ForeignKey(Bulk, on_delete=models.CASCADE, related_name="rows")
    record = models.UUIDField()
    version = models.IntegerField(null=True)
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    reason = models.TextField(default="")

    class Meta:
        db_table = "core_desk_bulk_row"
        constraints = [models.UniqueConstraint(fields=["bulk", "record"], name="core_desk_bulk_row_once")]
        indexes = [models.Index(fields=["bulk", "state", "id"], name="core_desk_bulk_row_state")]

    def __str__(self) -> str:
        return f"{self.record} {self.state}"


class Undoable(models.Model):
    """An operation that its person may still take back, as long as nothing has changed since."""

    op_id = models.UUIDField(primary_key=True)
    operation = models.CharField(max_length=100)
    inverse = models.CharField(max_length=100, default="")  # name of the inverse; empty: by history
    resource = models.CharField(max_length=100)
    record = models.UUIDField()
    version = models.IntegerField()  # of the record after the operation
    person = models.UUIDField()
    at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "core_desk_undoable"
        indexes = [models.Index(fields=["record", "at"], name="core_desk_undoable_record")]

    def __str__(self) -> str:
        return f"{self.operation} {self.record}"


class ImportDraft(models.Model):
    """A sheet on its way in: the file lies sealed below the home until it is in or a day has passed."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    person = models.UUIDField()
    resource = models.CharField(max_length=100)
    name = models.CharField(max_length=80)
    size = models.BigIntegerField()
    mapping = models.JSONField(default=dict)  # head to field name
    tried = models.UUIDField(null=True)  # job of the last dry run
    job = models.UUIDField(null=True)  # job of the import itself
    report = models.JSONField(null=True)  # of the last run that ended
    at = models.DateTimeField()

    class Meta:
        db_table = "core_desk_import"
        indexes = [models.Index(fields=["person", "at"], name="core_desk_import_person")]

    def __str__(self) -> str:
        return f"{self.name} {self.id}"


class Hit(models.Model):
    """What the palette finds a record by: its title, its search fields of grade 1, their pinyin, cut into grams."""

    resource = models.CharField(max_length=100)
    record = models.UUIDField()
    region = models.CharField(max_length=16, default="", db_collation="C")
    words = models.TextField()
    grams = ArrayField(models.CharField(max_length=4))

    class Meta:
        db_table = "core_desk_hit"
        constraints = [models.UniqueConstraint(fields=["resource", "record"], name="core_desk_hit_once")]
        indexes = [GinIndex(fields=["grams"], name="core_desk_hit_grams")]

    def __str__(self) -> str:
        return f"{self.resource} {self.record}"


class HitCursor(models.Model):
    """How far a kind of record is in the hit index: the last key of the running pass, and when a pass last ended."""

    resource = models.CharField(max_length=100, primary_key=True)
    last = models.UUIDField(null=True)
    whole_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "core_desk_hit_cursor"

    def __str__(self) -> str:
        return self.resource

"""Tables of the bus: outbox, inbox, dead letters, quarantine. Plain Django models: they are machinery, not records."""

from __future__ import annotations

from django.db import models

from yongzhou.core.crypto.identity import uuid7


class Outbox(models.Model):
    """An event on its way out; the row lives from the caller's commit to the bus' acknowledgement."""

    id = models.BigAutoField(primary_key=True)
    event_id = models.UUIDField(unique=True)
    subject = models.CharField(max_length=200)
    data = models.JSONField()  # the whole envelope
    actor = models.UUIDField()
    at = models.DateTimeField()

    class Meta:
        db_table = "core_outbox"

    def __str__(self) -> str:
        return f"{self.subject} {self.event_id}"


class Inbox(models.Model):
    """That one consumer has acted on one event; written in the transaction of its effect."""

    pk = models.CompositePrimaryKey("consumer", "event_id")
    consumer = models.CharField(max_length=100)
    event_id = models.UUIDField()
    at = models.DateTimeField(db_index=True)

    class Meta:
        db_table = "core_inbox"

    def __str__(self) -> str:
        return f"{self.consumer} {self.event_id}"


class DeadLetter(models.Model):
    """An event that one consumer could not handle yet: retrying, parked after its tries, done or dropped by hand."""

    class State(models.TextChoices):
        RETRYING = "retrying", "重试中"
        PARKED = "parked", "已搁置"
        DONE = "done", "已补办"
        DROPPED = "dropped", "已放弃"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    consumer = models.CharField("订阅方", max_length=100)
    event_id = models.UUIDField("事件编号")
    subject = models.CharField("主题", max_length=200)
    payload = models.TextField("内容（密文）")
    error = models.TextField("错误")
    tries = models.PositiveIntegerField("次数")
    state = models.CharField("状态", max_length=10, choices=State, default=State.RETRYING, db_index=True)
    first_at = models.DateTimeField("首次失败")
    last_at = models.DateTimeField("最近失败")

    class Meta:
        db_table = "core_dead_letter"
        verbose_name = "死信"
        constraints = [models.UniqueConstraint(fields=["consumer", "event_id"], name="core_dead_letter_once")]

    def __str__(self) -> str:
        return f"{self.consumer} {self.subject}"


class Quarantine(models.Model):
    """Input that could not be read or placed, kept whole and encrypted until somebody mends or drops it."""

    class State(models.TextChoices):
        OPEN = "open", "待处理"
        MENDED = "mended", "已修正"
        DROPPED = "dropped", "已丢弃"
        REPLAYED = "replayed", "已重放"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    source = models.CharField("来源", max_length=100)
    reason = models.TextField("原因")
    where = models.CharField("位置", max_length=500)
    payload = models.TextField("原文（密文）")
    mended = models.TextField("修正后原文（密文）", blank=True, default="")
    station = models.CharField("站码或键", max_length=200, blank=True, default="")
    region = models.CharField("区划", max_length=15, null=True, blank=True, db_collation="C")
    received = models.DateTimeField("收到时间")
    state = models.CharField("状态", max_length=10, choices=State, default=State.OPEN)
    replay = models.CharField("重放处理器", max_length=100)
    closed_by = models.UUIDField("处理人", null=True, blank=True)
    note = models.TextField("处理说明", blank=True, default="")

    class Meta:
        db_table = "core_quarantine"
        verbose_name = "隔离件"
        indexes = [
            models.Index(fields=["state", "source", "station"], name="core_quarantine_open"),
            models.Index(fields=["region", "id"], name="core_quarantine_region"),
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.where}"

"""Tables of the audit: lines and the blocks that seal them; neither is ever updated or deleted."""

from __future__ import annotations

from django.db import models

from yongzhou.core.crypto.identity import uuid7


class AuditLine(models.Model):
    """Who did what to which record, for which purpose, with which outcome, through which door.

    `cluster` and `tx` are set by the insert trigger: the database cluster and the transaction that wrote the line;
    they order the lines, see `sealer`.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    at = models.DateTimeField("时间")
    actor_id = models.UUIDField("经办人编号")
    actor_name = models.CharField("经办人", max_length=100)
    verb = models.CharField("动作", max_length=100)
    resource = models.CharField("对象", max_length=100)
    record_id = models.UUIDField("记录", null=True)
    purpose = models.CharField("用途", max_length=100, null=True)
    outcome = models.CharField("结果", max_length=50)
    door = models.CharField("入口", max_length=20)
    detail = models.JSONField("详情", default=dict)
    cluster = models.BigIntegerField(default=0, editable=False)
    tx = models.BigIntegerField(default=0, editable=False)

    class Meta:
        db_table = "core_audit_line"
        verbose_name = "审计行"
        indexes = [
            models.Index(fields=["cluster", "tx", "id"], name="core_audit_line_order"),
            models.Index(fields=["resource", "record_id", "at"], name="core_audit_line_record"),
            models.Index(fields=["actor_id", "at"], name="core_audit_line_actor"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.actor_name} {self.verb}"


class AuditBlock(models.Model):
    """A sealed run of lines: their ids and leaf digests, the Merkle root, and the head that chains the blocks."""

    number = models.BigIntegerField("块号", primary_key=True)
    at = models.DateTimeField("封存时间")
    count = models.PositiveIntegerField("行数")
    first_id = models.UUIDField("首行")
    last_id = models.UUIDField("末行")
    cluster = models.BigIntegerField()
    first_tx = models.BigIntegerField()
    last_tx = models.BigIntegerField()
    members = models.BinaryField()  # a line: id (16 bytes), leaf (32 bytes)
    root = models.BinaryField("根")
    previous = models.BinaryField("前块头")
    head = models.BinaryField("块头")

    class Meta:
        db_table = "core_audit_block"
        verbose_name = "审计块"

    def __str__(self) -> str:
        return f"{self.number} ({self.count})"

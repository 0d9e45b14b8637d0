"""What the write path remembers: answers by idempotency key, proposals that wait for a second person."""

from __future__ import annotations

from django.db import models

from yongzhou.core.crypto.identity import uuid7


class Answer(models.Model):
    """The answer once given to an actor's key; the same key and body get it again, another body gets 409."""

    actor = models.CharField(max_length=64)
    operation = models.CharField(max_length=100)
    key = models.CharField(max_length=100)
    body_hash = models.CharField(max_length=64)
    output = models.JSONField(null=True)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "core_answer"
        constraints = [models.UniqueConstraint(fields=["actor", "operation", "key"], name="core_answer_once")]
        indexes = [models.Index(fields=["at"], name="core_answer_at")]


class Proposal(models.Model):
    """An operation that needs two persons, proposed by the first."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    operation = models.CharField(max_length=100)
    body = models.JSONField()
    proposer = models.UUIDField()
    proposer_name = models.CharField(max_length=80)
    at = models.DateTimeField(auto_now_add=True)
    second = models.UUIDField(null=True)
    decided_at = models.DateTimeField(null=True)
    output = models.JSONField(null=True)

    class Meta:
        db_table = "core_proposal"

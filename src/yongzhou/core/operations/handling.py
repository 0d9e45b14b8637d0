"""What an event handler works with: the context of an operation, signed by the subscriber's name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.utils import timezone

from yongzhou.core.audit.lines import append
from yongzhou.core.bus.events import Envelope
from yongzhou.core.bus.outbox import enqueue
from yongzhou.core.crypto.identity import uuid7
from yongzhou.core.data.actor import system
from yongzhou.core.operations.context import Context
from yongzhou.core.operations.run import sign


@contextmanager
def context_of(envelope: Envelope, durable: str) -> Iterator[Context]:
    """A context inside the consumer's transaction: events leave and the audit line is written when it commits."""
    ctx = Context(actor=system(durable), now=timezone.now(), op_id=uuid7(), action="*")
    sign(ctx)
    yield ctx
    enqueue(ctx.events, ctx.actor.id)
    if ctx.saved:
        append(
            actor=ctx.actor,
            verb=f"hears.{durable}",
            resource=envelope.type,
            record_id=ctx.saved[0].pk,
            outcome="done",
            door="event",
            detail={"event": str(envelope.id), "op": str(ctx.op_id), **ctx.notes},
        )

"""Events leave with the caller's transaction: `enqueue` writes rows, the relay sends them after the commit."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from uuid import UUID

from django.db import connection
from django.db.transaction import TransactionManagementError

from yongzhou.core import journal
from yongzhou.core.bus.events import MAX_BYTES, Envelope, Event
from yongzhou.core.crypto.identity import uuid7
from yongzhou.core.observe import trace


class EventTooLargeError(ValueError):
    """An event that the bus would refuse; put the bulk into a record and its id into the event."""


def enqueue(events: Iterable[Event], actor_id: UUID) -> list[UUID]:
    """Write events into the outbox of the running transaction and return their ids.

    Raises `TransactionManagementError` outside of one (an event would then stand without its effect) and
    `EventTooLargeError` above 900,000 bytes.
    """
    if not connection.in_atomic_block:
        raise TransactionManagementError("事件只能在业务事务中发出：请放进 transaction.atomic()。")
    packed = [pack(event, actor_id) for event in events]
    if packed:
        journal.write(envelopes=[wire for _, wire in packed])
    return [id for id, _ in packed]


def pack(event: Event, actor_id: UUID) -> tuple[UUID, bytes]:
    """The id and the envelope of an event as it goes to the outbox and over the bus."""
    id = uuid7()
    wire = Envelope.around(
        event, id=id, time=datetime.now(UTC), actor=str(actor_id), traceparent=trace.traceparent() or None
    ).wire()
    if len(wire) > MAX_BYTES:
        raise EventTooLargeError(
            f"{event.subject} 有 {len(wire)} 字节，上限 {MAX_BYTES}：请把内容存为记录，事件只带编号。"
        )
    return id, wire

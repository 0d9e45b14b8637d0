"""Events leave with the caller's transaction: `enqueue` writes rows, the relay sends them after the commit."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from django.db import connection
from django.db.transaction import TransactionManagementError

from yongzhou.core.bus.events import MAX_BYTES, Envelope, Event
from yongzhou.core.bus.models import Outbox
from yongzhou.core.crypto.identity import uuid7

CHANNEL: Final = "core_outbox"


class EventTooLargeError(ValueError):
    """An event that the bus would refuse; put the bulk into a record and its id into the event."""


def enqueue(events: Iterable[Event], actor_id: UUID) -> list[UUID]:
    """Write events into the outbox of the running transaction and return their ids.

    Raises `TransactionManagementError` outside of one (an event would then stand without its effect) and
    `EventTooLargeError` above 900,000 bytes.
    """
    if not connection.in_atomic_block:
        raise TransactionManagementError("事件只能在业务事务中发出：请放进 transaction.atomic()。")
    now = datetime.now(UTC)
    rows = []
    for event in events:
        id = uuid7()
        envelope = Envelope.around(event, id=id, time=now, actor=str(actor_id))
        if (size := len(envelope.wire())) > MAX_BYTES:
            raise EventTooLargeError(
                f"{event.subject} 有 {size} 字节，上限 {MAX_BYTES}：请把内容存为记录，事件只带编号。"
            )
        rows.append(Outbox(event_id=id, subject=event.subject, data=envelope.plain(), actor=actor_id, at=now))
    if rows:
        Outbox.objects.bulk_create(rows)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_notify(%s, '')", [CHANNEL])
    return [row.event_id for row in rows]

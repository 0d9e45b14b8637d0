"""Periodic duties of the bus."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from yongzhou.core.bus.inbox import prune_inbox
from yongzhou.core.jobs import every
from yongzhou.core.streams import KEEP_EVENTS_S


@every(3600, "bus.prune_inbox")
def forget_old_events() -> None:
    """Inbox rows are needed as long as the stream can deliver their event again, and a day more."""
    prune_inbox(datetime.now(UTC) - timedelta(seconds=KEEP_EVENTS_S + 86400))

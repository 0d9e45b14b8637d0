"""Facts on commit: events out by an outbox, in by durable subscribers that act once, bad input to quarantine.

This package names only what is free of Django; `outbox`, `inbox`, `quarantine` are imported where the apps are ready.
"""

from yongzhou.core.bus.events import Event, Origin
from yongzhou.core.bus.subscriptions import HandlerContext, subscribe

__all__ = ["Event", "HandlerContext", "Origin", "subscribe"]

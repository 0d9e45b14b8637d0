"""Facts of this room beside those of every matter."""

from __future__ import annotations

from uuid import UUID

from yongzhou.core.bus.events import Event


class EventEscalated(Event):
    """An event has reached a rung of escalation (1 to 4) or its 签收 is late (0)."""

    subject = "ev.grid_governance.event.escalated"
    key = "matter"

    matter: UUID
    unit: UUID | None
    rung: int


class BottleneckFound(Event):
    """Process mining has found a place where time is lost."""

    subject = "ev.grid_governance.bottleneck.found"

    finding: UUID
    kind: str
    share: float

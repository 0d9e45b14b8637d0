"""Facts about matters; keys and classes only, never names or free text."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from yongzhou.core.bus.events import Event


class _MatterEvent(Event):
    """What every fact about a matter carries."""

    subject: ClassVar[str] = "ev.core.matter.touched"
    key: ClassVar[str] = "matter"

    matter: UUID
    kind: str
    steward: str
    unit: UUID | None
    level: int


class MatterOpened(_MatterEvent):
    """A matter has been opened."""

    subject = "ev.core.matter.opened"
    source: str


class MatterAssigned(_MatterEvent):
    """A unit has become responsible."""

    subject = "ev.core.matter.assigned"


class MatterRejected(_MatterEvent):
    """A unit has sent the matter back."""

    subject = "ev.core.matter.rejected"


class MatterVerified(_MatterEvent):
    """Another person than the handler has checked it."""

    subject = "ev.core.matter.verified"


class MatterClosed(_MatterEvent):
    """It is closed."""

    subject = "ev.core.matter.closed"


class MatterReopened(_MatterEvent):
    """It has been reopened."""

    subject = "ev.core.matter.reopened"


class MatterMerged(_MatterEvent):
    """It has become part of another matter."""

    subject = "ev.core.matter.merged"
    into: UUID


class MatterRated(_MatterEvent):
    """The reporter has rated it."""

    subject = "ev.core.matter.rated"
    rating: int


class MatterSuspended(_MatterEvent):
    """Its clock is stopped."""

    subject = "ev.core.matter.suspended"


class MatterResumed(_MatterEvent):
    """Its clock runs again."""

    subject = "ev.core.matter.resumed"

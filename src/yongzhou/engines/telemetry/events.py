"""Facts that telemetry tells."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from yongzhou.core.bus import Event


class _AlarmFact(Event):
    key: ClassVar[str] = "alarm"

    alarm: UUID
    rule: UUID
    rule_name: str
    thing: UUID
    thing_name: str
    datastream: int
    level: int  # 1 gravest to 4
    value: float
    at: datetime  # phenomenon time


class AlarmRaised(_AlarmFact):
    """A thing went over the limit of a rule; the only open alarm of this thing and rule."""

    subject: ClassVar[str] = "ev.telemetry.alarm.raised"


class AlarmCleared(_AlarmFact):
    """The thing is back behind the clearing limit."""

    subject: ClassVar[str] = "ev.telemetry.alarm.cleared"

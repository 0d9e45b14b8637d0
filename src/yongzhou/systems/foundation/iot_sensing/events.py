"""Facts of iot_sensing: silence, recovery, outages, judged alarms."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from yongzhou.core.bus.events import Event


class ThingSilenced(Event):
    """A thing stopped reporting, and nothing above it is the cause."""

    subject, version, key = "ev.iot_sensing.thing.silenced", 1, "thing"
    thing: UUID
    since: datetime


class ThingRecovered(Event):
    """It reports again."""

    subject, version, key = "ev.iot_sensing.thing.recovered", 1, "thing"
    thing: UUID
    since: datetime


class OutageBegun(Event):
    """A gateway with everything behind it is silent."""

    subject, version, key = "ev.iot_sensing.outage.begun", 1, "outage"
    outage: UUID
    thing: UUID
    things: int


class OutageEnded(Event):
    """Something behind it reports again."""

    subject, version, key = "ev.iot_sensing.outage.ended", 1, "outage"
    outage: UUID
    thing: UUID


class AlarmJudged(Event):
    """A person said whether an alarm was true."""

    subject, version, key = "ev.iot_sensing.alarm.judged", 1, "alarm"
    alarm: UUID
    thing: UUID
    verdict: str

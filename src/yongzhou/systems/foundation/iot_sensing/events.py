"""Facts of iot_sensing: silence, recovery, outages, judged alarms."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
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


class CommandQueued(Event):
    """A device is to be told something; the doors take it from stream COMMANDS."""

    subject, version, key = "ev.iot_sensing.command.queued", 1, "command"
    command: UUID
    thing: UUID


class CommandAnswered(Event):
    """What a door knows of a command: the device has it, has done it, or could not. Sent by doors (`gateways.kit`)."""

    subject, version, key = "ev.iot_sensing.command.answered", 1, "command"
    command: UUID
    door: str
    device: str
    state: Literal["received", "done", "failed"]
    detail: str
    at: datetime


class CommandSettled(Event):
    """A command has come to its end: done, failed or run out."""

    subject, version, key = "ev.iot_sensing.command.settled", 1, "command"
    command: UUID
    thing: UUID
    state: str

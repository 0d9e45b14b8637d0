"""Alarms become events or are left to their sector; tasks of the operation centre are taken."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel

from yongzhou.core.bus.subscriptions import subscribe
from yongzhou.core.operations.context import Context
from yongzhou.core.operations.run import run
from yongzhou.systems.governance.grid_governance.operations import auto_report, clear_alarm, take_supervision
from yongzhou.systems.governance.grid_governance.operations.alarms import observed_by


class AlarmSeen(BaseModel):
    """What we read of an alarm."""

    alarm: UUID
    rule: UUID
    rule_name: str
    thing: UUID
    thing_name: str
    datastream: int
    level: int
    value: float
    at: datetime
    region: str
    origin: str


class AlarmOver(BaseModel):
    """What we read of a cleared alarm."""

    alarm: UUID
    rule: UUID
    thing: UUID
    datastream: int
    value: float


@subscribe("ev.telemetry.alarm.raised", durable="grid_governance-alarm_raised")
def alarm_raised(ctx: Context, data: AlarmSeen) -> None:
    """Open the event of the alarm's cause, if it is ours."""
    kind = observed_by(data.rule, data.datastream)
    given = {
        "alarm": data.alarm,
        "cause": f"{kind}:{data.thing}",  # all windows and levels of one rain at one station are one cause
        "kind": kind,
        "level": data.level,
        "region": data.region,
        "title": data.thing_name + data.rule_name.partition("·")[0],
        "text": f"{data.rule_name}：实测 {data.value:g}",
        "thing": data.thing,
        "origin": data.origin,
    }
    run(auto_report, ctx.actor, given, door="event", now=ctx.now)


@subscribe("ev.telemetry.alarm.cleared", durable="grid_governance-alarm_cleared")
def alarm_cleared(ctx: Context, data: AlarmOver) -> None:
    """Note it in the event's story."""
    kind = observed_by(data.rule, data.datastream)
    given = {"alarm": data.alarm, "cause": f"{kind}:{data.thing}", "thing": data.thing, "text": f"实测 {data.value:g}"}
    run(clear_alarm, ctx.actor, given, door="event", now=ctx.now)


class SupervisionAsked(BaseModel):
    """What we read of a task of the operation centre."""

    supervision: UUID
    number: str
    title: str
    demand: str
    region: str
    level: int
    due: datetime
    subject_matter: UUID | None
    origin: str


@subscribe("ev.city_operations.supervision.requested", durable="grid_governance-supervision")
def supervision_asked(ctx: Context, data: SupervisionAsked) -> None:
    """Carry it by an event of ours."""
    given = {**data.model_dump(exclude={"subject_matter"}), "subject": data.subject_matter}
    run(take_supervision, ctx.actor, given, door="event", now=ctx.now)

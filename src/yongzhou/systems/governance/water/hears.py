"""What water does about alarms: rain warns villages; levels are graded; what is water's own opens a matter."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from pydantic import BaseModel

from yongzhou.core.bus.events import Origin
from yongzhou.core.bus.subscriptions import subscribe
from yongzhou.core.inbox.notify import notify
from yongzhou.core.matters.life import CLOSED
from yongzhou.core.matters.verbs import move_matter, note_step, open_matter
from yongzhou.core.operations.context import Context
from yongzhou.core.people.models import Unit
from yongzhou.systems.governance.water.events import StageGraded
from yongzhou.systems.governance.water.flash_flood import grade_of_stage
from yongzhou.systems.governance.water.judge import warn_villages
from yongzhou.systems.governance.water.models import HydroStation, StageGrade, WaterMatter
from yongzhou.systems.governance.water.rules import line_of, steward_of

KIND: Final = "water.stage"


class AlarmFact(BaseModel):
    """What water reads of an alarm."""

    alarm: UUID
    rule_name: str
    thing: UUID
    level: int
    value: float
    at: datetime
    origin: Origin


@subscribe("ev.telemetry.alarm.raised", durable="water-alarm-raised")
def on_raised(ctx: Context, data: AlarmFact) -> None:
    """Rain: warn the villages. Level: grade the stage, and open a matter where water itself must act."""
    steward = steward_of(data.rule_name)
    station = HydroStation.objects.filter(pk=data.thing).first() if steward else None
    if station is None:
        return
    if steward == "warn":
        warn_villages(ctx, [station.pk])
        return
    grade_stage(ctx, station, data)
    if steward == "water":
        open_stage_matter(ctx, station, data)


@subscribe("ev.telemetry.alarm.cleared", durable="water-alarm-cleared")
def on_cleared(ctx: Context, data: AlarmFact) -> None:
    """Level: grade the stage again, and tell it to the open matter; a person closes it."""
    steward = steward_of(data.rule_name)
    station = HydroStation.objects.filter(pk=data.thing).first() if steward and steward != "warn" else None
    if station is None:
        return
    grade_stage(ctx, station, data)
    if steward != "water":
        return
    matter = WaterMatter.objects.filter(kind=KIND, key=_key(station)).exclude(state__in=CLOSED).first()
    if matter is not None:
        note_step(ctx, matter, before=matter.state, reason=f"{station.name}水位回落到 {data.value:.2f} m，告警解除")


def grade_stage(ctx: Context, station: HydroStation, data: AlarmFact) -> None:
    """Write a line and tell it if the station crossed its warning or guarantee level."""
    grade = grade_of_stage(data.value, station.warning_m, station.guarantee_m)
    HydroStation.objects.select_for_update(of=("self",)).get(
        pk=station.pk
    )  # two alarms of one station, one after the other
    before = int(StageGrade.last_of(station.pk))
    if grade == before:
        return
    over = data.value - (station.warning_m or data.value)
    ctx.save(
        StageGrade(
            station=station,
            at=data.at,
            grade=str(grade),
            before=str(before),
            level_m=data.value,
            over_m=round(over, 2),
            alarm=data.alarm,
            origin=data.origin,
        )
    )
    ctx.emit(
        StageGraded(
            station=station.pk,
            grade=grade,
            before=before,
            level_m=data.value,
            over_m=round(over, 3),
            region=station.region,
            origin=data.origin,
        )
    )


def open_stage_matter(ctx: Context, station: HydroStation, data: AlarmFact) -> WaterMatter:
    """One open matter a station, assigned to the water bureau; a graver alarm raises its level."""
    unit = Unit.objects.filter(code=f"{station.region[:6]}-SL").first() or Unit.objects.filter(code="4311-SL").first()
    over = data.value - (station.warning_m or data.value)
    line = line_of(data.rule_name)
    due = ctx.now + timedelta(hours=line.limit_h if line else 4)
    matter, new = open_matter(
        ctx,
        WaterMatter,
        kind=KIND,
        key=_key(station),
        prefix="SQ",
        reason=data.rule_name,
        steward="water",
        title=_title(station, over),
        level=data.level,
        region=station.region,
        geometry=station.geometry,
        thing_id=station.pk,
        station=station,
        stage_m=data.value,
        over_m=round(over, 2),
        unit=unit,
        due=due,
        source="alarm",
        evidence=data.alarm,
        origin=data.origin,
    )
    if new:
        move_matter(ctx, matter, "assigned", reason="按告警派单表由水利部门处置")
    elif data.level < matter.level:
        matter.level, matter.title = data.level, _title(station, over)
        matter.due = min(matter.due or due, due)
        ctx.save(matter)
        note_step(ctx, matter, before=matter.state, reason=f"升级：{data.rule_name}，水位 {data.value:.2f} m")
    if unit is not None and new:
        notify(ctx, unit, f"{matter.title}，请签收处置", about=matter)
    return matter


def _title(station: HydroStation, over: float) -> str:
    return f"{station.name}{'水位超汛限' if station.kind == 'RR' else '水位超警戒'} {over:.2f} m"


def _key(station: HydroStation) -> str:
    return f"stage:{station.code}"

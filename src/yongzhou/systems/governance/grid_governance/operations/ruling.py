"""会商裁定: who is responsible after units have sent an event back; binding, in time, and a lesson for the rule."""

from __future__ import annotations

from uuid import UUID

from pydantic import Field

from yongzhou.core.calendar import WorkDays
from yongzhou.core.inbox.notify import notify
from yongzhou.core.matters.events import MatterAssigned
from yongzhou.core.operations.context import Context
from yongzhou.core.operations.problem import Problem
from yongzhou.core.operations.registry import operation
from yongzhou.core.people.models import Unit
from yongzhou.systems.governance.grid_governance.models import Arbitration, Event, Rejection
from yongzhou.systems.governance.grid_governance.operations.common import (
    EventState,
    OnEvent,
    answer,
    calendar,
    centres,
    dispatch,
    lock,
    not_now,
    person_acting,
    refusing_units,
)


class Arbitrate(OnEvent):
    """The binding decision: who does it, by which clause, and what was said."""

    unit: UUID = Field(title="裁定主办单位")
    clause: str = Field(title="裁定依据", min_length=4, max_length=200)
    minutes: str = Field(default="", title="会商情况", max_length=300)


@operation("grid_governance.arbitrate", title="会商裁定", on=Event, action="arbitrate", emits=[MatterAssigned])
def arbitrate(ctx: Context, data: Arbitrate) -> EventState:
    """Decide who is responsible; from here on nobody may send it back, and the rule gets a proposal."""
    event = lock(ctx, data)
    if event.state not in ("accepted", "reopened") or not event.rejected_count:
        raise not_now("只有被退回、等待派单的事件需要会商", "未退单的事件请直接派单")
    unit = Unit.objects.filter(pk=data.unit).first()
    if unit is None:
        raise Problem("no_unit", "没有这个单位", field="unit", remedy="请从候选单位中选择")
    decide(ctx, event, unit, data.clause, data.minutes)
    return answer(event)


def open_ruling(ctx: Context, event: Event) -> None:
    """Call the 会商 of a locked event: one working day."""
    event.arbitration = "open"
    row = Arbitration.objects.filter(event=event, decided_at__isnull=True).first()
    if row is None:
        row = Arbitration(event=event, at=ctx.now, origin=event.origin, due=calendar().add(ctx.now, WorkDays(1)).at)
    row.units = refusing_units(event)
    ctx.save(row)


def decide(ctx: Context, event: Event, unit: Unit, clause: str, minutes: str = "") -> None:
    """Write the ruling of a locked event and send it out; rejections of the chosen unit were wrong."""
    row = Arbitration.objects.filter(event=event, decided_at__isnull=True).first()
    if row is None:
        row = Arbitration(event=event, at=ctx.now, due=calendar().add(ctx.now, WorkDays(1)).at, origin=event.origin)
        row.units = refusing_units(event)
    row.unit, row.clause, row.minutes = unit, clause, minutes
    row.decided_at, row.decider, row.late = ctx.now, person_acting(ctx), ctx.now > row.due
    row.proposal = _proposal(event, unit)
    ctx.save(row)
    event.arbitration = "decided"
    for wrong in Rejection.objects.filter(event=event, unit=unit):
        wrong.overturned = True
        ctx.save(wrong)
    dispatch(ctx, event, unit=unit, clause=clause, reason=f"会商裁定：{unit.name}（{clause}）")
    for code in row.units:
        if code != unit.code and (other := Unit.objects.filter(code=code).first()):
            notify(ctx, other, f"「{event.title}」已裁定由{unit.name}主办", about=event)


def _proposal(event: Event, unit: Unit) -> str:
    if event.type is None:
        return ""
    level = {4: "city", 6: "county", 9: "town"}.get(len(unit.region), "county")
    wanted = f"{level}:{unit.code.partition('-')[2]}"
    if event.type.unit_rule.split(";")[0] == wanted:
        return ""
    return f"建议「{event.type.name}」责任规则改以 {wanted} 为首（现为 {event.type.unit_rule}）"


def watch_rulings(ctx: Context, limit: int) -> int:
    """Rulings whose working day is over are marked and told to the city."""
    rows = list(
        Arbitration.objects.select_for_update(of=("self",), skip_locked=True)
        .filter(decided_at__isnull=True, late=False, due__lt=ctx.now)
        .select_related("event")[:limit]
    )
    for row in rows:
        row.late = True
        ctx.save(row)
        for to in centres(row.event.region, city=True):
            notify(ctx, to, f"「{row.event.title}」会商超过一个工作日未裁定", about=row.event)
    return len(rows)

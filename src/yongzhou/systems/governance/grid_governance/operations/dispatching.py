"""受理, 派单, 签收, 退单 and 会商, 换人: from a report to the one unit that has it in hand."""

from __future__ import annotations

from uuid import UUID

from pydantic import Field, model_validator

from yongzhou.core.inbox.notify import notify
from yongzhou.core.matters.events import MatterAssigned, MatterRejected
from yongzhou.core.matters.life import STATES
from yongzhou.core.matters.verbs import note_step
from yongzhou.core.operations.context import Context
from yongzhou.core.operations.problem import Problem
from yongzhou.core.operations.registry import operation
from yongzhou.core.people.models import Person, Unit
from yongzhou.systems.governance.grid_governance import clock
from yongzhou.systems.governance.grid_governance.models import DutyItem, Event, EventType, GridPost, Rejection
from yongzhou.systems.governance.grid_governance.operations.common import (
    EventState,
    OnEvent,
    answer,
    calendar,
    centres,
    dispatch,
    history_units,
    lock,
    move,
    not_now,
    person_acting,
    refusing_units,
    retime,
    tell_reporters,
)
from yongzhou.systems.governance.grid_governance.operations.ruling import decide, open_ruling
from yongzhou.systems.governance.grid_governance.responsible import unit_code


class Accept(OnEvent):
    """Accept a report as a matter of the city."""

    type: str = Field(default="", title="事件类型", max_length=12)
    dispatch: bool = Field(default=True, title="同时派单")


class Assign(OnEvent):
    """Give an event to a unit, or to the one that the responsibility rule names."""

    unit: UUID | None = Field(default=None, title="主办单位")
    clause: str = Field(default="", title="派单依据", max_length=200)


class Reject(OnEvent):
    """Send an event back; the clause is what makes it lawful."""

    clause: str = Field(default="", title="依据条款", max_length=200)
    duty: UUID | None = Field(default=None, title="权责清单条目")
    suggest: UUID | None = Field(default=None, title="建议单位")

    @model_validator(mode="after")
    def _lawful(self) -> Reject:
        if self.duty is None and len(self.clause.strip()) < 4:
            raise ValueError("退单必须引用权责清单条目，或写明依据条款（至少 4 个字）")
        return self


class Reassign(OnEvent):
    """Give the work to another person."""

    person: UUID = Field(title="处置人")
    reason: str = Field(default="", title="原因", max_length=200)


@operation("grid_governance.accept", title="受理", on=Event, action="triage", emits=[MatterAssigned])
def accept(ctx: Context, data: Accept) -> EventState:
    """Accept a report, confirm or correct its type, and send it to the responsible unit."""
    event = lock(ctx, data)
    if data.type:
        _retype(event, data.type)
    if event.type is None:
        raise Problem("no_type", "还没有归类，不能受理", field="type", remedy="请从事件库选择类型")
    move(ctx, event, "accepted", reason=f"受理：{event.type.name}")
    retime(event, ctx)
    ctx.save(event)
    tell_reporters(ctx, event, f"您反映的「{event.title}」已受理，编号 {event.number}")
    if data.dispatch:
        dispatch(ctx, event)
    return answer(event)


def _retype(event: Event, code: str) -> None:
    kind = EventType.objects.filter(code=code).first()
    if kind is None:
        raise Problem("bad_type", f"事件库里没有编码「{code}」", field="type", remedy="请从列表中选择")
    event.type, event.grade, event.clock = kind, kind.grade, kind.clock
    event.accept_hours, event.handle_hours = kind.accept_hours, kind.handle_hours
    event.level, event.first_due = clock.LEVELS[kind.grade], None
    event.title = f"{kind.name}（{event.address}）"[:120]


@operation("grid_governance.assign", title="派单", on=Event, action="assign", emits=[MatterAssigned])
def assign(ctx: Context, data: Assign) -> EventState:
    """Send an event to a unit; after two rejections this is the binding decision of the 会商."""
    event = lock(ctx, data)
    if event.state == "assigned":
        raise not_now("这件事正等待签收", "请等对方签收或退单后再改派")
    unit = Unit.objects.filter(pk=data.unit).first() if data.unit else None
    if data.unit and unit is None:
        raise Problem("no_unit", "没有这个单位", field="unit", remedy="请从候选单位中选择")
    if event.arbitration == "open":
        if unit is None or len(data.clause) < 4:
            raise Problem(
                "needs_ruling",
                "两次退单，须会商裁定：写明主办单位和依据",
                field="clause",
                remedy="裁定后各单位不得再退",
            )
        decide(ctx, event, unit, data.clause)
        return answer(event)
    if unit is not None and unit.code in refusing_units(event) and event.arbitration != "decided":
        raise Problem(
            "pushed_around",
            f"{unit.name}已退过这件事，不能再派回",
            status=409,
            field="unit",
            remedy="请派给别的单位，或会商裁定",
        )
    if not dispatch(ctx, event, unit=unit, clause=data.clause, reason=f"派单：{unit.name}" if unit else ""):
        raise Problem("nobody", "按责任规则找不到可派的单位", field="unit", remedy="请人工指定主办单位并写明依据")
    return answer(event)


@operation("grid_governance.sign", title="签收", on=Event, action="accept")
def sign(ctx: Context, data: OnEvent) -> EventState:
    """Take an assigned event in hand: from here on it is being handled, and whoever signs is its handler."""
    event = lock(ctx, data)
    if event.state != "assigned":
        raise not_now(f"这件事现在「{STATES[event.state]}」，不能签收")
    event.accept_late = event.accept_late or (event.accept_due is not None and ctx.now > event.accept_due)
    event.handler = person_acting(ctx) or event.handler
    move(ctx, event, "handling", reason="签收")
    return answer(event)


@operation("grid_governance.reject", title="退单", on=Event, action="reject", emits=[MatterRejected])
def reject(ctx: Context, data: Reject) -> EventState:
    """Send an event back with the clause: once a unit, in time; the second rejection opens the 会商."""
    event = lock(ctx, data)
    unit = event.unit
    if event.state != "assigned" or unit is None or event.assigned_at is None:
        raise not_now("只有待签收的事件可以退单", "已签收的请联系值班台改派")
    if event.arbitration == "decided":
        raise not_now("会商已裁定由本单位主办，不得再退", "如有异议请向上级提出")
    if Rejection.objects.filter(event=event, unit=unit).exists():
        raise not_now("本单位已退过一次，不得再退")
    latest = clock.may_reject(calendar(), event.assigned_at, event.grade, ctx.now).at
    if ctx.now > latest:
        raise not_now(f"已过退单时限（{latest:%m-%d %H:%M}）", "请签收办理，或联系值班台会商")
    duty = _duty(event, unit, data.duty)
    clause = (f"{duty.code} {duty.clause}" if duty else data.clause)[:200]
    suggest = data.suggest or _owner(event, duty)
    row = Rejection(event=event, unit=unit, clause=clause, duty=duty, suggest_id=suggest, at=ctx.now)
    row.origin = event.origin
    ctx.save(row)
    event.rejected_count += 1
    move(ctx, event, "accepted", reason=f"{unit.name}退单：{clause}", unit=unit.code)
    event.unit, event.handler, event.accept_due = None, None, None
    if event.rejected_count >= 2:
        open_ruling(ctx, event)
    retime(event, ctx)
    ctx.save(event)
    refusing = refusing_units(event)
    pushed = clock.ping_pong(history_units(event), refusing)
    _call_centre(
        ctx, event, f"「{event.title}」被{unit.name}退单" + (f"，{pushed}，请会商裁定" if pushed else "，请改派")
    )
    return answer(event)


def _duty(event: Event, unit: Unit, id: UUID | None) -> DutyItem | None:
    """The quoted line of the duty list: it must speak of this type and of somebody else."""
    if id is None:
        return None
    duty = DutyItem.objects.filter(pk=id).first()
    if duty is None:
        raise Problem("no_duty", "权责清单里没有这一条", field="duty", remedy="请从清单中选择")
    if event.type is not None and not duty.covers(event.type.code):
        raise Problem(
            "other_duty",
            f"{duty.code} 说的是「{duty.subject}」，与本事件类型不符",
            field="duty",
            remedy="请选对应的条目",
        )
    if _names(duty, unit):
        raise Problem("own_duty", f"{duty.code} 写明由本单位负责，不能据此退单", field="duty", remedy="请签收办理")
    return duty


def _names(duty: DutyItem, unit: Unit) -> bool:
    level = {4: "city", 6: "county", 9: "town"}.get(len(unit.region), "")
    return unit.code.partition("-")[2] == duty.office and duty.level in ("", level)


def _owner(event: Event, duty: DutyItem | None) -> UUID | None:
    """The unit that a line of the duty list names, along the event's area chain."""
    if duty is None:
        return None
    levels = [duty.level] if duty.level else ["county", "city", "town"]
    codes = [code for level in levels if (code := unit_code(level, duty.office, event.region))]
    found = dict(Unit.objects.filter(code__in=codes).values_list("code", "pk"))
    return next((found[code] for code in codes if code in found), None)


def _call_centre(ctx: Context, event: Event, text: str) -> None:
    for unit in centres(event.region, city=True):
        notify(ctx, unit, text, about=event)


@operation("grid_governance.reassign", title="换处置人", on=Event, action="reassign")
def reassign(ctx: Context, data: Reassign) -> EventState:
    """Give the work to another person of the unit or of the grid."""
    event = lock(ctx, data)
    if event.state not in ("assigned", "handling"):
        raise not_now("只有待签收或处置中的事件可以换人")
    person = Person.objects.filter(pk=data.person).first()
    fits = person is not None and (
        person.unit_id == event.unit_id or GridPost.objects.filter(person=person, grid=event.grid_id).exists()
    )
    if person is None or not fits:
        raise Problem(
            "no_person", "这个人不在主办单位，也不是该网格的网格员", field="person", remedy="请从候选人中选择"
        )
    event.handler = person
    ctx.save(event)
    note_step(ctx, event, before=event.state, reason=f"换处置人：{person.name}。{data.reason}")
    notify(ctx, person, f"「{event.title}」交由您处置", about=event)
    return answer(event)

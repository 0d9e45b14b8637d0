"""联动处置: the main unit leads, every other unit has its own part with its own clock; all finish before it is done."""

from __future__ import annotations

from uuid import UUID

from pydantic import BaseModel, Field

from yongzhou.core.calendar import Stop
from yongzhou.core.inbox.notify import notify
from yongzhou.core.matters.verbs import note_step
from yongzhou.core.operations.context import Context
from yongzhou.core.operations.problem import Problem
from yongzhou.core.operations.registry import operation
from yongzhou.core.people.models import Unit
from yongzhou.systems.governance.grid_governance import clock
from yongzhou.systems.governance.grid_governance.models import CoTask, Event
from yongzhou.systems.governance.grid_governance.operations.common import (
    CO_OPEN,
    EventState,
    OnEvent,
    answer,
    calendar,
    centres,
    kind_of,
    lock,
    not_now,
    person_acting,
    stops_of,
)


class AddCoUnit(OnEvent):
    """Bring another unit in; without hours of its own it has as long as the main unit still has."""

    unit: UUID = Field(title="协办单位")
    task: str = Field(default="", title="协办事项", max_length=200)
    hours: float | None = Field(default=None, title="协办时限（小时）", gt=0, le=2400)


class OnCoTask(BaseModel):
    """An operation on one joint task."""

    task: UUID = Field(title="协办任务")


class FinishCoTask(OnCoTask):
    """One joint unit's part is done."""

    result: str = Field(title="结果", min_length=2, max_length=300)


class RejectCoTask(OnCoTask):
    """A joint unit says by which clause it has no part in it."""

    clause: str = Field(title="依据条款", min_length=4, max_length=200)


class CoTaskState(BaseModel):
    """A joint task after an operation, and how many are still open."""

    task: UUID
    event: UUID
    state: str
    open: int


@operation("grid_governance.add_co_unit", title="加协办单位", on=Event, action="join")
def add_co_unit(ctx: Context, data: AddCoUnit) -> EventState:
    """Joint handling: another unit works in parallel, with its own limits for signing and for finishing."""
    event = lock(ctx, data)
    if event.state not in ("accepted", "assigned", "handling"):
        raise not_now("只有办理中的事件可以加协办")
    unit = Unit.objects.filter(pk=data.unit).first()
    if unit is None or unit.pk == event.unit_id:
        raise Problem("no_unit", "没有这个单位，或它就是主办单位", field="unit", remedy="请选另一个单位")
    task = CoTask.objects.filter(event=event, unit=unit).first()
    if task is not None and task.state not in ("refused", "cancelled"):
        raise not_now(f"{unit.name}已在协办")
    again = task is not None
    if task is None:
        task = CoTask(event=event, unit=unit, origin=event.origin)
    task.task, task.at, task.state, task.rung, task.late = data.task, ctx.now, "assigned", 0, False
    task.hours = data.hours or max(1.0, event.left_s / 3600) if event.left_s > 0 else data.hours or 8.0
    task.accept_due = clock.limit(calendar(), ctx.now, event.accept_hours, kind_of(event)).at
    task.signed_at = task.done_at = None
    _retime(task, event)
    ctx.save(task)
    note_step(
        ctx,
        event,
        before=event.state,
        reason=f"{'再次请' if again else ''}协办：{unit.name}。{data.task}",
        co_unit=unit.code,
    )
    notify(ctx, unit, f"请协办「{event.title}」：{data.task or '配合主办单位处置'}", about=event)
    return answer(event)


@operation("grid_governance.sign_co_task", title="协办签收", on=CoTask, action="accept")
def sign_co_task(ctx: Context, data: OnCoTask) -> CoTaskState:
    """A joint unit takes its part in hand."""
    task = _task(ctx, data, ("assigned",), "只有待签收的协办可以签收")
    _sign(ctx, task)
    ctx.save(task)
    note_step(ctx, task.event, before=task.event.state, reason=f"{task.unit.name}签收协办", co_unit=task.unit.code)
    return _told(task)


@operation("grid_governance.finish_co_task", title="协办完成", on=CoTask, action="handle")
def finish_co_task(ctx: Context, data: FinishCoTask) -> CoTaskState:
    """One joint unit reports its part done."""
    task = _task(ctx, data, CO_OPEN, "这份协办已经完成或撤销")
    _sign(ctx, task)
    task.state, task.done_at, task.result, task.next_rung_at = "done", ctx.now, data.result, None
    task.late = task.late or (task.due is not None and ctx.now > task.due)
    ctx.save(task)
    event = task.event
    note_step(ctx, event, before=event.state, reason=f"{task.unit.name}协办完成：{data.result}", co_unit=task.unit.code)
    told = _told(task)
    if event.unit:
        done = "" if told.open else "，协办全部完成"
        notify(ctx, event.unit, f"「{event.title}」{task.unit.name}已完成协办{done}", about=event)
    return told


@operation("grid_governance.reject_co_task", title="退回协办", on=CoTask, action="reject")
def reject_co_task(ctx: Context, data: RejectCoTask) -> CoTaskState:
    """Send a joint task back with the clause, before signing and in the time of any rejection."""
    task = _task(ctx, data, ("assigned",), "只有待签收的协办可以退回")
    event = task.event
    latest = clock.may_reject(calendar(), task.at, event.grade, ctx.now).at
    if ctx.now > latest:
        raise not_now(f"已过退单时限（{latest:%m-%d %H:%M}）", "请签收办理，或联系值班台")
    task.state, task.result, task.next_rung_at = "refused", f"退回：{data.clause}"[:300], None
    ctx.save(task)
    reason = f"{task.unit.name}退回协办：{data.clause}"
    note_step(ctx, event, before=event.state, reason=reason, co_unit=task.unit.code)
    for to in filter(None, (event.unit, *centres(event.region))):
        notify(ctx, to, f"「{event.title}」{reason}", about=event)
    return _told(task)


@operation("grid_governance.cancel_co_task", title="撤销协办", on=CoTask, action="join")
def cancel_co_task(ctx: Context, data: OnCoTask) -> CoTaskState:
    """The desk takes a joint unit out again."""
    task = _task(ctx, data, CO_OPEN, "这份协办已经完成或撤销")
    task.state, task.next_rung_at = "cancelled", None
    ctx.save(task)
    note_step(ctx, task.event, before=task.event.state, reason=f"撤销{task.unit.name}协办", co_unit=task.unit.code)
    notify(ctx, task.unit, f"「{task.event.title}」的协办已撤销", about=task.event)
    return _told(task)


def watch_co_tasks(ctx: Context, limit: int) -> int:
    """Press joint units whose own rung has come; how many."""
    rows = list(
        CoTask.objects.select_for_update(of=("self",), skip_locked=True)
        .filter(next_rung_at__lte=ctx.now, state__in=CO_OPEN)
        .select_related("event__unit", "unit")
        .order_by("next_rung_at")[:limit]
    )
    for task in rows:
        event, stops = task.event, stops_of(task.event)
        shown = clock.read(calendar(), task.at, task.hours, kind_of(event), ctx.now, stops)
        task.late = task.late or shown.rung >= 3
        climbed, task.rung = shown.rung > task.rung, max(task.rung, shown.rung)
        _retime(task, event, stops)
        ctx.save(task)
        if climbed:
            text = f"「{event.title}」协办时限已用 {shown.share:.0%}，{clock.RUNG_NAMES[task.rung]}"
            more = [event.unit] if task.rung >= 2 else []
            for to in filter(None, (task.unit, *more, *(centres(event.region) if task.rung >= 3 else []))):
                notify(ctx, to, text, about=event)
            note_step(ctx, event, before=event.state, reason=f"{task.unit.name}{text}"[:300], co_unit=task.unit.code)
    return len(rows)


def retime_co_tasks(ctx: Context, event: Event) -> None:
    """Joint clocks stand and run with the main one."""
    stops = stops_of(event)
    for task in CoTask.objects.filter(event=event, state__in=CO_OPEN):
        _retime(task, event, stops)
        ctx.save(task)


def _retime(task: CoTask, event: Event, stops: list[Stop] | None = None) -> None:
    stops = stops_of(event) if stops is None else stops
    task.next_rung_at = clock.next_rung(calendar(), task.at, task.hours, kind_of(event), task.rung, stops)
    if not any(stop.until is None for stop in stops):
        task.due = clock.limit(calendar(), task.at, task.hours, kind_of(event), stops).at


def _sign(ctx: Context, task: CoTask) -> None:
    if task.signed_at is None:
        task.state, task.signed_at, task.signer = "handling", ctx.now, person_acting(ctx)


def _task(ctx: Context, data: OnCoTask, states: tuple[str, ...], title: str) -> CoTask:
    task = ctx.get(CoTask, data.task)
    if task.state not in states:
        raise not_now(title)
    return task


def _told(task: CoTask) -> CoTaskState:
    left = CoTask.objects.filter(event=task.event, state__in=CO_OPEN).count()
    return CoTaskState(task=task.pk, event=task.event_id, state=task.state, open=left)

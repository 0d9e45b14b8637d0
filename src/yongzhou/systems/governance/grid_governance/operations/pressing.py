"""催办 and 督办: a nudge at most once an hour; a 督办 wants an answer in writing and is ended by the supervisor."""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from uuid import UUID

from pydantic import BaseModel, Field

from yongzhou.core.calendar import WorkHours
from yongzhou.core.inbox.notify import notify
from yongzhou.core.matters.verbs import note_step
from yongzhou.core.operations.context import Context
from yongzhou.core.operations.registry import operation
from yongzhou.systems.governance.grid_governance.models import Event, Supervision
from yongzhou.systems.governance.grid_governance.operations.common import (
    OPEN,
    EventState,
    OnEvent,
    answer,
    calendar,
    centres,
    lock,
    not_now,
    person_acting,
)

PAUSE: Final = timedelta(hours=1)
REPLY_HOURS: Final = 8.0  # house default: one working day


class Urge(OnEvent):
    """A nudge."""

    text: str = Field(default="请尽快办理", title="催办内容", min_length=2, max_length=300)


class Supervise(OnEvent):
    """A 督办 with its time to answer, in office hours."""

    text: str = Field(title="督办要求", min_length=2, max_length=300)
    reply_hours: float = Field(default=REPLY_HOURS, title="回复时限（工作小时）", gt=0, le=80)


class Reply(BaseModel):
    """The written answer of the unit."""

    supervision: UUID = Field(title="督办")
    reply: str = Field(title="回复", min_length=4, max_length=300)


class End(BaseModel):
    """The answer suffices, or it goes back."""

    supervision: UUID = Field(title="督办")
    enough: bool = Field(default=True, title="回复满意")
    reason: str = Field(default="", title="说明", max_length=200)


class SupervisionState(BaseModel):
    """A 督办 after an operation."""

    supervision: UUID
    event: UUID
    state: str


@operation("grid_governance.urge", title="催办", on=Event, action="urge")
def urge(ctx: Context, data: Urge) -> EventState:
    """Press the unit and the handler, at most once an hour an event."""
    event = lock(ctx, data)
    _pressable(event)
    last = Supervision.objects.filter(event=event, kind="urge").order_by("-at").values_list("at", flat=True).first()
    if last is not None and ctx.now - last < PAUSE:
        raise not_now("一小时内已催办过", "请等对方回应；紧急的请直接督办或电话联系")
    ctx.save(_row(ctx, event, "urge", data.text, state="ended"))
    note_step(ctx, event, before=event.state, reason=f"催办：{data.text}")
    for to in filter(None, (event.unit, event.handler)):
        notify(ctx, to, f"催办「{event.title}」：{data.text}", about=event)
    return answer(event)


@operation("grid_governance.supervise", title="督办", on=Event, action="supervise")
def supervise(ctx: Context, data: Supervise) -> EventState:
    """Issue a 督办: the unit answers in writing within office hours."""
    event = lock(ctx, data)
    _pressable(event)
    issue(ctx, event, data.text, data.reply_hours)
    return answer(event)


def issue(ctx: Context, event: Event, text: str, hours: float = REPLY_HOURS) -> None:
    """A 督办 of a locked event; one open 督办 a unit and event."""
    if Supervision.objects.filter(event=event, kind="supervise", unit=event.unit).exclude(state="ended").exists():
        raise not_now("这件事已在督办，等待回复", "先看单位的回复，再决定是否退回重报")
    row = _row(ctx, event, "supervise", text)
    row.reply_due = calendar().add(ctx.now, WorkHours(hours)).at
    ctx.save(row)
    note_step(ctx, event, before=event.state, reason=f"督办：{text}")
    for to in filter(None, (event.unit, event.handler, *centres(event.region))):
        notify(ctx, to, f"督办「{event.title}」：{text}，请书面回复", about=event)


@operation("grid_governance.reply_supervision", title="回复督办", on=Supervision, action="handle")
def reply_supervision(ctx: Context, data: Reply) -> SupervisionState:
    """The unit says what it has done and until when it will be done."""
    row = ctx.get(Supervision, data.supervision)
    if row.kind != "supervise" or row.state != "open":
        raise not_now("只有待回复的督办可以回复")
    row.reply, row.replied_at, row.state = data.reply, ctx.now, "replied"
    ctx.save(row)
    late = row.reply_due is not None and ctx.now > row.reply_due
    note_step(
        ctx, row.event, before=row.event.state, reason=f"督办回复{'（超时）' if late else ''}：{data.reply}"[:300]
    )
    for to in [row.issuer] if row.issuer else centres(row.event.region, city=True):
        notify(ctx, to, f"「{row.event.title}」督办已回复：{data.reply}", about=row.event)
    return SupervisionState(supervision=row.pk, event=row.event_id, state=row.state)


@operation("grid_governance.end_supervision", title="办结督办", on=Supervision, action="supervise")
def end_supervision(ctx: Context, data: End) -> SupervisionState:
    """End a 督办 whose answer suffices, or send the answer back for a better one."""
    row = ctx.get(Supervision, data.supervision)
    if row.kind != "supervise" or row.state == "ended":
        raise not_now("这份督办已经办结")
    if row.state == "open":
        raise not_now("单位还没有回复", "请先催办，或等回复后再办结")
    if data.enough:
        row.state, row.ended_at = "ended", ctx.now
    else:
        row.state, row.reply_due = "open", calendar().add(ctx.now, WorkHours(REPLY_HOURS)).at
        if row.unit:
            notify(ctx, row.unit, f"「{row.event.title}」督办回复被退回：{data.reason}", about=row.event)
    ctx.save(row)
    said = "督办办结" if data.enough else f"督办回复退回重报：{data.reason}"
    note_step(ctx, row.event, before=row.event.state, reason=said)
    return SupervisionState(supervision=row.pk, event=row.event_id, state=row.state)


def _pressable(event: Event) -> None:
    if event.state not in OPEN or event.unit is None:
        raise not_now("只有已派单、未结案的事件可以催办督办", "未派单的请先派单")


def _row(ctx: Context, event: Event, kind: str, text: str, state: str = "open") -> Supervision:
    row = Supervision(event=event, at=ctx.now, kind=kind, state=state, unit=event.unit, text=text, origin=event.origin)
    row.issuer = person_acting(ctx)
    if state == "ended":
        row.ended_at = ctx.now
    return row

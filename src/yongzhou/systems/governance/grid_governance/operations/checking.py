"""核查, 回访, 结案, 重开, 评价: nobody closes his own case, and whoever reported it has the last word."""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from uuid import UUID

from django.db.models import Q
from pydantic import BaseModel, Field

from yongzhou.core.calendar import WorkDays
from yongzhou.core.matters.events import MatterClosed, MatterRated, MatterReopened, MatterVerified
from yongzhou.core.matters.models import MatterStep
from yongzhou.core.matters.verbs import note_step
from yongzhou.core.matters.verbs import rate as rate_matter
from yongzhou.core.operations.context import Context
from yongzhou.core.operations.problem import Problem, not_found
from yongzhou.core.operations.registry import operation
from yongzhou.systems.governance.grid_governance import clock
from yongzhou.systems.governance.grid_governance.models import Callback, Event, HotlineOrder, Report, Verification
from yongzhou.systems.governance.grid_governance.operations.common import (
    EventState,
    OnEvent,
    answer,
    calendar,
    dispatch,
    freeze,
    kind_of,
    lock,
    move,
    not_now,
    person_acting,
    retime,
    tell_reporters,
)
from yongzhou.systems.governance.grid_governance.operations.handling import OnTheSpot, look
from yongzhou.systems.governance.grid_governance.operations.rewards import reward_reporters

REOPEN: Final = timedelta(days=7)
CALLBACK_DAYS: Final = 2  # working days after closing; house default (待核)


class Verify(OnTheSpot):
    """What the checker found."""

    passed: bool = Field(title="核查通过")
    close: bool = Field(default=True, title="通过后结案")


class CallBack(OnEvent):
    """A call to the reporter."""

    reached: bool = Field(title="接通")
    solved: bool = Field(default=False, title="已解决")
    satisfied: bool = Field(default=False, title="满意")
    text: str = Field(default="", title="说明", max_length=300)


class Close(OnEvent):
    """Close a verified event, or one that is none."""

    reason: str = Field(default="", title="结论", max_length=300)


class Reopen(OnEvent):
    """It is not solved."""

    reason: str = Field(title="原因", min_length=2, max_length=300)


class Rate(BaseModel):
    """The reporter's own judgement."""

    event: UUID = Field(title="事件")
    stars: int = Field(title="评价", ge=1, le=5)
    comment: str = Field(default="", title="说明", max_length=200)


@operation("grid_governance.verify", title="核查", on=Event, action="verify", emits=[MatterVerified, MatterClosed])
def verify(ctx: Context, data: Verify) -> EventState:
    """Check that it is done, by somebody who did not work on it; not passed goes back to the handler."""
    event = lock(ctx, data)
    if event.state != "done":
        raise not_now("只有待核查的事件可以核查")
    _stranger(ctx, event)
    method = event.type.verification if event.type else "photo"
    away = look(event, data, need_photo=data.passed and method == "photo", need_place=False)
    photos = [photo.model_dump() for photo in data.photos]
    found = Verification(
        event=event,
        at=ctx.now,
        person=person_acting(ctx),
        method=method,
        passed=data.passed,
        text=data.text,
        photos=photos,
    )
    found.distance_m, found.origin = away, event.origin
    ctx.save(found)
    if not data.passed:
        move(ctx, event, "handling", reason=f"核查不通过：{data.text}")
        event.done_at = None
        retime(event, ctx)
        ctx.save(event)
        return answer(event)
    move(ctx, event, "verified", reason=f"核查通过：{data.text}", files=photos)
    if data.close:
        finish(ctx, event, "核查通过，结案")
    return answer(event)


def _stranger(ctx: Context, event: Event) -> None:
    worked = MatterStep.objects.filter(matter=event.pk, actor=ctx.actor.id).filter(
        Q(after="handling") | Q(after="done")
    )
    if ctx.actor.kind == "person" and (event.handler_id == ctx.actor.id or worked.exclude(before="done").exists()):
        raise Problem("same_person", "处置人不能核查自己办的事", status=403, remedy="请由另一位同事核查")


def finish(ctx: Context, event: Event, reason: str) -> None:
    """Close a locked event; its children and everybody who reported it hear of it."""
    proved = event.state == "verified"
    move(ctx, event, "closed", reason=reason)
    event.next_rung_at = None
    ctx.save(event)
    if proved:
        reward_reporters(ctx, event)
    for child in Event.objects.filter(parent=event.pk):
        note_step(ctx, child, before=child.state, reason=f"主事件 {event.number} 已结案")
    due_callbacks(ctx, event)
    tell_reporters(ctx, event, f"您反映的「{event.title}」已办结，请评价；不满意可在 7 天内要求重办")


def due_callbacks(ctx: Context, event: Event) -> None:
    """An event is closed: its orders, also those of merged children, are to be called back."""
    due = calendar().add(ctx.now, WorkDays(CALLBACK_DAYS)).at
    children = Event.objects.filter(parent=event.pk).values("pk")
    for order in HotlineOrder.objects.filter(state="event", event__in=[event.pk, *[row["pk"] for row in children]]):
        order.state, order.callback_due = "callback", due
        ctx.save(order)


@operation("grid_governance.call_back", title="回访", on=Event, action="verify")
def call_back(ctx: Context, data: CallBack) -> EventState:
    """Note a call to the reporter: reached, solved and satisfied are three answers."""
    event = lock(ctx, data)
    if event.state not in ("done", "verified", "closed"):
        raise not_now("办结以后才回访")
    ctx.save(
        Callback(
            event=event,
            at=ctx.now,
            reached=data.reached,
            solved=data.reached and data.solved,
            satisfied=data.reached and data.satisfied,
            text=data.text,
            origin=event.origin,
        )
    )
    said = (
        f"已解决{'' if data.solved else '：否'}，{'满意' if data.satisfied else '不满意'}" if data.reached else "未接通"
    )
    note_step(ctx, event, before=event.state, reason=f"回访：{said}")
    return answer(event)


@operation("grid_governance.close", title="结案", on=Event, action="close", emits=[MatterClosed])
def close(ctx: Context, data: Close) -> EventState:
    """Close what has been verified; what was not yet sent out may be closed with a reason."""
    event = lock(ctx, data)
    if event.state != "verified" and not data.reason:
        raise Problem(
            "needs_reason", "未经核查的事件，结案要写明原因", field="reason", remedy="例如：不属本市管辖，已告知上报人"
        )
    if event.state != "verified":
        freeze(event, ctx)
    finish(ctx, event, data.reason or "结案")
    return answer(event)


@operation("grid_governance.reopen", title="重开", on=Event, action="reopen", emits=[MatterReopened])
def reopen(ctx: Context, data: Reopen) -> EventState:
    """Open a closed event again: its reporter within 7 days, an officer any time; the first clock stays on record."""
    event = _mine(ctx, data.event, "reopen")
    ctx.expect(event, data.row_version)
    officer = any(not line.own for line in ctx.actor.lines("reopen", "grid_governance.event"))
    if not officer and event.closed_at is not None and ctx.now - event.closed_at > REOPEN:
        raise not_now("结案已超过 7 天，不能重开", "问题再次出现请重新上报")
    move(ctx, event, "reopened", reason=f"重开：{data.reason}")
    event.reopen_count += 1
    event.clock_from, event.rung, event.extended, event.arbitration = ctx.now, 0, False, ""
    event.handle_hours = event.type.handle_hours if event.type else event.handle_hours
    event.handling_at = None
    retime(event, ctx)
    ctx.save(event)
    unit = event.unit
    if unit is not None:
        dispatch(ctx, event, unit=unit, clause=event.clause, reason=f"重办：{unit.name}")
    else:
        event.accept_due = clock.limit(calendar(), ctx.now, event.accept_hours, kind_of(event)).at
        ctx.save(event)
    tell_reporters(ctx, event, f"「{event.title}」已重开，将再次处置")
    return answer(event)


@operation("grid_governance.rate", title="评价", on=Event, action="rate", emits=[MatterRated])
def rate(ctx: Context, data: Rate) -> EventState:
    """Rate a closed event, by somebody who reported it; several ratings are averaged."""
    event = _mine(ctx, data.event, "rate")
    own = Report.objects.filter(Q(event=event) | Q(event__parent=event), reporter=ctx.actor.id).order_by("at").first()
    if own is None:
        raise Problem("not_yours", "只有上报人可以评价", status=403, remedy="请用上报时的账号登录")
    if event.state != "closed":
        raise not_now("结案后才能评价", "办结后会通知您")
    own.stars, own.comment = data.stars, data.comment
    ctx.save(own)
    given = list(
        Report.objects.filter(Q(event=event) | Q(event__parent=event), stars__isnull=False).values_list(
            "stars", flat=True
        )
    )
    rate_matter(ctx, event, round(sum(given) / len(given)), data.comment)
    return answer(event)


def _mine(ctx: Context, id: UUID, action: str) -> Event:
    """The event of a report of one's own (also one that was merged), or any that one's rights reach; locked."""
    own = Report.visible_to(ctx.actor, action).filter(event=id, reporter=ctx.actor.id).select_related("event").first()
    if own is None:
        return lock(ctx, OnEvent(event=id))
    key = own.event.parent_id or own.event_id
    event = Event.objects.select_for_update(of=("self",)).filter(pk=key).first()
    if event is None:
        raise not_found("事件")
    event.refresh_from_db()
    return event

"""并案 and its undoing: children follow their parent always, and every reporter is answered."""

from __future__ import annotations

from uuid import UUID

from django.db.models import F
from pydantic import Field

from yongzhou.core.matters.events import MatterMerged
from yongzhou.core.matters.verbs import note_step
from yongzhou.core.operations.context import Context
from yongzhou.core.operations.problem import Problem
from yongzhou.core.operations.registry import operation
from yongzhou.systems.governance.grid_governance.models import Event
from yongzhou.systems.governance.grid_governance.operations.common import (
    OPEN,
    EventState,
    OnEvent,
    answer,
    lock,
    move,
    not_now,
    retime,
    tell_reporters,
)


class Merge(OnEvent):
    """Which event this one is a duplicate of; a duplicate of nothing is impossible."""

    into: UUID = Field(title="并入")
    reason: str = Field(default="", title="理由", max_length=200)


@operation("grid_governance.merge", title="并案", on=Event, action="merge", emits=[MatterMerged])
def merge(ctx: Context, data: Merge) -> EventState:
    """Make an event part of another: it follows that one's fate, its reporters are told and may follow that one."""
    if data.event == data.into:
        raise Problem("itself", "不能并入自己", field="into", remedy="请选另一件事")
    found = {key: lock(ctx, OnEvent(event=key)) for key in sorted((data.event, data.into))}  # one order: no deadlock
    child, parent = found[data.event], found[data.into]
    ctx.expect(child, data.row_version)
    if parent.state == "merged" and parent.parent_id is not None:
        raise not_now(f"{parent.number} 自己已并入别的事件", "请并入那一件")
    if parent.state not in OPEN:
        raise not_now(f"{parent.number} 已结案，不能再并入", "如问题再次出现，请重开那一件或单独办理")
    before = child.state
    child.parent_id = parent.pk
    move(ctx, child, "merged", reason=f"并入 {parent.number}。{data.reason}", into=parent.number)
    child.state_before, child.next_rung_at = before, None
    ctx.save(child)
    Event.objects.filter(parent=child.pk).update(parent=parent.pk)
    parent.report_count += child.report_count
    parent.similar = [one for one in parent.similar if one.get("event") != str(child.pk)]
    ctx.save(parent)
    note_step(ctx, parent, before=parent.state, reason=f"并入 {child.number}「{child.title}」", merged=child.number)
    tell_reporters(ctx, child, f"您反映的「{child.title}」与 {parent.number} 是同一件事，已合并办理，进展会继续告知您")
    return answer(child)


@operation("grid_governance.unmerge", title="撤销并案", on=Event, action="merge")
def unmerge(ctx: Context, data: OnEvent) -> EventState:
    """Undo a merge: state and clock are again what they would have been."""
    child = lock(ctx, data)
    if child.state != "merged" or child.parent_id is None:
        raise not_now("这件事没有并案")
    parent_id = child.parent_id
    back = child.state_before if child.state_before in ("reported", "accepted", "assigned", "handling") else "accepted"
    move(ctx, child, back, reason="撤销并案")
    child.parent_id, child.state_before = None, ""
    retime(child, ctx)
    ctx.save(child)
    Event.objects.filter(pk=parent_id).update(report_count=F("report_count") - child.report_count)
    return answer(child)

"""Calls of the hotline: how long each waited, and the one-key transfer between 12345 and 110. No sound is kept."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field

from yongzhou.core.operations.context import Context
from yongzhou.core.operations.problem import Problem
from yongzhou.core.operations.registry import operation
from yongzhou.systems.governance.grid_governance.models import HotlineCall, HotlineOrder
from yongzhou.systems.governance.grid_governance.operations.common import not_now


class NewCall(BaseModel):
    """One call record of the exchange; sent again with more once the call is over."""

    call_id: str = Field(title="话单号", min_length=4, max_length=60)
    region: str = Field(default="4311", title="所在地区", pattern=r"^\d{4,12}$")
    line: Literal["12345", "110"] = Field(default="12345", title="线路")
    queued_at: datetime = Field(title="进线时间")
    answered_at: datetime | None = Field(default=None, title="接通时间")
    ended_at: datetime | None = Field(default=None, title="挂机时间")
    seat: str = Field(default="", title="坐席工号", max_length=20)
    order: str = Field(default="", title="工单编号", max_length=40)


class Transfer(BaseModel):
    """One-key transfer between 12345 and 110 (国办发〔2022〕12号)."""

    call: UUID = Field(title="话务")
    to: Literal["12345", "110"] = Field(title="转往")
    outcome: str = Field(default="", title="转接结果", max_length=200)


class CallState(BaseModel):
    """A call as it stands."""

    call: UUID
    new: bool
    wait_s: int | None = None
    passed_to: str = ""


@operation("grid_governance.record_call", title="登记话务", on=HotlineCall, action="take")
def record_call(ctx: Context, data: NewCall) -> CallState:
    """Take a call record, once an id; a later record of the same call fills in what was still open."""
    moments = [at for at in (data.queued_at, data.answered_at, data.ended_at) if at is not None]
    if any(at.tzinfo is None for at in moments) or moments != sorted(moments):
        raise Problem("bad_time", "进线、接通、挂机时间要带时区并依次递增", field="queued_at", remedy="请核对话单时间")
    known = HotlineCall.objects.filter(call_id=data.call_id).values_list("pk", flat=True).first()
    new = known is None
    row = (
        ctx.get(HotlineCall, known)
        if known
        else HotlineCall(call_id=data.call_id, region=data.region, line=data.line, queued_at=data.queued_at)
    )
    row.answered_at = row.answered_at or data.answered_at
    row.ended_at = row.ended_at or data.ended_at
    row.seat = row.seat or data.seat
    if data.order and row.order_id is None:
        row.order = HotlineOrder.visible_to(ctx.actor).filter(number=data.order).first()
    ctx.save(row)
    return _call_state(row, new=new)


@operation("grid_governance.transfer_call", title="转接", on=HotlineCall, action="take")
def transfer_call(ctx: Context, data: Transfer) -> CallState:
    """Pass a call to the other line and write down what came of it."""
    row = ctx.get(HotlineCall, data.call)
    if row.line == data.to:
        raise Problem("itself", f"这个来电就在 {data.to}", field="to", remedy="请选另一条线路")
    if row.passed_to and not data.outcome:
        raise not_now("这个来电已经转接过", "补记转接结果即可")
    row.passed_to, row.passed_at, row.outcome = data.to, row.passed_at or ctx.now, data.outcome or row.outcome
    ctx.save(row)
    return _call_state(row, new=False)


def _call_state(row: HotlineCall, *, new: bool) -> CallState:
    wait = round((row.answered_at - row.queued_at).total_seconds()) if row.answered_at else None
    return CallState(call=row.pk, new=new, wait_s=wait, passed_to=row.passed_to)

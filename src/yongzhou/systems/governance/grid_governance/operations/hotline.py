"""The 12345 door: an order comes in once, is placed and joined with its event, and is called back when that is done."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache
from typing import Final, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from yongzhou.core import crypto
from yongzhou.core.matters.events import MatterAssigned, MatterOpened, MatterReopened
from yongzhou.core.matters.verbs import note_step
from yongzhou.core.operations.context import Context
from yongzhou.core.operations.problem import Problem
from yongzhou.core.operations.registry import operation
from yongzhou.core.places.models import Place
from yongzhou.systems.governance.grid_governance.gazetteer import Gazetteer
from yongzhou.systems.governance.grid_governance.models import (
    Callback,
    Event,
    EventType,
    HotlineOrder,
)
from yongzhou.systems.governance.grid_governance.operations.checking import Reopen, reopen
from yongzhou.systems.governance.grid_governance.operations.common import OnEvent, lock, not_now
from yongzhou.systems.governance.grid_governance.operations.intake import report
from yongzhou.systems.governance.grid_governance.operations.recognise import NewReport

Appeal = Literal["consult", "help", "complain", "tip", "advise", "praise"]
REPEAT: Final = timedelta(days=90)
ATTEMPTS: Final = 3
TALKED: Final = ("consult", "praise")  # a seat answers these; nobody is sent out


class NewOrder(BaseModel):
    """One 12345 order as the call centre sends it."""

    number: str = Field(title="工单编号", min_length=4, max_length=40)
    called_at: datetime = Field(title="来电时间")
    kind: Appeal = Field(default="help", title="诉求类型")
    caller: str = Field(default="", title="诉求人", max_length=40)
    contact: str = Field(default="", title="联系电话", max_length=20)
    secret: bool = Field(default=False, title="要求保密")
    title: str = Field(default="", title="诉求标题", max_length=120)
    text: str = Field(title="诉求内容", min_length=2, max_length=2000)
    address: str = Field(default="", title="诉求地址", max_length=120)
    region: str = Field(default="", title="所属区划", pattern=r"^\d{0,15}$")
    lon: float | None = Field(default=None, title="经度")
    lat: float | None = Field(default=None, title="纬度")
    crs: Literal["CGCS2000", "WGS84", "GCJ02", "BD09"] | None = Field(default=None, title="坐标系")
    seat: str = Field(default="", title="坐席工号", max_length=20)
    answer: str = Field(default="", title="当场答复", max_length=500)


class Taken(BaseModel):
    """What became of an order."""

    order: UUID
    number: str
    state: str
    new: bool
    event: UUID | None = None
    event_number: str = ""
    joined: bool = False
    repeat_of: str = ""
    after_close: bool = False
    placed: str = ""


class OrderCallback(BaseModel):
    """One attempt to call the citizen back."""

    order: UUID = Field(title="工单")
    reached: bool = Field(title="接通")
    solved: bool = Field(default=False, title="已解决")
    satisfied: bool = Field(default=False, title="满意")
    text: str = Field(default="", title="说明", max_length=300)


class OrderState(BaseModel):
    """An order after a step."""

    order: UUID
    state: str
    attempts: int
    reopened: bool = False


@cache
def gazetteer() -> Gazetteer:
    """Names of the city's counties, towns and villages."""
    rows = Place.objects.filter(kind__in=("county", "town", "village"), valid_to__isnull=True)
    return Gazetteer(rows.values_list("code", "name"))


@operation(
    "grid_governance.take_order",
    title="接收热线工单",
    on=HotlineOrder,
    action="take",
    emits=[MatterOpened, MatterAssigned],
)
def take_order(ctx: Context, data: NewOrder) -> Taken:
    """Take a 12345 order once a number: place it, join it with its event or open one; an answered one needs none."""
    known = HotlineOrder.objects.filter(number=data.number).select_related("event", "repeat_of").first()
    if known is not None:
        return _taken(known, new=False)
    called = _called(ctx, data.called_at)
    region, placed = _place(data)
    order = HotlineOrder(
        number=data.number,
        called_at=called,
        kind=data.kind,
        caller=data.caller,
        contact=data.contact,
        secret=data.secret,
        title=(data.title or data.text)[:120],
        text=data.text,
        address=data.address,
        region=region,
        placed=placed,
        seat=data.seat,
        answer=data.answer,
    )
    order.repeat_of = _earlier(data, called)
    if data.kind in TALKED or (data.answer and data.kind == "advise"):
        order.state, order.closed_at = "answered", ctx.now
        ctx.save(order)
        return _taken(order, new=True)
    filed = report.function(ctx, _as_report(data, region, called, ctx.now))
    event = Event.objects.get(pk=filed.event)
    order.event, order.report_id, order.joined, order.state = event, filed.report, filed.joined, "event"
    order.region = event.region if filed.new else region
    _mark_repeat(ctx, order, event)
    ctx.save(order)
    return _taken(order, new=True)


def _called(ctx: Context, at: datetime) -> datetime:
    if at.tzinfo is None or at > ctx.now + timedelta(minutes=10) or at < ctx.now - timedelta(days=366):
        raise Problem(
            "bad_time", "来电时间要带时区，且在最近一年之内", field="called_at", remedy="例如 2026-06-18T09:30:00+08:00"
        )
    return min(at, ctx.now)


def _place(data: NewOrder) -> tuple[str, str]:
    """Region of an order and the words that say whence: point, address, column of the order, or the whole city."""
    if data.lon is not None and data.lat is not None:
        return data.region or "4311", "按坐标"
    found = gazetteer().find(f"{data.address} {data.title} {data.text}", data.region[:6])
    if found is not None and found.code != data.region:
        return found.code, f"地址识别：{'、'.join(found.words)}（把握 {found.confidence:.0%}）"
    return (data.region, "按工单区划") if data.region else ("4311", "地址未能识别，待人工定位")


def _as_report(data: NewOrder, region: str, called: datetime, now: datetime) -> NewReport:
    return NewReport(
        door="12345",
        external_id=data.number,
        text=f"{data.title}。{data.text}" if data.title and data.title not in data.text else data.text,
        address=data.address,
        region=region,
        lon=data.lon,
        lat=data.lat,
        crs=data.crs,
        anonymous=True,  # the seat is not the reporter; the citizen's number stays with the order
        secret=data.secret,
        at=called if now - called < timedelta(days=7) else None,
    )


def _earlier(data: NewOrder, called: datetime) -> HotlineOrder | None:
    """The last order of the same number within 90 days; the comparison is over the blind index only."""
    if not data.contact:
        return None
    blind = crypto.blind(data.contact, "phone")
    rows = HotlineOrder.objects.filter(contact_blind=blind, called_at__gt=called - REPEAT, called_at__lte=called)
    return rows.select_related("event__type").order_by("-called_at").first()


def _mark_repeat(ctx: Context, order: HotlineOrder, event: Event) -> None:
    """Keep the link only where it is the same kind of thing; after closing it is a 重复投诉 that the desk must see."""
    last = order.repeat_of
    if last is None:
        return
    before = last.event
    same = before is not None and before.type_id and event.type_id and _family(before) == _family(event)
    if not same or before is None:
        order.repeat_of = None
        return
    if before.state == "closed":
        order.after_close = True
        event.repeat_of = event.repeat_of or (before if before.pk != event.pk else None)
        ctx.save(event)
        note_step(ctx, event, before=event.state, reason=f"重复投诉：{before.number} 办结后同一来电人再次反映")


def _family(event: Event) -> str:
    kind: EventType | None = event.type
    return kind.code[:4] if kind else ""


def _taken(order: HotlineOrder, *, new: bool) -> Taken:
    return Taken(
        order=order.pk,
        number=order.number,
        state=order.state,
        new=new,
        event=order.event_id,
        event_number=order.event.number if order.event else "",
        joined=order.joined,
        repeat_of=order.repeat_of.number if order.repeat_of else "",
        after_close=order.after_close,
        placed=order.placed,
    )


@operation(
    "grid_governance.call_back_order", title="工单回访", on=HotlineOrder, action="call_back", emits=[MatterReopened]
)
def call_back_order(ctx: Context, data: OrderCallback) -> OrderState:
    """Call the citizen: solved closes the order, not solved reopens the event, three vain attempts end it."""
    order = ctx.get(HotlineOrder, data.order)
    if order.state != "callback" or order.event is None:
        raise not_now("这张工单现在不需要回访", "事件结案后才回访")
    order.attempts += 1
    event = lock(ctx, OnEvent(event=order.event.parent_id or order.event.pk))
    solved, satisfied = data.reached and data.solved, data.reached and data.satisfied
    row = Callback(event=event, at=ctx.now, reached=data.reached, solved=solved, satisfied=satisfied, text=data.text)
    row.order, row.origin = order, order.origin
    ctx.save(row)
    said = f"已解决{'' if solved else '：否'}，{'满意' if satisfied else '不满意'}" if data.reached else "未接通"
    note_step(ctx, event, before=event.state, reason=f"热线回访第 {order.attempts} 次：{said}")
    reopened = False
    if data.reached and solved:
        order.state, order.closed_at = "closed", ctx.now
    elif data.reached:
        order.state, order.callback_due = "event", None
        if event.state == "closed":
            reason = f"热线回访未解决：{data.text}" if data.text else "热线回访未解决"
            reopen.function(ctx, Reopen(event=event.pk, reason=reason[:300]))
            reopened = True
    elif order.attempts >= ATTEMPTS:
        order.state, order.closed_at = "unreached", ctx.now
    ctx.save(order)
    return OrderState(order=order.pk, state=order.state, attempts=order.attempts, reopened=reopened)

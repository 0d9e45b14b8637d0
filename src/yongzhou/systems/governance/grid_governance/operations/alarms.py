"""自动上报: an alarm becomes one event by the table `alarm_routing`, or is left to the sector that answers for it."""

from __future__ import annotations

from uuid import UUID

from pydantic import BaseModel, Field

from yongzhou.core.data.geometry import lon_lat
from yongzhou.core.data.origin import Origin
from yongzhou.core.inbox.notify import notify
from yongzhou.core.matters.events import MatterAssigned, MatterClosed, MatterOpened, MatterVerified
from yongzhou.core.matters.verbs import note_step
from yongzhou.core.operations.context import Context
from yongzhou.core.operations.problem import Problem
from yongzhou.core.operations.registry import operation
from yongzhou.core.things.models import Datastream, Thing
from yongzhou.engines.telemetry.models import Alarm, Rule
from yongzhou.systems.governance.grid_governance.models import Event, EventType, Verification
from yongzhou.systems.governance.grid_governance.operations.checking import finish
from yongzhou.systems.governance.grid_governance.operations.common import OPEN, RUNNING, dispatch, move, retime
from yongzhou.systems.governance.grid_governance.operations.ground import Spot, locate, spot_of_region
from yongzhou.systems.governance.grid_governance.operations.intake import start
from yongzhou.systems.governance.grid_governance.routing import Route, route


class Alarmed(BaseModel):
    """An alarm as the house knows it."""

    alarm: UUID = Field(title="告警")
    cause: str = Field(title="缘由", max_length=110)
    kind: str = Field(title="告警类型", max_length=40)
    level: int = Field(title="级别", ge=1, le=4)
    region: str = Field(title="所在地区", max_length=16)
    title: str = Field(default="", title="标题", max_length=110)
    text: str = Field(default="", title="说明", max_length=500)
    thing: UUID | None = Field(default=None, title="设备")
    origin: Origin = Field(default="measured", title="数据来源")


class Routed(BaseModel):
    """Who answers for the alarm, and the event that was opened (none where a sector opens its own)."""

    steward: str
    rule: str
    event: UUID | None = None
    new: bool = False


class Cleared(BaseModel):
    """An alarm is over."""

    alarm: UUID = Field(title="告警")
    cause: str = Field(default="", title="缘由", max_length=110)
    thing: UUID | None = Field(default=None, title="设备")
    text: str = Field(default="", title="说明", max_length=200)


class ClearedEvents(BaseModel):
    """How many open events stood behind it."""

    events: int


def observed_by(rule: UUID, datastream: int) -> str:
    """What an alarm is about, as `alarm_routing` names it: the observed property, all windows of rain as `rain`."""
    found = (
        Rule.objects.filter(pk=rule).values_list("observed", flat=True).first()
        or Datastream.objects.filter(number=datastream).values_list("observed", flat=True).first()
        or "other"
    )
    return "rain" if found.startswith("rain") else found


@operation(
    "grid_governance.auto_report",
    title="自动上报",
    on=Event,
    action="auto_report",
    emits=[MatterOpened, MatterAssigned],
)
def auto_report(ctx: Context, data: Alarmed) -> Routed:
    """Open the one event of an alarm's cause with the right unit and limit, or leave it to the responsible sector."""
    way = route(data.kind, data.level, data.region, ctx.now)
    ctx.notes.update(steward=way.steward, rule=way.rule)
    if not way.ours:
        return Routed(steward=way.steward, rule=way.rule)
    kind = EventType.objects.filter(code=way.event_type).first()
    if kind is None:
        raise Problem(
            "bad_type",
            f"告警派单表第 {way.rule} 行的事件类型「{way.event_type}」不在事件库",
            remedy="请修改派单表或事件库",
        )
    thing = Thing.objects.filter(pk=data.thing).first() if data.thing else None
    event, new = start(
        ctx,
        _values(data, thing, kind),
        kind,
        key=f"alarm:{data.cause}",
        hours=way.limit_hours,
        reason=f"自动上报：{data.title or kind.name}。{data.text}",
    )
    if not new:
        _again(ctx, event, data, way)
        return Routed(steward=way.steward, rule=way.rule, event=event.pk)
    _send(ctx, event, kind, way)
    return Routed(steward=way.steward, rule=way.rule, event=event.pk, new=True)


def _values(data: Alarmed, thing: Thing | None, kind: EventType) -> dict[str, object]:
    spot = _spot(data, thing)
    return {
        "steward": "grid_governance",
        "title": data.title or f"{kind.name}（{thing.name if thing else spot.name}）",
        "detail": data.text,
        "level": data.level,
        "region": spot.region,
        "place_id": spot.grid,
        "grid_id": spot.grid,
        "address": thing.name if thing else spot.name,
        "geometry": thing.geometry if thing else None,
        "thing": thing,
        "source": "alarm",
        "evidence": data.alarm,
        "clock_from": None,
        "type": kind,
        "grade": kind.grade,
        "origin": data.origin,
    }


def _spot(data: Alarmed, thing: Thing | None) -> Spot:
    here = lon_lat(thing.geometry) if thing else None
    if here is not None:
        try:
            return locate(*here, "CGCS2000")
        except Problem:  # a station beyond the border still belongs to the county that runs it
            return spot_of_region(data.region)
    return spot_of_region(data.region)


def _send(ctx: Context, event: Event, kind: EventType, way: Route) -> None:
    basis = f"{kind.legal_basis}；告警派单表 {way.rule}"
    if not dispatch(ctx, event, rule=way.unit_rule, clause=basis, reason=f"自动派单（{way.why}）"):
        note_step(ctx, event, before=event.state, reason="找不到可派的单位，请值班台指定")


def _again(ctx: Context, event: Event, data: Alarmed, way: Route) -> None:
    """The same cause speaks again; a graver level tightens the limit and is told to those who have it in hand."""
    event.refresh_from_db()
    worse = data.level < event.level
    event.cleared, event.level = False, min(event.level, data.level)
    if worse and event.state in RUNNING:
        retime(event, ctx)
        spent = event.used_s / 3600  # on the event's own clock: nights and stops of a working clock do not count
        event.handle_hours = min(event.handle_hours, spent + way.limit_hours)
        retime(event, ctx)
    ctx.save(event)
    said = ("告警升级：" if worse else "再次告警：") + (data.text or data.title)[:200]
    note_step(ctx, event, before=event.state, reason=said, alarm=str(data.alarm))
    if worse:
        for to in filter(None, (event.unit, event.handler)):
            notify(ctx, to, f"「{event.title}」{said}", about=event)


def _still_open(data: Cleared, event: Event) -> bool:
    """Whether another alarm of the same thing and property (another window, another level) still stands."""
    if data.thing is None:
        return False
    kind = event.key.removeprefix("alarm:").partition(":")[0]
    others = Alarm.objects.filter(thing=data.thing, rule__observed__startswith=kind, cleared_at__isnull=True)
    return others.exclude(pk=data.alarm).exists()


@operation(
    "grid_governance.clear_alarm",
    title="告警解除",
    on=Event,
    action="auto_report",
    emits=[MatterVerified, MatterClosed],
)
def clear_alarm(ctx: Context, data: Cleared) -> ClearedEvents:
    """Note that the cause is gone; where the type is checked by sensor and the work is done, that closes the event."""
    rows = Event.objects.select_for_update(of=("self",)).filter(source="alarm", state__in=OPEN)
    rows = rows.filter(evidence=data.alarm) if not data.cause else rows.filter(key=f"alarm:{data.cause}")
    count = 0
    for event in rows:
        event.refresh_from_db()
        event.cleared, count = not _still_open(data, event), count + 1
        ctx.save(event)
        note_step(ctx, event, before=event.state, reason=f"告警已解除。{data.text}", alarm=str(data.alarm))
        if event.cleared and event.state == "done" and event.type is not None and event.type.verification == "sensor":
            ctx.save(
                Verification(
                    event=event, at=ctx.now, method="sensor", passed=True, text="传感器确认恢复", origin=event.origin
                )
            )
            move(ctx, event, "verified", reason="传感器确认恢复")
            finish(ctx, event, "传感器核查通过，结案")
    return ClearedEvents(events=count)

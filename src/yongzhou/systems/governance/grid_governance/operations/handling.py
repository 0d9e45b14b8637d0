"""处置: work on the spot, feedback with photograph and place, joint units, stops and one extension."""

from __future__ import annotations

from typing import Final, Literal

from pydantic import Field

from yongzhou.core.data.files import path_of
from yongzhou.core.data.geometry import lon_lat
from yongzhou.core.matters.events import MatterResumed, MatterSuspended
from yongzhou.core.matters.life import STATES
from yongzhou.core.matters.verbs import note_step
from yongzhou.core.operations.context import Context
from yongzhou.core.operations.problem import Problem
from yongzhou.core.operations.registry import operation
from yongzhou.systems.governance.grid_governance.clock import STOP_REASONS
from yongzhou.systems.governance.grid_governance.models import ClockStop, CoTask, Event
from yongzhou.systems.governance.grid_governance.operations.common import (
    CO_OPEN,
    EventState,
    OnEvent,
    answer,
    freeze,
    lock,
    move,
    not_now,
    person_acting,
    retime,
    tell_reporters,
)
from yongzhou.systems.governance.grid_governance.operations.ground import locate
from yongzhou.systems.governance.grid_governance.operations.joint import retime_co_tasks
from yongzhou.systems.governance.grid_governance.photos import Photo, doubts, metres

NEAR_M: Final = 30.0  # nobody reports a thing done from farther away, unless its type is that wide


class OnTheSpot(OnEvent):
    """What somebody saw or did, with place and photographs."""

    text: str = Field(title="说明", min_length=2, max_length=300)
    photos: list[Photo] = Field(default_factory=list, title="照片", max_length=9)
    lon: float | None = Field(default=None, title="经度")
    lat: float | None = Field(default=None, title="纬度")
    crs: Literal["CGCS2000", "WGS84", "GCJ02", "BD09"] = Field(default="WGS84", title="坐标系")
    accuracy_m: float = Field(default=0.0, title="定位精度", ge=0, le=200)


class Suspend(OnEvent):
    """Stop the clock for a listed reason."""

    reason: Literal["materials", "weather", "third_party"] = Field(title="原因")
    note: str = Field(default="", title="说明", max_length=200)


class Extend(OnEvent):
    """Ask once for more time."""

    hours: float = Field(title="延长小时", gt=0, le=480)
    reason: str = Field(title="理由", min_length=2, max_length=200)


def look(event: Event, data: OnTheSpot, *, need_photo: bool, need_place: bool) -> float | None:
    """Check photographs and place of somebody on the spot; metres from the event's place."""
    if need_photo and not data.photos:
        raise Problem("needs_photo", "请至少附一张现场照片", field="photos", remedy="对着问题原位置拍一张")
    for photo in data.photos:
        if not path_of(photo.sha256).exists():
            raise Problem(
                "no_photo", f"照片「{photo.name}」没有上传成功", field="photos", remedy="请重新选择照片后再提交"
            )
    home = lon_lat(event.geometry)
    if data.lon is None or data.lat is None:
        if need_place and home is not None:
            raise Problem("needs_place", "请打开定位后再提交", field="lon", remedy="手机设置里允许定位，到现场后重试")
        return None
    here = locate(data.lon, data.lat, data.crs).lon_lat
    if home is None or here is None:
        return None
    away = metres(home, here)
    reach = max(NEAR_M, event.type.merge_radius_m if event.type else NEAR_M) + data.accuracy_m
    if away > reach:
        raise Problem(
            "too_far",
            f"您距事发地 {away:,.0f} 米，须在 {reach:,.0f} 米以内",
            field="lon",
            remedy="请到现场提交；事发地标错了请联系值班台改位置",
        )
    return away


def _files(data: OnTheSpot) -> list[dict[str, object]]:
    return [photo.model_dump() for photo in data.photos]


def _here(data: OnTheSpot) -> tuple[float, float] | None:
    return (data.lon, data.lat) if data.lon is not None and data.lat is not None else None


@operation("grid_governance.handle", title="记录处置", on=Event, action="handle")
def handle(ctx: Context, data: OnTheSpot) -> EventState:
    """Note arrival or progress; the first note is when work on the spot began."""
    event = lock(ctx, data)
    if event.state != "handling":
        raise not_now("只有处置中的事件可以记录处置", "请先签收")
    look(event, data, need_photo=False, need_place=False)
    event.handling_at = event.handling_at or ctx.now
    ctx.save(event)
    note_step(
        ctx,
        event,
        before=event.state,
        reason=data.text,
        files=_files(data),
        doubts=doubts(data.photos, _here(data), ctx.now),
    )
    return answer(event)


@operation("grid_governance.report_done", title="反馈办结", on=Event, action="handle")
def report_done(ctx: Context, data: OnTheSpot) -> EventState:
    """Say that it is done, from the spot, with a photograph; all joint units must have finished."""
    event = lock(ctx, data)
    if event.state != "handling":
        raise not_now(f"这件事现在「{STATES[event.state]}」，不能反馈办结", "先签收，再处置")
    waiting = list(CoTask.objects.filter(event=event, state__in=CO_OPEN).values_list("unit__name", flat=True))
    if waiting:
        raise not_now(f"协办单位尚未完成：{'、'.join(waiting)}", "请等协办单位反馈，或联系值班台")
    away = look(event, data, need_photo=True, need_place=True)
    event.handler = person_acting(ctx) or event.handler
    event.handling_at = event.handling_at or ctx.now
    freeze(event, ctx)
    move(
        ctx,
        event,
        "done",
        reason=data.text,
        files=_files(data),
        distance_m=away,
        doubts=doubts(data.photos, _here(data), ctx.now),
        used_s=event.used_s,
    )
    tell_reporters(ctx, event, f"您反映的「{event.title}」已处置，正在核查")
    return answer(event)


@operation("grid_governance.suspend", title="挂起", on=Event, action="suspend", emits=[MatterSuspended])
def suspend(ctx: Context, data: Suspend) -> EventState:
    """Stop the clock for a listed reason, at most as long as that reason allows; the actor approves it."""
    event = lock(ctx, data)
    name, longest = STOP_REASONS[data.reason]
    before = event.state
    move(ctx, event, "suspended", reason=f"挂起：{name}。{data.note}")
    event.state_before = before
    ctx.save(
        ClockStop(
            event=event,
            at=ctx.now,
            reason=data.reason,
            latest=ctx.now + longest,
            note=data.note,
            approver=person_acting(ctx),
            origin=event.origin,
        )
    )
    freeze(event, ctx)
    ctx.save(event)
    retime_co_tasks(ctx, event)
    return answer(event)


@operation("grid_governance.resume", title="恢复", on=Event, action="suspend", emits=[MatterResumed])
def resume(ctx: Context, data: OnEvent) -> EventState:
    """Let the clock run again; what stood still is given back."""
    event = lock(ctx, data)
    if event.state != "suspended":
        raise not_now("这件事没有挂起")
    take_up(ctx, event, "恢复计时")
    return answer(event)


def take_up(ctx: Context, event: Event, reason: str) -> None:
    """End the open stop of a locked, suspended event."""
    for stop in ClockStop.objects.filter(event=event, until__isnull=True):
        stop.until = min(ctx.now, stop.latest)
        ctx.save(stop)
    move(ctx, event, event.state_before or "accepted", reason=reason)
    event.state_before = ""
    retime(event, ctx)
    ctx.save(event)
    retime_co_tasks(ctx, event)


@operation("grid_governance.extend", title="延期", on=Event, action="extend")
def extend(ctx: Context, data: Extend) -> EventState:
    """More time, once, before it is due, at most as much again as the type allows."""
    event = lock(ctx, data)
    if event.state not in ("accepted", "assigned", "handling"):
        raise not_now("只有办理中的事件可以延期")
    if event.extended:
        raise not_now("已经延期过一次，不能再延")
    if event.due is not None and ctx.now >= event.due:
        raise not_now("已经超时，不能延期", "请尽快办结并说明原因")
    if data.hours > event.handle_hours:
        raise Problem("too_long", f"最多延长 {event.handle_hours:g} 小时", field="hours", remedy="请缩短后重试")
    event.handle_hours += data.hours
    event.extended = True
    retime(event, ctx)
    ctx.save(event)
    note_step(ctx, event, before=event.state, reason=f"延期 {data.hours:g} 小时：{data.reason}")
    return answer(event)


@operation("grid_governance.remark", title="留作记录", on=Event, action="handle")
def remark(ctx: Context, data: OnTheSpot) -> EventState:
    """Keep what somebody saw on the spot in the event's story, whatever its state; it moves nothing."""
    event = lock(ctx, data)
    look(event, data.model_copy(update={"lon": None, "lat": None}), need_photo=False, need_place=False)
    note_step(ctx, event, before=event.state, reason=data.text, files=[photo.model_dump() for photo in data.photos])
    return answer(event)

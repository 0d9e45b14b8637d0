"""综合巡查: a route a grid and day, what is found at each stop, and the event that comes of it."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, timedelta
from typing import Final, Literal
from uuid import UUID

from django.db.models import Q
from pydantic import BaseModel, Field

from yongzhou.core.calendar import SHANGHAI
from yongzhou.core.data.files import path_of
from yongzhou.core.data.geometry import lon_lat, point
from yongzhou.core.inbox.notify import notify
from yongzhou.core.matters.events import MatterAssigned, MatterOpened
from yongzhou.core.operations.context import Context
from yongzhou.core.operations.problem import Problem
from yongzhou.core.operations.registry import operation
from yongzhou.core.places.models import Place
from yongzhou.systems.governance.grid_governance.models import (
    Event,
    GridPost,
    GridShift,
    PatrolPoint,
    PatrolStop,
    PatrolTask,
    RepeatCause,
)
from yongzhou.systems.governance.grid_governance.operations.common import not_now, person_acting
from yongzhou.systems.governance.grid_governance.operations.ground import locate
from yongzhou.systems.governance.grid_governance.operations.intake import report
from yongzhou.systems.governance.grid_governance.operations.recognise import NewReport
from yongzhou.systems.governance.grid_governance.patrol_routes import Route, Visit, plan
from yongzhou.systems.governance.grid_governance.photos import Photo, metres

SHIFT_MIN: Final = 240.0  # house default where no shift is planned
REACH_M: Final = 100.0  # a stop counts as visited within this distance
MOST: Final = 60  # candidates a grid: the most worth ones
_WORTH_EVENT: Final = {1: 12.0, 2: 10.0, 3: 6.0, 4: 3.0}


class PlanPatrols(BaseModel):
    """Which grids and which day."""

    region: str = Field(default="4311", title="范围", pattern=r"^\d{4,12}$")
    day: date | None = Field(default=None, title="日期")


class Planned(BaseModel):
    """What the planning gave."""

    day: date
    grids: int
    stops: int
    waiting: int
    gap: float


class OnTask(BaseModel):
    """An operation on one route."""

    task: UUID = Field(title="巡查任务")


class CheckStop(BaseModel):
    """What was found at a stop."""

    stop: UUID = Field(title="巡查点")
    result: Literal["fine", "problem", "skipped"] = Field(title="结果")
    text: str = Field(default="", title="说明", max_length=300)
    photos: list[Photo] = Field(default_factory=list, title="照片", max_length=9)
    lon: float | None = Field(default=None, title="经度")
    lat: float | None = Field(default=None, title="纬度")
    crs: Literal["CGCS2000", "WGS84", "GCJ02", "BD09"] = Field(default="WGS84", title="坐标系")
    accuracy_m: float = Field(default=0.0, title="定位精度", ge=0, le=200)


class TaskState(BaseModel):
    """A route after a step."""

    task: UUID
    state: str
    left: int
    event: UUID | None = None


@operation("grid_governance.plan_patrols", title="排巡查路线", on=PatrolTask, action="plan")
def plan_patrols(ctx: Context, data: PlanPatrols) -> Planned:
    """Plan a day's route for every grid with a worker; routes already begun stay as they are."""
    day = data.day or ctx.now.astimezone(SHANGHAI).date()
    grids = list(Place.objects.filter(kind="grid", valid_to__isnull=True, region__startswith=data.region))
    posts = _workers([grid.pk for grid in grids])
    begun = set(PatrolTask.objects.filter(day=day).exclude(state="planned").values_list("grid", flat=True))
    grids = [grid for grid in grids if grid.pk in posts and grid.pk not in begun and grid.geometry is not None]
    PatrolTask.objects.filter(day=day, state="planned", grid__in=grids).delete()
    visits, minutes = _visits(grids, day, ctx.now), _minutes(grids, day)
    stops = waiting = 0
    worth = bound = 0.0
    for grid in grids:
        wanted = visits[grid.pk]
        start = lon_lat(grid.geometry)
        if not wanted or start is None:
            continue
        limit = minutes.get(grid.pk, SHIFT_MIN)
        route = plan(start, [visit for visit, _ in wanted], limit)
        task = _keep(ctx, grid, posts[grid.pk], day, limit, route, len(wanted))
        ctx.save(*[_stop(task, n, wanted[at], route) for n, at in enumerate(route.order, start=1)])
        stops, waiting = stops + len(route.order), waiting + task.waiting
        worth, bound = worth + route.worth, bound + route.bound
        if task.person:
            notify(ctx, task.person, f"{day:%m月%d日} 巡查路线已排好：{len(route.order)} 处", about=task)
    return Planned(
        day=day, grids=len(grids), stops=stops, waiting=waiting, gap=round(1 - worth / bound, 3) if bound else 0.0
    )


def _workers(grids: list[UUID]) -> dict[UUID, UUID]:
    rows = GridPost.objects.filter(grid__in=grids).order_by("main", "-created_at").values_list("grid", "person")
    return dict(rows)  # the main worker last, so it wins


def _minutes(grids: list[Place], day: date) -> dict[UUID, float]:
    """Minutes of the shifts of a day by grid."""
    begin = datetime(day.year, day.month, day.day, tzinfo=SHANGHAI)
    rows = GridShift.objects.filter(grid__in=grids, begins__lt=begin + timedelta(days=1), ends__gt=begin)
    found: dict[UUID, float] = {}
    for grid, begins, ends in rows.values_list("grid", "begins", "ends"):
        found[grid] = min(720.0, max(found.get(grid, 0.0), (ends - begins).total_seconds() / 60))
    return found


Wanted = tuple[Visit, PatrolStop]


def _visits(grids: list[Place], day: date, now: datetime) -> dict[UUID, list[Wanted]]:
    """What each grid has to look at, most worth first: points that are due, open events, causes that come again."""
    found: dict[UUID, list[Wanted]] = defaultdict(list)
    codes = {grid.code: grid.pk for grid in grids}
    for row in PatrolPoint.objects.filter(grid__in=grids, active=True, geometry__isnull=False):
        idle = (now - row.checked_at).days / row.interval_days if row.checked_at else 2.0
        if idle >= 0.8 and row.grid_id is not None:
            stop = PatrolStop(kind="check", point=row, name=row.name, items=row.items, origin=row.origin)
            found[row.grid_id].append(_wanted(stop, row.geometry, row.service_min, min(8.0, 2.0 * idle)))
    open_ = Event.objects.filter(
        Q(state__in=("assigned", "handling", "reopened")), grid__in=grids, geometry__isnull=False
    )
    for event in open_.order_by("level", "due")[:2000]:
        stop = PatrolStop(kind="event", event=event, name=event.title, items="查看在办事件", origin=event.origin)
        if event.grid_id is not None:
            must = event.level <= 2
            found[event.grid_id].append(
                _wanted(stop, event.geometry, 15.0, _WORTH_EVENT.get(event.level, 3.0), must=must)
            )
    for cause in RepeatCause.objects.filter(state="open", kind="place", geometry__isnull=False):
        if (grid := codes.get(cause.region)) is not None:
            name = f"{cause.address} 反复 {cause.count} 次"
            stop = PatrolStop(kind="hotspot", name=name[:120], items="复看反复问题", origin=cause.origin)
            found[grid].append(_wanted(stop, cause.geometry, 10.0, min(9.0, 2.0 + cause.count)))
    return defaultdict(list, {k: sorted(v, key=lambda one: -one[0].worth)[:MOST] for k, v in found.items()})


def _wanted(
    stop: PatrolStop, geometry: bytes | memoryview | None, minutes: float, worth: float, *, must: bool = False
) -> Wanted:
    lon, lat = lon_lat(bytes(geometry)) if geometry is not None else (0.0, 0.0)  # type: ignore[misc]
    stop.geometry, stop.service_min, stop.value = point(lon, lat), minutes, round(worth, 1)
    return Visit(stop.name, lon, lat, minutes, worth, must), stop


def _keep(ctx: Context, grid: Place, person: UUID, day: date, limit: float, route: Route, wanted: int) -> PatrolTask:
    task = PatrolTask(grid=grid, region=grid.region, person_id=person, day=day, limit_min=limit, origin=grid.origin)
    task.planned_min, task.travel_m = round(route.minutes, 1), round(route.metres)
    task.value, task.bound = round(route.worth, 1), round(route.bound, 1)
    task.waiting = wanted - len(route.order)
    ctx.save(task)
    return task


def _stop(task: PatrolTask, number: int, wanted: Wanted, route: Route) -> PatrolStop:
    stop = wanted[1]
    stop.task, stop.region, stop.place = task, task.region, number
    stop.arrive_min = round(route.arrive_min[number - 1], 1)
    return stop


@operation("grid_governance.start_patrol", title="开始巡查", on=PatrolTask, action="handle")
def start_patrol(ctx: Context, data: OnTask) -> TaskState:
    """Set out; the route is no longer replanned."""
    task = ctx.get(PatrolTask, data.task)
    if task.state != "planned":
        raise not_now("这条路线已经开始或完成")
    task.state, task.started_at, task.person = "walking", ctx.now, person_acting(ctx) or task.person
    ctx.save(task)
    return _told(task)


@operation(
    "grid_governance.check_stop",
    title="登记巡查结果",
    on=PatrolStop,
    action="handle",
    emits=[MatterOpened, MatterAssigned],
)
def check_stop(ctx: Context, data: CheckStop) -> TaskState:
    """Write down what was found at the spot; a problem becomes an event by the grid's door. Again is the same."""
    stop = ctx.get(PatrolStop, data.stop)
    task = stop.task
    if stop.result:
        if stop.result == data.result:  # a phone that was offline sends again
            return _told(task, stop.found_id)
        raise not_now("这一处已经登记过结果")
    if task.state == "done":
        raise not_now("这条路线已经完成")
    if data.result != "fine" and len(data.text.strip()) < 2:
        raise Problem("needs_text", "请写明发现了什么，或为什么没能检查", field="text", remedy="几个字即可")
    stop.distance_m = _away(stop, data)
    for photo in data.photos:
        if not path_of(photo.sha256).exists():
            raise Problem("no_photo", f"照片「{photo.name}」没有上传成功", field="photos", remedy="请重新选择照片")
    stop.result, stop.text, stop.at = data.result, data.text, ctx.now
    stop.photos = [photo.model_dump() for photo in data.photos]
    if task.state == "planned":
        task.state, task.started_at = "walking", ctx.now
    if data.result == "problem" and stop.event_id is None:
        stop.found_id = _reported(ctx, stop, data)
    ctx.save(stop)
    if stop.point_id and data.result != "skipped":
        PatrolPoint.objects.filter(pk=stop.point_id).update(checked_at=ctx.now)
    if not PatrolStop.objects.filter(task=task, result="").exists():
        task.state, task.done_at = "done", ctx.now
    ctx.save(task)
    return _told(task, stop.found_id)


def _away(stop: PatrolStop, data: CheckStop) -> float | None:
    """Metres from the stop; who says that he looked has to have been there."""
    home = lon_lat(stop.geometry)
    if data.lon is None or data.lat is None:
        if data.result == "skipped" or home is None:
            return None
        raise Problem("needs_place", "请打开定位后再提交", field="lon", remedy="手机设置里允许定位，到现场后重试")
    here = locate(data.lon, data.lat, data.crs).lon_lat
    if home is None or here is None:
        return None
    away = metres(home, here)
    if data.result != "skipped" and away > REACH_M + data.accuracy_m:
        raise Problem(
            "too_far",
            f"您距这一处 {away:,.0f} 米，须在 {REACH_M:,.0f} 米以内",
            field="lon",
            remedy="到现场后再登记；去不了请选「未能检查」",
        )
    return away


def _reported(ctx: Context, stop: PatrolStop, data: CheckStop) -> UUID:
    lon, lat = lon_lat(stop.geometry) or (None, None)
    given = NewReport(
        door="grid",
        external_id=f"patrol-{stop.pk}",
        text=data.text,
        address=stop.name,
        region=stop.region,
        photos=data.photos,
        lon=lon,
        lat=lat,
        crs="CGCS2000",
    )
    return report.function(ctx, given).event


def _told(task: PatrolTask, event: UUID | None = None) -> TaskState:
    left = PatrolStop.objects.filter(task=task, result="").count()
    return TaskState(task=task.pk, state=task.state, left=left, event=event)

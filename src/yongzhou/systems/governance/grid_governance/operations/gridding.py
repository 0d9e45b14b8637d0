"""The register of grids: dividing one, joining several, who works it; the old ones stay with the day they ended."""

from __future__ import annotations

import math
from datetime import date
from typing import Literal
from uuid import UUID

import shapely
from django.db.models import Max
from pydantic import BaseModel, Field
from shapely.geometry.base import BaseGeometry
from shapely.ops import split as split_shape

from yongzhou.core.calendar import SHANGHAI
from yongzhou.core.data.geometry import lon_lat
from yongzhou.core.inbox.notify import notify
from yongzhou.core.operations.context import Context
from yongzhou.core.operations.problem import Problem
from yongzhou.core.operations.registry import operation
from yongzhou.core.people.models import Person, Unit
from yongzhou.core.places.models import Place
from yongzhou.systems.governance.grid_governance.models import Event, GridPost, GridProfile, PatrolPoint, PatrolTask
from yongzhou.systems.governance.grid_governance.operations.common import OPEN, centres, not_now

_KM2 = 111.195**2


class SplitGrid(BaseModel):
    """Cut a grid along a line of lon,lat points (CGCS2000)."""

    grid: UUID = Field(title="网格")
    line: str = Field(title="分割线", max_length=2000, description="经度,纬度 经度,纬度 …，两端伸出网格外")
    reason: str = Field(default="", title="理由", max_length=120)


class MergeGrids(BaseModel):
    """Join neighbouring grids of one township into the first."""

    into: UUID = Field(title="并入")
    grids: list[UUID] = Field(title="被合并的网格", min_length=1, max_length=9)
    reason: str = Field(default="", title="理由", max_length=120)


class EditProfile(BaseModel):
    """What the register says of a grid besides its outline."""

    grid: UUID = Field(title="网格")
    kind: Literal["综合网格", "专属网格"] = Field(title="网格类型")
    leaders: int = Field(default=0, title="微网格长人数", ge=0, le=999)
    households: int = Field(default=0, title="户数", ge=0, le=99999)


class AssignWorker(BaseModel):
    """Give a grid its worker."""

    grid: UUID = Field(title="网格")
    person: UUID = Field(title="网格员")
    main: bool = Field(default=True, title="主责")


class Grids(BaseModel):
    """The grids as they are now, and what still has to be done by others."""

    grids: list[UUID]
    codes: list[str]
    events_moved: int = 0
    advice: str = ""


@operation("grid_governance.split_grid", title="拆分网格", on=GridProfile, action="divide")
def split_grid(ctx: Context, data: SplitGrid) -> Grids:
    """Cut a grid; the largest part keeps code and worker, the others get new codes and need a worker."""
    old, profile = _grid(ctx, data.grid)
    parts = sorted(_cut(_shape(old), data.line), key=lambda one: -one.area)
    today = ctx.now.astimezone(SHANGHAI).date()
    serial = _last_serial(old.code[:9])
    if serial + len(parts) - 1 > 99:
        raise Problem("full", f"{old.code[:9]} 的网格号已用完", remedy="网格码只有两位顺序号，请先合并停用的网格")
    codes = [old.code, *(f"{old.code[:9]}9{serial + n:02}" for n in range(1, len(parts)))]
    end(ctx, old, profile, today)
    made = []
    for number, (code, shape) in enumerate(zip(codes, parts, strict=True)):
        name = old.name if number == 0 else f"{old.name.partition('第')[0]}第{int(code[-2:])}网格"
        note = f"由 {old.name}（{old.code}）拆分。{data.reason}"
        made.append(_make(ctx, old, profile, code, name, shape, today, note))
    old.successor = made[0]
    ctx.save(old)
    moved = _move(ctx, [old], made)
    for unit in centres(old.region):
        notify(ctx, unit, f"{old.name} 已拆为 {len(made)} 个网格，新网格请配网格员", about=made[0])
    names = "、".join(f"{place.name}（{place.code}）" for place in made[1:])
    return Grids(
        grids=[place.pk for place in made],
        codes=codes,
        events_moved=moved,
        advice=f"新网格 {names} 还没有网格员；配好后请安全保密管理员授予该网格范围",
    )


@operation("grid_governance.merge_grids", title="合并网格", on=GridProfile, action="divide")
def merge_grids(ctx: Context, data: MergeGrids) -> Grids:
    """Join neighbouring grids of one township; the first keeps its code and gets everybody's posts and open events."""
    keys = list(dict.fromkeys([data.into, *data.grids]))
    if len(keys) < 2:
        raise Problem("itself", "至少要两个不同的网格", field="grids", remedy="请再选一个相邻的网格")
    found = [_grid(ctx, key) for key in keys]
    olds = [place for place, _ in found]
    if len({place.code[:9] for place in olds}) > 1:
        raise Problem("two_towns", "只能合并同一乡镇街道的网格", field="grids", remedy="跨乡镇的调整先改乡镇界线")
    union = shapely.union_all([_shape(place) for place in olds])
    if union.geom_type != "Polygon":
        raise Problem("apart", "这些网格不相邻，不能合并", field="grids", remedy="请选有公共边的网格")
    today = ctx.now.astimezone(SHANGHAI).date()
    for place, profile in found:
        end(ctx, place, profile, today)
    names = "、".join(place.name for place in olds)
    first, profile = found[0]
    made = _make(ctx, first, profile, first.code, first.name, union, today, f"由 {names} 合并。{data.reason}")
    GridProfile.objects.filter(grid=made).update(
        households=sum(p.households for _, p in found), leaders=sum(p.leaders for _, p in found)
    )
    for place in olds:
        place.successor = made
        ctx.save(place)
    moved = _move(ctx, olds, [made])
    return Grids(
        grids=[made.pk],
        codes=[made.code],
        events_moved=moved,
        advice=f"停用网格的网格员请安全保密管理员改授 {made.code} 范围",
    )


@operation("grid_governance.edit_profile", title="修改网格台账", on=GridProfile, action="divide")
def edit_profile(ctx: Context, data: EditProfile) -> Grids:
    """Change kind and figures of a grid in use."""
    place, profile = _grid(ctx, data.grid)
    profile.kind, profile.leaders, profile.households = data.kind, data.leaders, data.households
    ctx.save(profile)
    return Grids(grids=[place.pk], codes=[place.code])


@operation("grid_governance.assign_worker", title="配网格员", on=GridProfile, action="divide")
def assign_worker(ctx: Context, data: AssignWorker) -> Grids:
    """Give a grid in use its worker; a new main one makes the others helpers."""
    place, _ = _grid(ctx, data.grid)
    person = Person.objects.filter(pk=data.person).first()
    if person is None:
        raise Problem("no_person", "没有这个人", field="person", remedy="请从本单位人员中选择")
    if data.main:
        GridPost.objects.filter(grid=place, main=True).exclude(person=person).update(main=False)
    post = GridPost.objects.filter(grid=place, person=person).first() or GridPost(grid=place, person=person)
    post.region, post.main, post.origin = place.region, data.main, place.origin
    ctx.save(post)
    notify(ctx, person, f"您负责{place.name}", about=place)
    return Grids(
        grids=[place.pk], codes=[place.code], advice=f"请安全保密管理员确认 {person.name} 的授权范围含 {place.code}"
    )


def end(ctx: Context, place: Place, profile: GridProfile, day: date) -> None:
    """A grid ends today (half-open: today belongs to the new one)."""
    place.valid_to, profile.ended = day, ctx.now
    ctx.save(place, profile)


def _grid(ctx: Context, id: UUID) -> tuple[Place, GridProfile]:
    key = GridProfile.objects.filter(grid=id).values_list("pk", flat=True).first()
    profile = ctx.get(GridProfile, key or id)
    place = Place.objects.select_for_update(of=("self",)).get(pk=id)
    if place.valid_to is not None or place.geometry is None:
        raise not_now(f"{place.name} 已停用", "请选在用的网格")
    return place, profile


def _shape(place: Place) -> BaseGeometry:
    return shapely.from_wkb(bytes(place.geometry))


def _cut(shape: BaseGeometry, text: str) -> list[BaseGeometry]:
    try:
        points = [tuple(float(part) for part in pair.split(",")) for pair in text.split()]
        line = shapely.LineString([(x, y) for x, y in points])
    except (ValueError, shapely.errors.GEOSException) as error:
        raise Problem(
            "bad_line",
            "分割线要写成「经度,纬度 经度,纬度」，至少两点",
            field="line",
            remedy="例如：111.98,26.44 111.99,26.47",
        ) from error
    parts = [part for part in split_shape(shape, line).geoms if part.area * _KM2 > 1e-4]
    if len(parts) < 2:
        raise Problem("no_cut", "这条线没有把网格切开", field="line", remedy="线的两端要伸到网格边界之外")
    return parts


def _last_serial(town: str) -> int:
    last = Place.objects.filter(kind="grid", code__startswith=f"{town}9").aggregate(last=Max("code"))["last"]
    return int(last[-2:]) if last else 0


def _make(
    ctx: Context,
    old: Place,
    profile: GridProfile,
    code: str,
    name: str,
    shape: BaseGeometry,
    day: date,
    note: str,
) -> Place:
    place = Place(code=code, name=name, kind="grid", region=code, parent=old.parent, valid_from=day, origin=old.origin)
    place.geometry = shapely.to_wkb(shape, byte_order=1)
    ctx.save(place)
    new = GridProfile(grid=place, region=code, kind=profile.kind, unit=profile.unit, since=ctx.now, note=note[:200])
    new.area_km2, new.origin = area_km2(shape), old.origin
    ctx.save(new)
    return place


def area_km2(shape: BaseGeometry) -> float:
    """Area in km² by the local scale of the middle: good to a part in a thousand for a grid."""
    return float(shape.area) * _KM2 * math.cos(math.radians(shape.centroid.y))


def _move(ctx: Context, olds: list[Place], news: list[Place]) -> int:
    """Posts to the part with the old code, points and open events to the part they lie in, planned routes away."""
    shapes = [(place, _shape(place)) for place in news]
    for post in GridPost.objects.filter(grid__in=olds).order_by("-main"):
        if GridPost.objects.filter(grid=news[0], person=post.person).exists():
            post.delete()
            continue
        post.grid, post.region = news[0], news[0].region
        ctx.save(post)
    PatrolTask.objects.filter(grid__in=olds, state="planned").delete()
    for spot in PatrolPoint.objects.filter(grid__in=olds):
        spot.grid = _part(shapes, spot.geometry)
        spot.region = spot.grid.region
        ctx.save(spot)
    moved = 0
    for event in Event.objects.select_for_update(of=("self",)).filter(grid__in=olds, state__in=OPEN):
        event.refresh_from_db()
        place = _part(shapes, event.geometry)
        event.grid, event.place, event.region = place, place, place.region
        ctx.save(event)
        moved += 1
    return moved


def _part(shapes: list[tuple[Place, BaseGeometry]], geometry: bytes | memoryview | None) -> Place:
    at = lon_lat(bytes(geometry)) if geometry is not None else None
    spot = shapely.Point(at) if at else None
    return next((place for place, shape in shapes if spot is not None and shape.covers(spot)), shapes[0][0])


def managing_unit(code: str) -> Unit | None:
    """The township that manages a grid."""
    return Unit.objects.filter(code=f"{code[:9]}-ZF").first()

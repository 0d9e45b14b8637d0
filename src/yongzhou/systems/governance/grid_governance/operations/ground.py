"""Where a point lies in the city: grid, township or county of the loaded outlines."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from uuid import UUID

from django.db.models import Count, Max

from yongzhou.core.operations.problem import Problem
from yongzhou.core.people.models import Person, Unit
from yongzhou.core.places.area import AreaIndex
from yongzhou.core.places.crs import CrsError, normalise_point
from yongzhou.core.places.models import Place
from yongzhou.systems.governance.grid_governance.models import GridPost

NEAR_M: Final = 300.0  # outlines are generalised: a point just beyond one still belongs to it
_KINDS: Final = ("grid", "town", "county")


@dataclass(frozen=True, slots=True)
class Spot:
    """A place in the city: region code, its grid (if any), its name, the point in CGCS2000 and how it was read."""

    region: str
    grid: UUID | None
    name: str
    lon_lat: tuple[float, float] | None = None
    note: str = ""


def _index(kind: str) -> AreaIndex:
    """Outlines in force; grids are divided and joined while the city runs: theirs are read again when one changed."""
    version = ""
    if kind == "grid":
        seen = Place.objects.filter(kind="grid").aggregate(last=Max("created_at"), ended=Count("valid_to"))
        version = f"{seen['last']}:{seen['ended']}"
    return _outlines(kind, version)


@lru_cache(maxsize=6)
def _outlines(kind: str, version: str) -> AreaIndex:
    rows = Place.objects.filter(kind=kind, geometry__isnull=False, valid_to__isnull=True).values_list(
        "code", "geometry"
    )
    found = [(code, bytes(wkb)) for code, wkb in rows]
    return AreaIndex.from_wkb([code for code, _ in found], [wkb for _, wkb in found])


def locate(lon: float, lat: float, crs: str | None) -> Spot:
    """The spot of a point of any usual coordinate system; 422 in Chinese for a point outside the city."""
    try:
        read = normalise_point(lon, lat, crs, box=_index("county").box)
    except CrsError as error:
        raise Problem("bad_place", str(error), field="lon", remedy="请重新定位，或在地图上点选") from error
    for kind in _KINDS:
        if code := _index(kind).locate_one(read.lon, read.lat, NEAR_M if kind == "county" else 0.0):
            place = Place.objects.select_related("parent").get(code=code, kind=kind, valid_to__isnull=True)
            return Spot(code, place.pk if kind == "grid" else None, place.name, (read.lon, read.lat), read.reason)
    raise Problem(
        "outside",
        "这个位置不在永州市范围内",
        field="lon",
        remedy="请核对定位；经纬度是否填反、是否选错坐标系；外地事项请拨打当地 12345",
    )


def spot_of_region(region: str) -> Spot:
    """The spot of a division or grid code without a point; 422 for an unknown code."""
    place = Place.objects.filter(code=region, valid_to__isnull=True).order_by("-kind").first()
    if place is None:
        raise Problem("bad_place", f"没有编码为「{region}」的地区", field="region", remedy="请在列表中选择，或给出定位")
    return Spot(region, place.pk if place.kind == "grid" else None, place.name)


def worker_of(grid: UUID | None) -> Person | None:
    """The main worker of a grid."""
    if grid is None:
        return None
    post = GridPost.objects.filter(grid=grid).order_by("-main", "created_at").select_related("person").first()
    return post.person if post else None


def units_of(region: str) -> dict[str, Unit]:
    """Units along the area chain of a region, by code."""
    prefixes = {f"{region[:digits]}-" for digits in (4, 6, 9) if len(region) >= digits}
    return {
        unit.code: unit
        for unit in Unit.objects.filter(region__in={p[:-1] for p in prefixes})
        if unit.code[: unit.code.find("-") + 1] in prefixes
    }

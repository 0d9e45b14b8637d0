"""反复问题: what comes again at one place, heaps up in space and time, or stands out of its area; and its cure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Final
from uuid import UUID

import h3
import numpy as np
import shapely
from pydantic import BaseModel, Field

from yongzhou.core.data.geometry import lon_lat, point
from yongzhou.core.matters.events import MatterAssigned, MatterOpened
from yongzhou.core.operations.context import Context
from yongzhou.core.operations.problem import Problem
from yongzhou.core.operations.registry import operation
from yongzhou.core.places.models import Place
from yongzhou.systems.governance.grid_governance.hotspots import hot_cells, st_dbscan
from yongzhou.systems.governance.grid_governance.models import Event, EventType, RepeatCause
from yongzhou.systems.governance.grid_governance.operations.common import dispatch, not_now
from yongzhou.systems.governance.grid_governance.operations.ground import locate
from yongzhou.systems.governance.grid_governance.operations.intake import start

CELLS: Final = 7  # H3 resolution: hexagons of about 5 km²
AGAIN: Final = 3  # so many events at one place within the days asked make a cause
CLUSTER_M: Final = 500.0
CLUSTER_DAYS: Final = 14.0
_KEPT: Final = 400


class FindCauses(BaseModel):
    """How far back."""

    days: int = Field(default=90, title="天数", ge=7, le=730)


class Found(BaseModel):
    """What the search gave."""

    events: int
    places: int
    clusters: int
    hotspots: int


class DecideCause(BaseModel):
    """The judgement of a cause."""

    cause: UUID = Field(title="反复问题")
    adopt: bool = Field(title="立项治理")
    text: str = Field(title="研判意见", min_length=2, max_length=300)


class CauseState(BaseModel):
    """A cause after the judgement."""

    cause: UUID
    state: str
    event: UUID | None = None


@dataclass(frozen=True, slots=True)
class _Seen:
    key: UUID
    type: EventType
    lon: float
    lat: float
    at: datetime
    address: str
    region: str


@operation("grid_governance.find_causes", title="查找反复问题", on=RepeatCause, action="mine")
def find_causes(ctx: Context, data: FindCauses) -> Found:
    """Find what comes again in the events of the last days; a judged cause keeps its judgement until it grows."""
    since = ctx.now - timedelta(days=data.days)
    rows = Event.objects.filter(opened_at__gte=since, geometry__isnull=False, type__isnull=False)
    rows = rows.exclude(state="merged").exclude(source="cure").select_related("type").order_by("opened_at")
    seen = [
        _Seen(row.pk, row.type, *at, row.opened_at, row.address, row.region)
        for row in rows
        if (at := lon_lat(row.geometry)) and row.type is not None
    ]
    families: dict[str, list[_Seen]] = {}
    for one in seen:
        families.setdefault(one.type.code[:4], []).append(one)
    places = clusters = 0
    for family, ones in families.items():
        places += _groups(ctx, "place", family, ones, max(o.type.merge_radius_m for o in ones), float(data.days))
        clusters += _groups(ctx, "cluster", family, ones, CLUSTER_M, CLUSTER_DAYS)
    return Found(events=len(seen), places=places, clusters=clusters, hotspots=_hot(ctx, seen))


def _groups(ctx: Context, kind: str, family: str, ones: Sequence[_Seen], reach_m: float, days: float) -> int:
    """ST-DBSCAN of one family; the same place wants 3, a cluster 5 events."""
    least = AGAIN if kind == "place" else 5
    if len(ones) < least:
        return 0
    when = np.array([one.at.timestamp() / 86400 for one in ones])
    labels = st_dbscan(
        np.array([one.lon for one in ones]),
        np.array([one.lat for one in ones]),
        when,
        eps_m=reach_m,
        eps_days=days,
        least=least,
    )
    for label in range(int(labels.max(initial=-1)) + 1):
        group = [one for one, mine in zip(ones, labels.tolist(), strict=True) if mine == label]
        _write(ctx, kind, family, group)
    return int(labels.max(initial=-1)) + 1


@cache
def _cells() -> dict[str, tuple[str, ...]]:
    """Every cell of the city with its neighbours."""
    shapes = [
        shapely.from_wkb(bytes(wkb))
        for wkb in Place.objects.filter(kind="county", geometry__isnull=False, valid_to__isnull=True).values_list(
            "geometry", flat=True
        )
    ]
    names: set[str] = set()
    for shape in shapes:
        names |= set(h3.geo_to_cells(shapely.simplify(shape, 0.005), CELLS))
    return {name: tuple(near for near in h3.grid_disk(name, 1) if near != name) for name in sorted(names)}


def _hot(ctx: Context, seen: Sequence[_Seen]) -> int:
    inside: dict[str, list[_Seen]] = {}
    for one in seen:
        inside.setdefault(h3.latlng_to_cell(one.lat, one.lon, CELLS), []).append(one)
    found = hot_cells({cell: len(ones) for cell, ones in inside.items()}, _cells())
    for hot in found:
        _write(ctx, "hotspot", hot.cell, inside[hot.cell], z=hot.z, q=hot.q)
    return len(found)


def _write(
    ctx: Context, kind: str, name: str, group: Sequence[_Seen], *, z: float | None = None, q: float | None = None
) -> None:
    """One cause, found again by kind, name and cell of its middle."""
    lon, lat = float(np.mean([one.lon for one in group])), float(np.mean([one.lat for one in group]))
    key = f"{kind}:{name}" if kind == "hotspot" else f"{kind}:{name}:{h3.latlng_to_cell(lat, lon, 9)}"
    row = RepeatCause.objects.filter(key=key).first() or RepeatCause(key=key, kind=kind, state="open")
    if row.state != "open" and len(group) > row.count + 2 and row.cure_id is None:
        row.state = "open"  # it went on after somebody had waved it through
    last = group[-1]
    row.region = _common([one.region for one in group]) or "4311"
    row.type = None if kind == "hotspot" else last.type
    row.address, row.geometry, row.count = (last.address or row.region)[:120], point(lon, lat), len(group)
    row.first_at, row.last_at, row.found_at = group[0].at, last.at, ctx.now
    row.score, row.q = z, q
    row.events = [str(one.key) for one in group[-_KEPT:]]
    row.origin = "synthetic" if Event.objects.filter(pk=last.key, origin="synthetic").exists() else "measured"
    ctx.save(row)


def _common(codes: Sequence[str]) -> str:
    """The deepest division that holds all."""
    first, last = min(codes), max(codes)
    for digits in (12, 9, 6, 4):
        if len(first) >= digits and first[:digits] == last[:digits]:
            return first[:digits]
    return ""


@operation(
    "grid_governance.decide_cause",
    title="研判反复问题",
    on=RepeatCause,
    action="mine",
    emits=[MatterOpened, MatterAssigned],
)
def decide_cause(ctx: Context, data: DecideCause) -> CauseState:
    """Adopt a cause: one event to cure it at the source goes to the responsible unit; or wave it through."""
    cause = ctx.get(RepeatCause, data.cause)
    if cause.state == "adopted":
        raise not_now("已经立项治理", "请打开治理事项看进展")
    cause.decision = data.text
    if not data.adopt:
        cause.state = "dismissed"
        ctx.save(cause)
        return CauseState(cause=cause.pk, state=cause.state)
    kind = cause.type
    if kind is None:
        raise Problem(
            "no_type",
            "热点区域没有单一的事件类型，请从其中的「同一地点反复」立项",
            remedy="先看热点里的事件，再选具体问题",
        )
    here = lon_lat(cause.geometry)
    spot = locate(*here, "CGCS2000") if here else None
    values: dict[str, object] = {
        "steward": "grid_governance",
        "title": f"源头治理：{cause.address}{kind.name}（{cause.count} 次）"[:120],
        "detail": data.text,
        "level": 4,
        "region": spot.region if spot else cause.region,
        "place_id": spot.grid if spot else None,
        "grid_id": spot.grid if spot else None,
        "address": cause.address,
        "geometry": cause.geometry,
        "source": "cure",
        "type": kind,
        "grade": "一般",
        "origin": cause.origin,
    }
    reason = f"{cause.count} 次反复，立项治理：{data.text}"
    event, _ = start(ctx, values, kind, key=f"cure:{cause.key}", hours=10 * 8.0, reason=reason[:300])
    dispatch(ctx, event)
    cause.state, cause.cure, cause.unit = "adopted", event, event.unit
    ctx.save(cause)
    return CauseState(cause=cause.pk, state=cause.state, event=event.pk)

"""Spatial conditions of `$filter`: tried on the shapes of the visible things by shapely, then asked by key."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from django.db.models import Q

from yongzhou.core.data.actor import Actor
from yongzhou.portals.sensorthings.filters import Call, Constant, FilterError, Node, Path
from yongzhou.portals.sensorthings.kinds import Kind

if TYPE_CHECKING:
    import shapely

SHAPES: Final = {
    "st_within": "within", "st_intersects": "intersects", "geo.intersects": "intersects", "st_contains": "contains",
    "st_disjoint": "disjoint", "st_touches": "touches", "st_equals": "equals",
}  # fmt: skip
MOST: Final = 50_000
_WORDS: Final = {"lt": operator.lt, "le": operator.le, "gt": operator.gt, "ge": operator.ge}


def related(node: Call, kind: Kind, actor: Actor) -> Q:
    """`st_within(location, geography'…')` and its kin."""
    import shapely

    path, shape = _arguments(node, kind)
    keys, shapes = _candidates(kind, actor, node.at)
    shapely.prepare(shape)
    asked: Callable[..., object] = getattr(shapely, SHAPES[node.name])
    return _chosen(keys, asked(shapes, shape), path)


def near(node: Call, word: str, other: Node, kind: Kind, actor: Actor) -> Q:
    """`geo.distance(location, geography'POINT(…)') lt x`, x in degrees as OGC 18-088 leaves the unit to the CRS."""
    import shapely

    if word not in _WORDS or not isinstance(other, Constant) or other.kind != "number":
        raise FilterError("geo.distance 要与数字比大小", "geo.distance compares with a number", node.at)
    path, shape = _arguments(node, kind)
    keys, shapes = _candidates(kind, actor, node.at)
    return _chosen(keys, _WORDS[word](shapely.distance(shapes, shape), float(str(other.value))), path)


def _arguments(node: Call, kind: Kind) -> tuple[str, shapely.Geometry]:
    import shapely

    if len(node.arguments) != 2:
        raise FilterError(f"{node.name} 要两个参数", f"{node.name} takes two arguments", node.at)
    path, text = node.arguments
    known = kind.properties.get("/".join(path.steps)) if isinstance(path, Path) else None
    if known is None or known.type != "shape":
        raise FilterError("第一个参数应是 location 或 feature", "first argument must be location or feature", node.at)
    if not isinstance(text, Constant) or text.kind != "shape":
        raise FilterError("第二个参数应是 geography'WKT'", "second argument must be geography'WKT'", node.at)
    try:
        return known.path, shapely.from_wkt(str(text.value).rpartition(";")[2])  # SRID=…; is allowed before
    except shapely.errors.GEOSException as error:
        raise FilterError("不是有效的 WKT 几何", "not a valid WKT geometry", text.at) from error


def _candidates(kind: Kind, actor: Actor, at: int) -> tuple[list[object], list[shapely.Geometry]]:
    import shapely

    assert kind.rows is not None
    rows = kind.rows(actor).filter(geometry__isnull=False).order_by().values_list("pk", "geometry")[: MOST + 1]
    found = list(rows)
    if len(found) > MOST:
        raise FilterError(f"空间条件最多用于 {MOST} 台设备", f"spatial conditions reach {MOST} things at most", at)
    return [key for key, _ in found], list(shapely.from_wkb([bytes(wkb) for _, wkb in found]))


def _chosen(keys: list[object], mask: object, path: str) -> Q:
    prefix = path.removesuffix("geometry")
    return Q(**{f"{prefix}pk__in": [key for key, true in zip(keys, mask, strict=True) if true]})  # type: ignore[call-overload]

"""Geometry between the door (GeoJSON, RFC 7946) and the store (WKB), with its bounding box. CGCS2000 degrees."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

DECIMALS: Final = 6  # about 0.1 m


class Box(NamedTuple):
    """Bounding box in degrees."""

    west: float
    south: float
    east: float
    north: float


class GeometryError(ValueError):
    """A geometry that cannot be kept; the text says what is wrong and how to mend it."""


def from_geojson(geometry: Mapping[str, object] | str) -> bytes:
    """WKB (little endian, two dimensions) of a GeoJSON geometry, or of a Feature that has one.

    Raises `GeometryError` for text that is no geometry, an empty one, coordinates outside ±180, ±90, or an area that
    crosses itself.
    """
    try:
        document = json.loads(geometry) if isinstance(geometry, str) else geometry
        if isinstance(document, Mapping) and document.get("type") == "Feature":
            document = document.get("geometry")
        shape = shapely.force_2d(shapely.from_geojson(json.dumps(document)))
    except (ValueError, TypeError, RecursionError, shapely.errors.GEOSException) as error:
        raise GeometryError(f"不是有效的 GeoJSON 几何：{error}；请检查 type 与 coordinates") from error
    check(shape)
    wkb: bytes = shapely.to_wkb(shape, byte_order=1)
    return wkb


def check(shape: shapely.Geometry) -> None:
    """Raise `GeometryError` unless the shape is present, in range of longitude and latitude, and valid."""
    if shapely.is_missing(shape) or shapely.is_empty(shape):
        raise GeometryError("几何为空；请至少给出一个点")
    corners = shapely.get_coordinates(shape)
    outside = (np.abs(corners[:, 0]) > 180) | (np.abs(corners[:, 1]) > 90) | ~np.isfinite(corners).all(axis=1)
    if outside.any():
        first = int(outside.argmax())
        x, y = corners[first]
        raise GeometryError(f"第 {first + 1} 个坐标 ({x}, {y}) 超出经纬度范围；请确认是「经度, 纬度」且单位为度")
    if not shapely.is_valid(shape):
        raise GeometryError(f"面自相交或环不闭合：{shapely.is_valid_reason(shape)}；请在该处修正边界")


def to_geojson(wkb: bytes, decimals: int = DECIMALS) -> dict[str, object]:
    """GeoJSON geometry of WKB, coordinates rounded to `decimals`."""
    shape = shapely.transform(shapely.from_wkb(bytes(wkb)), lambda xy: np.round(xy, decimals))
    document: dict[str, object] = json.loads(shapely.to_geojson(shape))
    return document


def box(wkb: bytes) -> Box:
    """Bounding box of one geometry."""
    return Box(*map(float, shapely.bounds(shapely.from_wkb(bytes(wkb)))))


def boxes(wkbs: Sequence[bytes]) -> NDArray[np.float64]:
    """Bounding boxes, (n, 4): west, south, east, north; NaN for an empty geometry."""
    return np.asarray(shapely.bounds(shapely.from_wkb(np.asarray(wkbs, dtype=object)))).reshape(-1, 4)


def points(xy: NDArray[np.float64]) -> list[bytes]:
    """WKB of many points, (n, 2) -> n."""
    return list(shapely.to_wkb(shapely.points(np.asarray(xy, dtype=np.float64).reshape(-1, 2)), byte_order=1))

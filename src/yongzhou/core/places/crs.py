"""Coordinate systems of Chinese maps: CGCS2000, WGS 84, GCJ-02, BD-09 and the projected zones of CGCS2000.

CGCS2000 and WGS 84 (GB 22021-2008; ITRF97 at epoch 2000.0) differ by centimetres to decimetres; here they are the same.
GCJ-02 and BD-09 are unpublished; the formulas are those that the open implementations share (coordtransform by
wandergis, eviltransform by googollee). Their usual inverses are off by metres; ours iterate to under a millimetre.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from pyproj import Transformer

Points: TypeAlias = NDArray[np.float64]
CRS: TypeAlias = Literal["CGCS2000", "WGS84", "GCJ02", "BD09"] | str
"""A datum by name, or `EPSG:<number>` of a projected system in metres, easting first (EPSG:4546 holds 111 °E)."""

DATUMS: Final = ("CGCS2000", "WGS84", "GCJ02", "BD09")

_AXIS: Final = 6378245.0  # Krasovsky 1940, m
_E2: Final = 0.00669342162296594323
_CHINA: Final = (72.004, 0.8293, 137.8347, 55.8271)  # outside it GCJ-02 does not shift
_BAIDU: Final = np.pi * 3000.0 / 180.0
_SETTLED: Final = 1e-11  # degrees, about a micrometre
_ROUNDS: Final = 40


class CrsError(ValueError):
    """A coordinate system or a coordinate that cannot be used; the text says what, where and how to mend it."""


def convert(xy: Points, source: CRS, target: CRS) -> Points:
    """Coordinates from one system to another.

    `xy` is (n, 2): longitude, latitude in degrees, or easting, northing in metres for `EPSG:…`. Returns a new (n, 2)
    array; NaN stays NaN. Raises `CrsError` for an unknown system or another shape.
    """
    points = np.array(xy, dtype=np.float64)
    if points.ndim != 2 or points.shape[1] != 2:
        raise CrsError(f"坐标数组应为 n 行 2 列（经度、纬度），实为 {points.shape}；请按两列重排")
    for crs in (source, target):
        if crs not in DATUMS:
            _transformer(crs)
    if source == target:
        return points
    return _from_base(target)(_to_base(source)(points))


def _same(points: Points) -> Points:
    return points


def _to_base(source: CRS) -> Callable[[Points], Points]:
    if source in ("CGCS2000", "WGS84"):
        return _same
    if source == "GCJ02":
        return lambda points: _invert(_gcj02, points)
    if source == "BD09":
        return lambda points: _invert(_gcj02, _invert(_bd09, points))
    return lambda points: _projected(points, source, inverse=True)


def _from_base(target: CRS) -> Callable[[Points], Points]:
    if target in ("CGCS2000", "WGS84"):
        return _same
    if target == "GCJ02":
        return _gcj02
    if target == "BD09":
        return lambda points: _bd09(_gcj02(points))
    return lambda points: _projected(points, target, inverse=False)


def _gcj02(wgs: Points) -> Points:
    """GCJ-02 of WGS 84; points outside the box of China stay."""
    lon, lat = wgs[:, 0], wgs[:, 1]
    x, y = lon - 105.0, lat - 35.0
    wave = 20.0 * np.sin(6.0 * np.pi * x) + 20.0 * np.sin(2.0 * np.pi * x)
    root = np.sqrt(np.abs(x))
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root
    north += (wave + 20.0 * np.sin(np.pi * y) + 40.0 * np.sin(np.pi * y / 3.0)) * 2.0 / 3.0
    north += (160.0 * np.sin(np.pi * y / 12.0) + 320.0 * np.sin(np.pi * y / 30.0)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root
    east += (wave + 20.0 * np.sin(np.pi * x) + 40.0 * np.sin(np.pi * x / 3.0)) * 2.0 / 3.0
    east += (150.0 * np.sin(np.pi * x / 12.0) + 300.0 * np.sin(np.pi * x / 30.0)) * 2.0 / 3.0

    phi = np.radians(lat)
    w2 = 1.0 - _E2 * np.sin(phi) ** 2
    meridian = _AXIS * (1.0 - _E2) / (w2 * np.sqrt(w2))  # radius of curvature, m
    parallel = _AXIS / np.sqrt(w2) * np.cos(phi)
    shift = np.stack([np.degrees(east / parallel), np.degrees(north / meridian)], axis=1)

    west, south, right, top = _CHINA
    inside = (lon >= west) & (lon <= right) & (lat >= south) & (lat <= top)
    return wgs + np.where(inside[:, None], shift, 0.0)


def _bd09(gcj: Points) -> Points:
    """BD-09 of GCJ-02."""
    x, y = gcj[:, 0], gcj[:, 1]
    radius = np.hypot(x, y) + 0.00002 * np.sin(y * _BAIDU)
    angle = np.arctan2(y, x) + 0.000003 * np.cos(x * _BAIDU)
    return np.stack([radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006], axis=1)


def _invert(forward: Callable[[Points], Points], image: Points) -> Points:
    """The point whose image is given, by fixed-point iteration: both shifts contract by 0.02 or better a round."""
    guess = image.copy()
    for _ in range(_ROUNDS):
        error = forward(guess) - image
        guess -= error
        if not np.any(np.abs(error) > _SETTLED):
            break
    return guess


def _projected(points: Points, crs: CRS, *, inverse: bool) -> Points:
    transformer = _transformer(crs)
    x, y = transformer.transform(points[:, 0], points[:, 1], direction="INVERSE" if inverse else "FORWARD")
    out = np.stack([x, y], axis=1)
    out[~np.isfinite(out)] = np.nan
    return out


@lru_cache(maxsize=16)
def _transformer(crs: CRS) -> Transformer:
    from pyproj import Transformer
    from pyproj.exceptions import CRSError

    unknown = (
        f"不认识的坐标系「{crs}」；可用 {'、'.join(DATUMS)}，或 EPSG 编号如 EPSG:4546（CGCS2000 3 度带，中央经线 111°）"
    )
    if not crs.startswith("EPSG:"):
        raise CrsError(unknown)
    try:
        return Transformer.from_crs("EPSG:4490", crs, always_xy=True)
    except CRSError as error:
        raise CrsError(unknown) from error


@dataclass(frozen=True, slots=True)
class NormalisedPoint:
    """A point in CGCS2000 degrees and how it was read."""

    lon: float
    lat: float
    guessed: CRS
    swapped: bool
    confidence: float  # 0 outside the box, 1 named by the sender and inside
    reason: str


Box: TypeAlias = tuple[float, float, float, float]


def normalise_point(x: float, y: float, hint: CRS | None = None, *, box: Box) -> NormalisedPoint:
    """Read an unlabelled pair of numbers as a place inside `box` (west, south, east, north in CGCS2000 degrees).

    Tried in turn: as the hint says; as CGCS2000; as GCJ-02; as BD-09; then the same with both numbers swapped.
    GCJ-02 lies only some 500 m off, so without a hint a point well inside is taken as CGCS2000 with confidence 0.6.
    A point that no reading brings into the box is returned as given with confidence 0. Raises `CrsError` for numbers
    that are not finite or an unknown hint.
    """
    if not (np.isfinite(x) and np.isfinite(y)):
        raise CrsError(f"坐标不是有效数字：{x}, {y}；请重新定位或手工选点")
    readings: list[tuple[CRS, bool, float, str]] = []
    if hint is not None:
        readings += [
            (hint, False, 1.0, f"按来源注明的 {hint} 换算"),
            (hint, True, 0.9, f"经纬度颠倒，已对调并按 {hint} 换算"),
        ]
    readings += [
        ("CGCS2000", False, 0.6 if hint is None else 0.5, "未注明坐标系，按 CGCS2000 读取，可能偏移约 500 米"),
        ("GCJ02", False, 0.7, "只有按 GCJ-02 换算才落在本市范围"),
        ("BD09", False, 0.5, "只有按 BD-09 换算才落在本市范围"),
        ("CGCS2000", True, 0.5, "经纬度颠倒，已对调；未注明坐标系，按 CGCS2000 读取"),
        ("GCJ02", True, 0.5, "经纬度颠倒，已对调；只有按 GCJ-02 换算才落在本市范围"),
    ]
    for crs, swapped, confidence, reason in readings:
        pair = np.array([[y, x] if swapped else [x, y]], dtype=np.float64)
        lon, lat = convert(pair, crs, "CGCS2000")[0]
        if box[0] <= lon <= box[2] and box[1] <= lat <= box[3]:
            return NormalisedPoint(float(lon), float(lat), crs, swapped, confidence, reason)
    return NormalisedPoint(float(x), float(y), hint or "CGCS2000", False, 0.0, "不在本市范围内，请核对坐标")

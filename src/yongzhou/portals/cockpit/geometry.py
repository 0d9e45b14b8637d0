"""Outlines of counties and rivers from the city's folder, read once and sent with a long life."""

from __future__ import annotations

import json
from functools import cache
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from yongzhou.core.home import Home
from yongzhou.core.people.city import rows

CITY: Final = "4311"
_WIDE: Final = 0.75  # a label is that much wider than high


@cache
def counties() -> bytes:
    """GeoJSON of the counties, each with its code, name and where its number opens."""
    document = _read("counties.geojson")
    gauges = np.array(
        [[float(row["lon"]), float(row["lat"])] for row in rows(Home.here().city_folder / "stations.csv")]
    )
    for feature in document["features"]:
        own = feature["properties"]
        own["href"] = f"/desk/city_operations/?region={own['code']}"
        own["label"] = label_place(shapely.from_geojson(json.dumps(feature["geometry"])), gauges)
    return _packed(document)


@cache
def rivers() -> bytes:
    """GeoJSON of the rivers."""
    return _packed(_read("rivers.geojson"))


@cache
def county_names() -> dict[str, str]:
    """Code to name of the eleven counties."""
    return {f["properties"]["code"]: f["properties"]["name"] for f in _read("counties.geojson")["features"]}


def label_place(shape: shapely.Geometry, gauges: NDArray[np.float64]) -> list[float]:
    """Where a county's name stands: inside, far from every gauge and not at its edge; a name is wider than high.

    `gauges` (n, 2) degrees -> [lon, lat].
    """
    west, south, east, north = shape.bounds
    x, y = (grid.ravel() for grid in np.meshgrid(np.linspace(west, east, 48), np.linspace(south, north, 48)))
    wide = np.array([_WIDE, 1.0])
    squeezed = shapely.transform(shape, lambda xy: xy * wide)
    points = shapely.points(np.column_stack([x, y]) * wide)
    inside = shapely.contains(squeezed, points)
    edge = shapely.distance(squeezed.boundary, points)
    marks = shapely.distance(shapely.multipoints(gauges * wide), points) if len(gauges) else np.full(len(x), np.inf)
    best = int(np.argmax(np.where(inside, np.minimum(1.3 * edge, marks), -1.0)))
    return [round(float(x[best]), 4), round(float(y[best]), 4)]


def short(name: str) -> str:
    """江华瑶族自治县 as it is written on a map: 江华."""
    return name.removesuffix("瑶族自治县")


def _read(name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((Home.here().city_folder / name).read_text(encoding="utf-8"))
    return document


def _packed(document: object) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()

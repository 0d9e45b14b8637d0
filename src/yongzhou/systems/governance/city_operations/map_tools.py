"""What the one map asks: outlines of a county's towns, and what lies within a circle or a drawn area."""

from __future__ import annotations

import json
from functools import cache
from typing import Any, Final

import numpy as np
import shapely
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from pyproj import Geod

from yongzhou.core.data.actor import Actor
from yongzhou.core.data.geometry import lon_lat
from yongzhou.core.data.guard import resource_name
from yongzhou.core.data.record import Record
from yongzhou.core.home import Home
from yongzhou.core.matters.life import CLOSED
from yongzhou.core.matters.models import Matter
from yongzhou.core.operations.problem import Problem
from yongzhou.core.pages import actor_of, reads
from yongzhou.core.places.models import Place
from yongzhou.core.things.models import Thing
from yongzhou.systems.governance.city_operations.models import StateVector

GEOD: Final = Geod(a=6378137.0, f=1 / 298.257222101)  # CGCS2000 ellipsoid
MOST_M: Final = 50_000.0
CORNERS: Final = 300
LIST: Final = 60
BOX: Final = (108.0, 23.0, 115.5, 28.5)  # around Yongzhou: what lies outside is a slip


@reads(StateVector)
def towns(request: HttpRequest) -> HttpResponse:
    """GeoJSON of the towns of `?county=`, each with code, name and where its score opens."""
    county = request.GET.get("county", "")
    body = json.dumps({"type": "FeatureCollection", "features": _towns().get(county, [])}, ensure_ascii=False)
    response = HttpResponse(body, content_type="application/geo+json")
    response["Cache-Control"] = "private, max-age=3600"
    return response


@cache
def _towns() -> dict[str, list[dict[str, Any]]]:
    """Outlines by county; those of this edition are synthetic (a Voronoi of seats), and say so."""
    document = json.loads((Home.here().city_folder / "townships.geojson").read_text(encoding="utf-8"))
    found: dict[str, list[dict[str, Any]]] = {}
    for feature in document["features"]:
        own = feature["properties"]
        feature["properties"] = {
            "code": own["code"], "name": own["name"].removesuffix("街道").removesuffix("镇"),
            "href": f"/desk/city_operations/?region={own['code']}", "label": own["seat"],
        }  # fmt: skip
        found.setdefault(own["code"][:6], []).append(feature)
    return found


@reads(StateVector)
def within(request: HttpRequest) -> HttpResponse:
    """What lies within `?lon=&lat=&radius=` (metres) or `?ring=lon,lat;lon,lat;…`: matters, things, risk villages.

    Distances are geodesic on the CGCS2000 ellipsoid. JSON: counts and the nearest or first rows of each.
    """
    who = actor_of(request)
    shape, centre, radius = _asked(request)
    found = {
        "matters": _found(who, Matter, shape, centre, radius),
        "things": _found(who, Thing, shape, centre, radius),
        "places": _found(who, Place, shape, centre, radius),
    }
    return JsonResponse({**found, "area_km2": round(abs(GEOD.geometry_area_perimeter(shape)[0]) / 1e6, 3)})


def _asked(request: HttpRequest) -> tuple[shapely.Polygon, tuple[float, float] | None, float]:
    ring = request.GET.get("ring", "")
    try:
        if ring:
            corners = [tuple(float(part) for part in pair.split(",")) for pair in ring.split(";")]
            if not 3 <= len(corners) <= CORNERS or any(len(corner) != 2 for corner in corners):
                raise ValueError
            shape = shapely.Polygon(corners)
            for lon, lat in corners:
                _inside(lon, lat)
            if not shape.is_valid or shape.area == 0:
                raise Problem("ring", "画的范围自己相交了", status=400, remedy="重新画一圈，边不要交叉")
            return shape, None, 0.0
        lon, lat, radius = (float(request.GET.get(name, "")) for name in ("lon", "lat", "radius"))
        _inside(lon, lat)
        if not 0 < radius <= MOST_M:
            raise Problem("radius", f"半径应在 0 与 {MOST_M / 1000:.0f} 公里之间", status=400, remedy="缩小半径")
    except ValueError:
        raise Problem("query", "要给 lon、lat、radius，或 ring=经,纬;经,纬;经,纬", status=400) from None
    bearings = np.arange(0, 360, 5.0)
    size = len(bearings)
    lons, lats, _ = GEOD.fwd(np.full(size, lon), np.full(size, lat), bearings, np.full(size, radius))
    return shapely.Polygon(np.column_stack([lons, lats])), (lon, lat), radius


def _inside(lon: float, lat: float) -> None:
    if not (BOX[0] <= lon <= BOX[2] and BOX[1] <= lat <= BOX[3]):
        raise Problem("far", "这个点不在永州附近", status=400, remedy="经度在前、纬度在后，例如 111.61,26.22")


def _found(
    who: Actor, model: type[Record], shape: shapely.Polygon, centre: tuple[float, float] | None, radius: float
) -> dict[str, Any]:
    """Rows of one kind inside, counted whole; the nearest of a circle, or the first of an area, are named."""
    if not who.lines("read", resource_name(model)):
        return {"count": None, "rows": []}
    west, south, east, north = shape.bounds
    rows = model.visible_to(who).extra(  # noqa: S610 - the table is ours, the box a parameter: the GiST index over boxes; the exact test follows
        where=[f"{model._meta.db_table}.geometry_box && %s::box"], params=[f"({east},{north}),({west},{south})"]
    )
    if model is Matter:
        rows = rows.exclude(state__in=CLOSED)
    if model is Place:
        rows = rows.filter(kind__in=("risk_village", "site"))
    listed = [(row, place) for row in rows[:20_000] if (place := lon_lat(row.geometry)) is not None]
    if not listed:
        return {"count": 0, "rows": []}
    points = np.array([place for _, place in listed])
    if centre is None:
        inside = shapely.contains_xy(shape, points[:, 0], points[:, 1])
        metres = np.zeros(len(points))
    else:
        size = len(points)
        _, _, metres = GEOD.inv(np.full(size, centre[0]), np.full(size, centre[1]), points[:, 0], points[:, 1])
        inside = metres <= radius
    hits = np.flatnonzero(inside)
    hits = hits[np.argsort(metres[hits], kind="stable")]
    named = [
        {"title": str(listed[hit][0]), "href": listed[hit][0].get_absolute_url(),
         **({"metres": round(float(metres[hit]))} if centre is not None else {})}
        for hit in hits[:LIST].tolist()
    ]  # fmt: skip
    return {"count": len(hits), "rows": named}


urlpatterns = [path("towns.geojson", towns), path("within.json", within)]

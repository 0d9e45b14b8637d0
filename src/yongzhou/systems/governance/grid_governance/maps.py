"""What the maps of the pages draw, and the queue that they and the duty desk share."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import shapely
from django.db.models import Case, DateTimeField, F, QuerySet, When
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_GET

from yongzhou.core.data.actor import Actor
from yongzhou.core.data.geometry import lon_lat
from yongzhou.core.pages import actor_of, reads
from yongzhou.core.places.models import Place
from yongzhou.systems.governance.grid_governance.models import Event, GridProfile, PatrolStop, PatrolTask, RepeatCause
from yongzhou.systems.governance.grid_governance.operations.common import OPEN


def queue(who: Actor) -> QuerySet[Event]:
    """Open events by the next limit that counts: 签收 while it is not signed, then 办结."""
    limit = Case(
        When(state__in=("reported", "accepted", "assigned"), then=F("accept_due")),
        When(state__in=("done", "verified", "suspended"), then=None),
        default=F("due"),
        output_field=DateTimeField(),
    )
    rows = Event.visible_to(who).filter(state__in=OPEN).annotate(next_due=limit)
    return rows.order_by(F("next_due").asc(nulls_last=True), "level", "id")


@require_GET
@reads(Event)
def map_events(request: HttpRequest) -> JsonResponse:
    """Open events with a place as GeoJSON points; `?only=` narrows to one."""
    rows = queue(actor_of(request)).filter(geometry__isnull=False)
    if only := request.GET.get("only"):
        try:
            rows = Event.visible_to(actor_of(request)).filter(pk=UUID(only))
        except ValueError:
            rows = rows.none()
    shown = rows.only("title", "level", "state", "geometry")[:500]
    features = [_feature(row) for row in shown if row.geometry is not None]
    return JsonResponse({"type": "FeatureCollection", "features": features})


def _feature(row: Event) -> dict[str, Any]:
    shown = {"id": str(row.pk), "title": row.title, "level": row.level, "state": row.state}
    return {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": lon_lat(row.geometry)},
        "properties": {**shown, "href": row.get_absolute_url()},
    }


@require_GET
@reads(Event)
def map_grid(request: HttpRequest, id: UUID) -> JsonResponse:
    """The outline of the grid of one event."""
    row = Event.visible_to(actor_of(request)).select_related("grid").filter(pk=id).first()
    grid = row.grid if row is not None else None
    found = []
    if grid is not None and grid.geometry is not None:
        shape = json.loads(shapely.to_geojson(shapely.from_wkb(bytes(grid.geometry))))
        found.append({"type": "Feature", "geometry": shape, "properties": {"name": grid.name}})
    return JsonResponse({"type": "FeatureCollection", "features": found})


@require_GET
@reads(Event)
def map_counties(request: HttpRequest) -> JsonResponse:
    """County outlines as GeoJSON, thinned to 200 m."""
    found = Place.visible_to(actor_of(request)).filter(kind="county", geometry__isnull=False, valid_to__isnull=True)
    features = []
    for place in found:
        shape = shapely.simplify(shapely.from_wkb(bytes(place.geometry)), 0.002)
        at = shape.representative_point()
        features.append(
            {
                "type": "Feature",
                "geometry": json.loads(shapely.to_geojson(shape)),
                "properties": {"code": place.code, "name": place.name, "label": [round(at.x, 4), round(at.y, 4)]},
            }
        )
    answer = JsonResponse({"type": "FeatureCollection", "features": features})
    answer["Cache-Control"] = "private, max-age=3600"
    return answer


@require_GET
@reads(RepeatCause)
def map_causes(request: HttpRequest) -> JsonResponse:
    """Open causes as points; the more events, the higher the mark."""
    rows = RepeatCause.visible_to(actor_of(request)).filter(state="open", geometry__isnull=False)
    if (kind := request.GET.get("kind", "")) in ("place", "cluster", "hotspot"):
        rows = rows.filter(kind=kind)
    features = [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": lon_lat(row.geometry)},
            "properties": {
                "id": str(row.pk),
                "title": f"{row} ",
                "level": 2 if row.count >= 8 else 3 if row.count >= 5 else 4,
                "href": row.get_absolute_url(),
            },
        }
        for row in rows.order_by("-count")[:300]
    ]
    return JsonResponse({"type": "FeatureCollection", "features": features})


@require_GET
@reads(GridProfile)
def map_grids(request: HttpRequest) -> JsonResponse:
    """Outlines of the grids in use; `?town=` narrows to one township."""
    rows = GridProfile.visible_to(actor_of(request)).filter(ended__isnull=True, grid__geometry__isnull=False)
    town = request.GET.get("town", "")
    if town.isdecimal():
        rows = rows.filter(region__startswith=town[:9])
    features = [
        {
            "type": "Feature",
            "geometry": json.loads(shapely.to_geojson(shapely.from_wkb(bytes(row.grid.geometry)))),
            "properties": {"name": row.grid.name, "href": f"/desk/places/place/{row.grid_id}/"},
        }
        for row in rows.select_related("grid").order_by("region")[:400]
        if row.grid.geometry is not None
    ]
    return JsonResponse({"type": "FeatureCollection", "features": features})


@require_GET
@reads(PatrolTask)
def map_route(request: HttpRequest, id: UUID) -> JsonResponse:
    """The stops of one route as points in order, the next ones by shape and colour of what they are."""
    stops = PatrolStop.visible_to(actor_of(request)).filter(task=id).order_by("place")
    features = [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": lon_lat(stop.geometry)},
            "properties": {
                "id": str(stop.pk),
                "title": f"{stop.place} {stop.name}",
                "level": 4 if stop.result else {"event": 2, "hotspot": 3}.get(stop.kind, 3),
                "state": "closed" if stop.result else "assigned",
                "href": f"#stop-{stop.place}",
            },
        }
        for stop in stops
        if stop.geometry is not None
    ]
    return JsonResponse({"type": "FeatureCollection", "features": features})

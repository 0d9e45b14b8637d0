"""雨水情: every station against its warning line, as a page and on the map."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone

from yongzhou.core.indicators.figures import by_region, value
from yongzhou.core.pages import actor_of, moment_of, reads
from yongzhou.systems.governance.water.models import HydroStation
from yongzhou.systems.governance.water.situation import EXPECTED_S, situation

FIGURES = ("stations_over_warning", "max_over_warning", "area_rain_3h", "on_time_rate")


@reads(HydroStation)
def overview(request: HttpRequest) -> HttpResponse:
    """雨水情: every station against its warning line."""
    at = moment_of(request)
    lines = situation(actor_of(request), timezone.now(), at)
    over = [line for line in lines if line.grade]
    kind = request.GET.get("show", "")
    shown = [line for line in lines if not kind or (line.grade if kind == "over" else line.station.kind == kind)]
    figures = [_figure(name, at) for name in FIGURES]
    return render(
        request,
        "water/overview.html",
        {
            "lines": shown,
            "all": lines,
            "over": sorted(over, key=lambda line: -(line.over_m or 0)),
            "figures": figures,
            "moment": request.GET.get("at") if at else None,
            "expected": EXPECTED_S,
            "show": kind,
            "silent": [line for line in lines if line.seen is None or line.station.health == "offline"],
            "kinds": [("", "全部"), ("over", "超警戒"), ("ZQ", "河道"), ("RR", "水库"), ("PP", "雨量")],
            "as_of": max((line.seen for line in lines if line.seen), default=None),
            "synthetic": any(line.station.origin == "synthetic" for line in lines),
        },
    )


def _figure(name: str, at: datetime | None) -> dict[str, object]:
    figure = value(f"water.{name}", at=at)
    return {
        "label": figure.indicator.title,
        "value": figure.text,
        "unit": figure.indicator.unit if figure.value is not None else "",
        "href": figure.url,
        "origin": figure.origin,
    }


@reads(HydroStation)
def stations_geojson(request: HttpRequest) -> HttpResponse:
    """Level stations for the map, now or `?at=`; a station without a level is not drawn as if it had one."""
    at = moment_of(request)
    features = []
    for line in situation(actor_of(request), timezone.now(), at):
        if (
            line.level is None
            or line.station.warning_m is None
            or line.place is None
            or line.station.origin == "replay"
        ):
            continue
        features.append(
            {
                "type": "Feature",
                "geometry": {"type": "Point", "coordinates": line.place},
                "properties": {
                    "id": str(line.station.pk),
                    "name": line.station.name,
                    "level": line.level.value,
                    "unit": "m",
                    "warning": line.station.warning_m,
                    "low": line.station.base_m,
                    "datastream": line.level_stream,
                    "href": f"/desk/water/stations/{line.station.pk}/",
                    "at": line.level.at.isoformat(),
                    "origin": line.level.origin,
                },
            }
        )
    return JsonResponse({"type": "FeatureCollection", "features": features})


@reads(HydroStation)
def rain_json(request: HttpRequest) -> HttpResponse:
    """Area rain of 3 hours by county for the map's colours, now or `?at=`."""
    values = by_region("water.area_rain_3h", at=moment_of(request))
    return JsonResponse(
        {"values": {region: None if mm is None else round(mm, 1) for region, (mm, _) in values.items()}}
    )

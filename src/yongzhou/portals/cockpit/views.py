"""The page, its widgets one by one, and what the map and the timeline read."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone

from yongzhou.core.data.geometry import lon_lat
from yongzhou.core.indicators.figures import by_region, series, value
from yongzhou.portals.cockpit import geometry, happenings
from yongzhou.portals.cockpit.access import Screen, answered, looked_at
from yongzhou.portals.cockpit.gauges import course, gauges
from yongzhou.portals.cockpit.widgets import FRESH, OPEN, RAIN, THEMES, WIDGETS, filled
from yongzhou.portals.look.figures import STATES

_VALUES = {"flood": (RAIN, "3 小时面雨量", "mm", "15,30,50,70", 0), "run": (OPEN, "未结案事项", "件", "2,4,7,11", 0)}


@looked_at
def page(request: HttpRequest, screen: Screen) -> HttpResponse:
    """The whole screen, drawn by the server; what moves comes afterwards."""
    title, names = THEMES[screen.theme]
    fresh = value(FRESH, at=screen.at)
    _, value_title, unit, steps, _ = _VALUES[screen.theme]
    return render(
        request,
        "cockpit/page.html",
        {
            "widgets": [filled(WIDGETS[name], screen) for name in names],
            "themes": [
                {"title": text, "href": f"?theme={name}", "current": name == screen.theme}
                for name, (text, _) in THEMES.items()
            ],
            "theme_name": screen.theme,
            "heading": f"城市仪表盘：{title}",
            "freshness": {
                "text": f"数据新鲜率 {fresh.text}{' %' if fresh.value is not None else ''}",
                "href": fresh.url,
                "stale": fresh.value is None or fresh.value < (fresh.indicator.target or 0),
            },
            "origin_name": fresh.origin,
            "map": {"title": value_title, "unit": unit, "steps": steps},
            "see_matters": screen.may("matters.matter"),
            "live_ticket_url": "/desk/live-ticket",
            "now": screen.now,
            "at": screen.at,
        },
    )


@looked_at
def widget(request: HttpRequest, screen: Screen, name: str) -> HttpResponse:
    """One widget's inside."""
    if name not in WIDGETS:
        raise Http404
    return render(request, f"cockpit/widgets/{name}.html", filled(WIDGETS[name], screen))


@answered
def counties(request: HttpRequest, screen: Screen) -> HttpResponse:
    """Outlines of the counties."""
    return _still(request, geometry.counties())


@answered
def rivers(request: HttpRequest, screen: Screen) -> HttpResponse:
    """Courses of the rivers (示意)."""
    return _still(request, geometry.rivers())


@answered
def values(request: HttpRequest, screen: Screen) -> HttpResponse:
    """The number that colours each county."""
    name, _, unit, _, digits = _VALUES[screen.theme]
    readings = by_region(name, at=screen.at).items()
    found = {
        code: round(number, digits) if digits else round(number) for code, (number, _) in readings if number is not None
    }
    return JsonResponse({"values": found, "indicator": name, "unit": unit, "at": screen.moment.isoformat()})


@answered
def stations(request: HttpRequest, screen: Screen) -> HttpResponse:
    """Gauges with their level at the moment; the one furthest above its line is called out."""
    features: list[dict[str, Any]] = []
    for gauge in gauges(screen):
        if gauge.level is None or gauge.place is None:
            continue
        own: dict[str, Any] = {
            "id": gauge.number,
            "datastream": gauge.number,
            "name": gauge.label,
            "level": round(gauge.level, 2),
            "warning": gauge.warning,
            "low": gauge.low,
            "unit": "m",
            "href": gauge.href,
        }
        if not features and gauge.level >= gauge.warning:
            own["callout"] = f"{gauge.label}站" if not gauge.reservoir else gauge.label
            if gauge.rate is not None and abs(gauge.rate) > 0.005:
                own["note"] = f"每小时{'涨' if gauge.rate > 0 else '落'} {abs(gauge.rate):.2f} m"
        features.append(_point(gauge.place, own))
    return _collection(features)


@answered
def events(request: HttpRequest, screen: Screen) -> HttpResponse:
    """Open matters with a place at the moment."""
    features: list[dict[str, Any]] = []
    for matter in happenings.placed_matters(screen) if screen.may("matters.matter") else []:
        place = lon_lat(matter.geometry)
        if place is None:
            continue
        then = str(getattr(matter, "then", matter.state))
        own = {
            "id": str(matter.pk),
            "title": matter.title,
            "level": matter.level,
            "state": STATES.get(then, (then, 0))[0],
            "href": happenings.href_of(matter),
        }
        features.append(_point(place, own))
    return _collection(features)


@answered
def timeline(request: HttpRequest, screen: Screen) -> HttpResponse:
    """The last 24 hours: rain, the gauge that matters most now, what happened."""
    now = timezone.now()
    start = now - timedelta(hours=24)
    rain, _ = series(RAIN, start, now)
    hourly = {at.replace(minute=0, second=0, microsecond=0): number for at, number in rain if number is not None}
    answer: dict[str, Any] = {
        "now": now.isoformat(),
        "rain": [
            [(hour + timedelta(hours=1)).isoformat(), round(number, 1)]
            for hour, number in hourly.items()
            if hour + timedelta(hours=1) <= now
        ],
        "rain_name": "3h雨量mm",
        "level": [],
        "events": [
            {"at": matter.opened_at.isoformat(), "level": matter.level, "title": matter.title}
            for matter in (happenings.opened_matters(screen) if screen.may("matters.matter") else [])
        ],
    }
    first = next((gauge for gauge in gauges(Screen(screen.who, None, now)) if gauge.level is not None), None)
    if first is not None:
        points = course(first.number, start, now)
        if first.as_of is not None and first.level is not None:
            points.append((first.as_of, first.level))
        answer |= {
            "level": [[at.isoformat(), level] for at, level in points],
            "level_name": first.station.removesuffix("水库"),
            "limit": first.warning,
        }
    return JsonResponse(answer)


def _point(place: tuple[float, float], own: dict[str, Any]) -> dict[str, Any]:
    return {"type": "Feature", "geometry": {"type": "Point", "coordinates": list(place)}, "properties": own}


def _collection(features: list[dict[str, Any]]) -> JsonResponse:
    return JsonResponse({"type": "FeatureCollection", "features": features}, content_type="application/geo+json")


def _still(request: HttpRequest, body: bytes) -> HttpResponse:
    """Geometry that changes with the city's folder only."""
    tag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
    if request.headers.get("If-None-Match") == tag:
        response = HttpResponse(status=304)
    else:
        response = HttpResponse(body, content_type="application/geo+json")
    response["ETag"] = tag
    response["Cache-Control"] = "private, max-age=3600"
    return response

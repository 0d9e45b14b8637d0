"""Water's own pages: the situation, one station, villages with their warnings; and what their maps and charts read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from urllib.parse import quote
from uuid import UUID

from django.db.models import F
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from yongzhou.core.data.actor import Actor
from yongzhou.core.data.codes import label
from yongzhou.core.data.guard import resource_name, why
from yongzhou.core.data.present import present
from yongzhou.core.data.record import Record
from yongzhou.core.indicators.figures import by_region, value
from yongzhou.core.operations.problem import Problem, forbidden, not_found
from yongzhou.systems.governance.water import lineage
from yongzhou.systems.governance.water.models import LEVELS, FlashFloodVillage, FloodWarning, HydroStation
from yongzhou.systems.governance.water.operations import acknowledge_warning, lift_warning, raise_warning
from yongzhou.systems.governance.water.series import MAX_HOURS, hydrograph
from yongzhou.systems.governance.water.situation import EXPECTED_S, Line, newest_values, situation

View = Callable[..., HttpResponse]
FIGURES = ("stations_over_warning", "max_over_warning", "area_rain_3h", "on_time_rate")


def _actor(request: HttpRequest) -> Actor:
    found: Actor = request.actor  # type: ignore[attr-defined]
    return found


def reads(model: type[Record]) -> Callable[[View], View]:
    """Only for somebody signed in who may read a kind of record; a `Problem` becomes its page, or JSON where asked."""

    def guard(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
            who = _actor(request)
            json = request.path.endswith("json")
            if who.kind == "anonymous" and not json:
                return redirect(f"/login/?next={quote(request.get_full_path())}")
            try:
                if not who.lines("read", resource_name(model)):
                    raise forbidden(why(who, "read", model).text)
                return view(request, *args, **kwargs)
            except Problem as problem:
                if json:
                    return JsonResponse(
                        problem.document(),
                        status=problem.status,
                        content_type="application/problem+json",
                        json_dumps_params={"ensure_ascii": False},
                    )
                words = {
                    "status": problem.status,
                    "heading": problem.title,
                    "detail": problem.remedy,
                    "back": "/desk/water/",
                }
                return render(request, "look/problem.html", words, status=problem.status)

        return guarded

    return guard


def _moment(request: HttpRequest) -> datetime | None:
    """The asked moment of the past, if any; one in the future is now."""
    text = request.GET.get("at", "")
    if not text:
        return None
    at = parse_datetime(text.replace(" ", "+")) if len(text) < 40 else None
    if at is None or at.tzinfo is None:
        raise Problem("query", "at 应为带时区的时间，例如 2026-06-18T03:12:00+08:00", status=400)
    return at if at < timezone.now() else None


@reads(HydroStation)
def overview(request: HttpRequest) -> HttpResponse:
    """雨水情: every station against its warning line."""
    at = _moment(request)
    lines = situation(_actor(request), timezone.now(), at)
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


def _line(actor: Actor, id: UUID, at: datetime | None) -> Line:
    lines = situation(actor, timezone.now(), at, station=id)
    if not lines:
        raise not_found("测站")
    return lines[0]


@reads(HydroStation)
def station(request: HttpRequest, id: UUID) -> HttpResponse:
    """One station: hydrograph, datastreams, raw frames with every field, alarms, matters, lineage."""
    actor, at = _actor(request), _moment(request)
    line = _line(actor, id, at)
    frames = lineage.frames_of(line.station.address)
    alarms, matters = lineage.open_alarms(line, actor), lineage.open_matters(line, actor)
    hours = _hours(request)
    spans = [(6, "6 小时"), (24, "24 小时"), (72, "3 天"), (168, "7 天"), (720, "30 天")]
    return render(
        request,
        "water/station.html",
        {
            "line": line,
            "station": line.station,
            "kind": label("SL 502 station kind", line.station.kind),
            "frames": frames,
            "alarms": alarms,
            "matters": matters,
            "expected": EXPECTED_S,
            "facts": _facts(line),
            "hours": hours,
            "spans": spans,
            "flags": lineage.FLAGS,
            "streams": _streams(line, at),
            "lineage": lineage.lineage(line, frames, alarms, matters, timezone.now()),
            "villages": list(FlashFloodVillage.visible_to(actor).filter(station=id).order_by("name")),
            "moment": request.GET.get("at") if at else None,
        },
    )


def _streams(line: Line, at: datetime | None) -> list[dict[str, object]]:
    newest = newest_values([stream.number for stream in line.streams], at or timezone.now(), past=at is not None)
    return [{"stream": stream, "reading": newest.get(stream.number)} for stream in line.streams]


def _facts(line: Line) -> list[dict[str, object]]:
    station, facts = line.station, []
    if line.level_stream is not None:
        name = "当前库水位" if station.kind == "RR" else "当前水位"
        facts.append(
            {
                "label": name,
                "value": f"{line.level.value:.2f}" if line.level else "无数据",
                "unit": "m" if line.level else "",
                "href": f"/desk/iot_sensing/datastreams/{line.level_stream}/",
                "live": line.live,
                "origin": station.origin,
            }
        )
        if line.over_m is not None:
            above = "超汛限" if station.kind == "RR" else "超警戒"
            facts.append(
                {"label": above, "value": f"{line.over_m:+.2f}", "unit": "m", "tone": 2 if line.over_m >= 0 else None}
            )
        if line.trend_mh is not None:
            facts.append({"label": "涨率", "value": f"{line.trend_mh:+.2f}", "unit": "m/h"})
    for name, rain in (("1 小时雨量", line.rain_1h), ("3 小时雨量", line.rain_3h)):
        facts.append(
            {"label": name, "value": "无数据" if rain is None else f"{rain:.1f}", "unit": "" if rain is None else "mm"}
        )
    if line.voltage is not None:
        low = line.voltage.value < 11.5
        facts.append(
            {
                "label": "电源电压",
                "value": f"{line.voltage.value:.2f}",
                "unit": "V",
                "tone": 3 if low else None,
                "href": f"/desk/iot_sensing/datastreams/{line.voltage_stream}/",
            }
        )
    return facts


def _hours(request: HttpRequest) -> int:
    text = request.GET.get("hours", "24")
    if not text.isdigit() or not 1 <= int(text) <= MAX_HOURS:
        raise Problem("query", f"hours 应为 1 至 {MAX_HOURS} 的整数", status=400)
    return int(text)


@reads(FlashFloodVillage)
def villages(request: HttpRequest) -> HttpResponse:
    """Villages at risk: rain against their limits, open warnings, whom to call."""
    actor = _actor(request)
    rows = list(FlashFloodVillage.visible_to(actor).select_related("station").order_by("station__code", "code"))
    rain = {line.station.pk: line for line in situation(actor, timezone.now())}
    warnings = list(
        FloodWarning.visible_to(actor)
        .filter(lifted_at__isnull=True)
        .select_related("village__station", "acknowledged_by")
        .order_by(F("acknowledged_at").asc(nulls_first=True), "level", "-raised_at")
    )
    past = list(
        FloodWarning.visible_to(actor)
        .filter(lifted_at__isnull=False)
        .select_related("village")
        .order_by("-lifted_at")[:10]
    )
    warned: dict[UUID, str] = {}
    for warning in warnings:
        if warned.get(warning.village_id) != "move":
            warned[warning.village_id] = warning.level
    table = [_village(village, actor, rain.get(village.station_id), warned.get(village.pk, "")) for village in rows]
    table.sort(key=lambda row: ("move", "prepare", "").index(str(row["warned"])))
    reach = [row for row in rows if row.pk in warned]
    return render(
        request,
        "water/villages.html",
        {
            "rows": table,
            "warnings": [_warning(warning, actor) for warning in warnings],
            "past": past,
            "levels": LEVELS,
            "waiting": sum(warning.acknowledged_at is None for warning in warnings),
            "households": sum(row.households for row in reach),
            "people": sum(row.people for row in reach),
            "may_warn": raise_warning.open_to(actor),
            "may_answer": acknowledge_warning.open_to(actor),
            "may_lift": lift_warning.open_to(actor),
            "purposes": ("防汛叫应", "核对责任人", "转移安置"),
        },
    )


def _village(village: FlashFloodVillage, actor: Actor, line: Line | None, warned: str) -> dict[str, object]:
    shown = present(village, actor, names=("contact", "phone"))
    fallen = line.rain_1h if line else None
    return {
        "village": village,
        "contact": shown["contact"],
        "phone": shown["phone"],
        "rain_1h": fallen,
        "warned": warned,
        "rain_3h": line.rain_3h if line else None,
        "share": None if fallen is None else min(fallen / village.move_1h, 1.0),
        "reveal": f"/desk/water/flashfloodvillage/{village.pk}/reveal/",
        "seen": line.seen if line else None,
    }


def _warning(warning: FloodWarning, actor: Actor) -> dict[str, object]:
    shown = present(warning.village, actor, names=("contact", "phone"))
    return {
        "warning": warning,
        "village": warning.village,
        "contact": shown["contact"],
        "phone": shown["phone"],
        "reveal": f"/desk/water/flashfloodvillage/{warning.village_id}/reveal/",
        "tone": 1 if warning.level == "move" else 2,
    }


@reads(HydroStation)
def stations_geojson(request: HttpRequest) -> HttpResponse:
    """Level stations for the map, now or `?at=`; a station without a level is not drawn as if it had one."""
    at = _moment(request)
    features = []
    for line in situation(_actor(request), timezone.now(), at):
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
    values = by_region("water.area_rain_3h", at=_moment(request))
    return JsonResponse(
        {"values": {region: None if mm is None else round(mm, 1) for region, (mm, _) in values.items()}}
    )


@reads(HydroStation)
def series_json(request: HttpRequest, id: UUID) -> HttpResponse:
    """The hydrograph of one station: `?hours=` back from now or from `?at=`."""
    row = HydroStation.visible_to(_actor(request)).filter(pk=id).first()
    if row is None:
        raise not_found("测站")
    return JsonResponse(hydrograph(row, _moment(request) or timezone.now(), _hours(request)))


urlpatterns = [
    path("", overview),
    path("stations.geojson", stations_geojson),
    path("rain.json", rain_json),
    path("stations/<uuid:id>/", station),
    path("stations/<uuid:id>/series.json", series_json),
    path("villages/", villages),
]

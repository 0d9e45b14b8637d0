"""One station: its page and its hydrograph."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone

from yongzhou.core.data.actor import Actor
from yongzhou.core.data.codes import label
from yongzhou.core.operations.problem import not_found
from yongzhou.core.pages import actor_of, moment_of, reads
from yongzhou.systems.governance.water import lineage
from yongzhou.systems.governance.water.models import FlashFloodVillage, HydroStation
from yongzhou.systems.governance.water.pages.asking import hours_of
from yongzhou.systems.governance.water.series import hydrograph
from yongzhou.systems.governance.water.situation import EXPECTED_S, Line, newest_values, situation


def _line(actor: Actor, id: UUID, at: datetime | None) -> Line:
    lines = situation(actor, timezone.now(), at, station=id)
    if not lines:
        raise not_found("测站")
    return lines[0]


@reads(HydroStation)
def station(request: HttpRequest, id: UUID) -> HttpResponse:
    """One station: hydrograph, datastreams, raw frames with every field, alarms, matters, lineage."""
    actor, at = actor_of(request), moment_of(request)
    line = _line(actor, id, at)
    frames = lineage.frames_of(line.station.address)
    alarms, matters = lineage.open_alarms(line, actor), lineage.open_matters(line, actor)
    hours = hours_of(request)
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


@reads(HydroStation)
def series_json(request: HttpRequest, id: UUID) -> HttpResponse:
    """The hydrograph of one station: `?hours=` back from now or from `?at=`."""
    row = HydroStation.visible_to(actor_of(request)).filter(pk=id).first()
    if row is None:
        raise not_found("测站")
    return JsonResponse(hydrograph(row, moment_of(request) or timezone.now(), hours_of(request)))

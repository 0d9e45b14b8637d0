"""One datastream: its course, its flags, its settings."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from yongzhou.core.data.actor import Actor
from yongzhou.core.operations.problem import Problem, not_found
from yongzhou.core.pages import actor_of, reads
from yongzhou.core.things.models import Datastream, Latest
from yongzhou.systems.foundation.iot_sensing.review import FLAGS, chart, observations, review, timeline

MAX_HOURS: Final = 24 * 31


def _stream(actor: Actor, number: int) -> Datastream:
    row = Datastream.visible_to(actor).select_related("thing").filter(number=number).first()
    if row is None:
        raise not_found("数据流")
    return row


def _window(request: HttpRequest) -> tuple[datetime, int, bool]:
    """End, hours, and whether it is the past, of `?at=` and `?hours=`."""
    text, hours = request.GET.get("at", ""), request.GET.get("hours", "24")
    if not hours.isdigit() or not 1 <= int(hours) <= MAX_HOURS:
        raise Problem("query", f"hours 应为 1 至 {MAX_HOURS} 的整数", status=400)
    at = parse_datetime(text.replace(" ", "+")) if 0 < len(text) < 40 else None
    if text and (at is None or at.tzinfo is None):
        raise Problem("query", "at 应为带时区的时间，例如 2026-06-18T03:12:00+08:00", status=400)
    now = timezone.now()
    return (min(at, now) if at else now), int(hours), at is not None


@reads(Datastream)
def datastream(request: HttpRequest, number: int) -> HttpResponse:
    """One datastream: its course, the timeline of its flags, what each test says, its settings."""
    stream = _stream(actor_of(request), number)
    end, hours, past = _window(request)
    table = observations(number, end, hours)
    rows = table.select(["phenomenon", "result", "flag", "received", "frame"]).to_pylist()
    flags = table["flag"].to_pylist()
    return render(
        request,
        "iot_sensing/datastream.html",
        {
            "stream": stream,
            "thing": stream.thing,
            "hours": hours,
            "latest": Latest.objects.filter(datastream=number).first(),
            "spans": [(6, "6 小时"), (24, "24 小时"), (72, "3 天"), (168, "7 天")],
            "steps": timeline(table, end, hours),
            "counts": [(name, flags.count(flag), flag) for flag, name in FLAGS.items()],
            "total": len(flags),
            "review": review(stream, table) if rows else None,
            "rows": list(reversed(rows[-50:])),
            "flags": FLAGS,
            "moment": request.GET.get("at") if past else None,
            "begin": end.timestamp() - hours * 3600,
            "end": end,
            "expected": int(hours * 3600 / max(stream.period_s, 1)),
        },
    )


@reads(Datastream)
def datastream_json(request: HttpRequest, number: int) -> HttpResponse:
    """The course of one datastream for the chart."""
    stream = _stream(actor_of(request), number)
    end, hours, _ = _window(request)
    return JsonResponse(chart(stream, observations(number, end, hours)))

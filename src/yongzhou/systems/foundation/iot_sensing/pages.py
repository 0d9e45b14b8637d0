"""iot_sensing's own pages: devices by health, the alarms desk, data to be mended, dead letters, one datastream."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any, Final
from urllib.parse import quote
from uuid import UUID

from django.contrib import messages
from django.db.models import Count, Max, Min, QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from yongzhou.core.bus.models import DeadLetter, Quarantine
from yongzhou.core.bus.quarantine import payload_of
from yongzhou.core.data.actor import Actor
from yongzhou.core.data.geometry import lon_lat
from yongzhou.core.data.guard import resource_name, why
from yongzhou.core.data.record import Record
from yongzhou.core.indicators.figures import value
from yongzhou.core.matters.life import CLOSED
from yongzhou.core.operations.problem import Problem, forbidden, not_found
from yongzhou.core.operations.registry import Operation
from yongzhou.core.operations.run import run
from yongzhou.core.things.models import Datastream, Latest, Thing
from yongzhou.engines.telemetry.models import Alarm
from yongzhou.gateways.sl651.explain import explain
from yongzhou.systems.foundation.iot_sensing import operations
from yongzhou.systems.foundation.iot_sensing.models import AlarmHandling, MaintenanceOrder, Outage
from yongzhou.systems.foundation.iot_sensing.review import FLAGS, chart, observations, review, timeline

View = Callable[..., HttpResponse]
HEALTH: Final = {"offline": "离线", "low_battery": "电量低", "suspect": "可疑", "unknown": "未上报过", "good": "正常"}
LEVEL_OF_HEALTH: Final = {"offline": 2, "low_battery": 3, "suspect": 4}
PAGE: Final = 200
MAX_HOURS: Final = 24 * 31


def _actor(request: HttpRequest) -> Actor:
    found: Actor = request.actor  # type: ignore[attr-defined]
    return found


def guarded(may: Callable[[Actor], None]) -> Callable[[View], View]:
    """Only for somebody signed in whom `may` does not refuse; a `Problem` becomes its page, or JSON where asked."""

    def guard(view: View) -> View:
        @wraps(view)
        def checked(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
            who = _actor(request)
            json = request.path.endswith("json")
            if who.kind == "anonymous" and not json:
                return redirect(f"/login/?next={quote(request.get_full_path())}")
            try:
                may(who)
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
                    "back": "/desk/iot_sensing/",
                }
                return render(request, "look/problem.html", words, status=problem.status)

        return checked

    return guard


def reads(model: type[Record]) -> Callable[[View], View]:
    """Who may read a kind of record."""

    def may(who: Actor) -> None:
        if not who.lines("read", resource_name(model)):
            raise forbidden(why(who, "read", model).text)

    return guarded(may)


def mends(resource: str, op: Operation[Any, Any]) -> Callable[[View], View]:
    """Who may read a machine's table, or may run the operation that mends it."""

    def may(who: Actor) -> None:
        if not who.lines("read", resource) and not op.open_to(who):
            raise forbidden(f"需要「{op.title}」的权限")

    return guarded(may)


@reads(Thing)
def devices(request: HttpRequest) -> HttpResponse:
    """Devices by health: what is wrong first."""
    actor, wanted = _actor(request), request.GET.get("health", "")
    things = _watched(actor)
    counts = dict(things.order_by().values_list("health").annotate(number=Count("pk")))
    rows = list((things.filter(health=wanted) if wanted in HEALTH else things).select_related("owner", "parent")[:2000])
    rank = {health: place for place, health in enumerate(HEALTH)}
    rows.sort(key=lambda thing: (rank.get(thing.health, len(rank)), thing.code))
    rows, more = rows[:PAGE], len(rows) > PAGE
    open_orders = (
        MaintenanceOrder.visible_to(actor).filter(thing__in=[thing.pk for thing in rows]).exclude(state__in=CLOSED)
    )
    orders = {order.thing_id: order for order in open_orders}
    seen = _seen(rows)
    return render(
        request,
        "iot_sensing/devices.html",
        {
            "rows": [{"thing": thing, "order": orders.get(thing.pk), "seen": seen.get(thing.pk)} for thing in rows],
            "more": more,
            "total": sum(counts.values()),
            "wanted": wanted,
            "bad": sum(counts.get(key, 0) for key in LEVEL_OF_HEALTH),
            "groups": [(key, name, counts.get(key, 0)) for key, name in HEALTH.items()],
            "outages": list(
                Outage.visible_to(actor).filter(until__isnull=True).select_related("thing").order_by("-since")[:20]
            ),
            "figures": [_figure(name) for name in ("online_rate", "good_data_rate", "repair_hours")],
            "as_of": max(seen.values(), default=None),
            "may_register": operations.register_thing.open_to(actor),
        },
    )


def _watched(actor: Actor) -> QuerySet[Thing]:
    """Things with datastreams that are not retired."""
    return Thing.visible_to(actor).exclude(lifecycle="retired").filter(pk__in=Datastream.objects.values("thing"))


def _seen(things: list[Thing]) -> dict[UUID, datetime]:
    """When each thing was last heard, in two queries."""
    of = dict(Datastream.objects.filter(thing__in=[thing.pk for thing in things]).values_list("number", "thing_id"))
    seen: dict[UUID, datetime] = {}
    for number, received in Latest.objects.filter(datastream__in=of).values_list("datastream", "received"):
        thing = of[number]
        seen[thing] = max(received, seen.get(thing, received))
    return seen


def _figure(name: str) -> dict[str, object]:
    figure = value(f"iot_sensing.{name}")
    unit = figure.indicator.unit if figure.value is not None else ""
    return {
        "label": figure.indicator.title,
        "value": figure.text,
        "unit": unit,
        "href": figure.url,
        "origin": figure.origin,
    }


@reads(Thing)
def devices_geojson(request: HttpRequest) -> HttpResponse:
    """Things that are not well, for the map."""
    features = []
    for thing in _watched(_actor(request)).filter(health__in=LEVEL_OF_HEALTH):
        place = lon_lat(thing.geometry)
        if place is not None:
            features.append(
                {
                    "type": "Feature",
                    "geometry": {"type": "Point", "coordinates": place},
                    "properties": {
                        "id": str(thing.pk),
                        "title": thing.name,
                        "level": LEVEL_OF_HEALTH[thing.health],
                        "state": HEALTH[thing.health],
                        "href": thing.get_absolute_url(),
                    },
                }
            )
    return JsonResponse({"type": "FeatureCollection", "features": features})


@reads(Alarm)
def alarms(request: HttpRequest) -> HttpResponse:
    """The alarms desk: open alarms, gravest and oldest first; those of the last day that are over."""
    actor = _actor(request)
    show = request.GET.get("show", "open")
    rows = Alarm.visible_to(actor).select_related("rule", "thing")
    rows = rows.filter(cleared_at__isnull=False) if show == "cleared" else rows.filter(cleared_at__isnull=True)
    found = list(
        rows.order_by("-cleared_at")[:PAGE] if show == "cleared" else rows.order_by("level", "raised_at")[:PAGE]
    )
    handled = {
        row.alarm_id: row
        for row in AlarmHandling.objects.filter(alarm__in=[alarm.pk for alarm in found]).select_related(
            "judged_by", "acknowledged_by"
        )
    }
    now = {row.datastream: row for row in Latest.objects.filter(datastream__in=[alarm.datastream for alarm in found])}
    units = dict(
        Datastream.objects.filter(number__in=[alarm.datastream for alarm in found]).values_list("number", "unit")
    )
    return render(
        request,
        "iot_sensing/alarms.html",
        {
            "rows": [
                {
                    "alarm": alarm,
                    "handling": handled.get(alarm.pk),
                    "now": now.get(alarm.datastream),
                    "unit": units.get(alarm.datastream, ""),
                }
                for alarm in found
            ],
            "show": show,
            "unseen": sum(alarm.pk not in handled for alarm in found) if show == "open" else 0,
            "may_judge": operations.judge_alarm.open_to(actor),
            "may_acknowledge": operations.acknowledge_alarm.open_to(actor),
        },
    )


@reads(Alarm)
def acknowledge(request: HttpRequest, id: UUID) -> HttpResponse:
    """POST: note that this person has seen an alarm, then back to the desk."""
    return _do(request, operations.acknowledge_alarm, {"alarm": id}, "/desk/iot_sensing/alarms/", "已确认")


def _do(request: HttpRequest, op: Operation[Any, Any], data: dict[str, object], back: str, done: str) -> HttpResponse:
    """Run an operation from a form and go back, saying what happened."""
    if request.method != "POST":
        raise Problem("method", "请从页面上的按钮办理", status=405)
    try:
        output = run(op, _actor(request), data, door="form").output
    except Problem as problem:
        messages.error(request, "。".join(part for part in (problem.title, problem.remedy) if part))
        return redirect(back)
    failure = getattr(output, "why", "")
    if failure:
        messages.error(request, failure)
    else:
        messages.success(request, done)
    return redirect(back)


@mends("bus.quarantine", operations.replay_quarantined)
def quarantine(request: HttpRequest) -> HttpResponse:
    """待修数据: input that could not be read or placed, by reason."""
    state = request.GET.get("state", "open")
    states = ("open", "mended") if state == "open" else (state,)
    rows = Quarantine.objects.filter(state__in=states)
    groups = list(
        rows.values("source", "reason")
        .annotate(number=Count("pk"), first=Min("received"), last=Max("received"))
        .order_by("-number")[:40]
    )
    source, reason = request.GET.get("source", ""), request.GET.get("reason", "")
    if source:
        rows = rows.filter(source=source)
    if reason:
        rows = rows.filter(reason=reason)
    shown = [{"row": row, "hex": _short(payload_of(row))} for row in rows.order_by("-received")[:50]]
    return render(
        request,
        "iot_sensing/quarantine.html",
        {
            "groups": groups,
            "shown": shown,
            "state": state,
            "source": source,
            "reason": reason,
            "total": sum(group["number"] for group in groups),
            "states": [("open", "待处理"), ("replayed", "已重放"), ("dropped", "已丢弃")],
        },
    )


def _short(payload: bytes) -> str:
    return payload[:16].hex(" ").upper() + (f" … 共 {len(payload)} 字节" if len(payload) > 16 else "")


@mends("bus.quarantine", operations.replay_quarantined)
def quarantined(request: HttpRequest, id: UUID) -> HttpResponse:
    """One item: why, where, its bytes field by field, the form that mends it. POST replays or drops it."""
    row = Quarantine.objects.filter(pk=id).first()
    if row is None:
        raise not_found("隔离件")
    here = f"/desk/iot_sensing/quarantine/{id}/"
    if request.method == "POST":
        if request.POST.get("drop"):
            given: dict[str, object] = {"item": id, "note": request.POST.get("note", "")}
            return _do(request, operations.drop_quarantined, given, here, "已丢弃，原文仍留存备查")
        text = request.POST.get("hex", "")
        same = "".join(text.split()).upper() == payload_of(row).hex().upper()
        given = {"item": id, "hex": None if same else text}
        return _do(request, operations.replay_quarantined, given, here, "已重放：按新收到的报文重新入库")
    payload = payload_of(row)
    is_frame = row.source.endswith("sl651") and row.source.startswith("gateway")
    actor = _actor(request)
    return render(
        request,
        "iot_sensing/quarantined.html",
        {
            "row": row,
            "hex": _lines(payload),
            "size": len(payload),
            "parts": explain(payload)[:200] if is_frame else [],
            "open": row.state in ("open", "mended"),
            "may_replay": operations.replay_quarantined.open_to(actor),
            "may_drop": operations.drop_quarantined.open_to(actor),
        },
    )


def _lines(payload: bytes) -> str:
    return "\n".join(payload[at : at + 16].hex(" ").upper() for at in range(0, len(payload), 16))


@mends("bus.deadletter", operations.retry_letter)
def letters(request: HttpRequest) -> HttpResponse:
    """Events that a subscriber could not handle. POST retries or drops one."""
    if request.method == "POST":
        op = operations.drop_letter if request.POST.get("drop") else operations.retry_letter
        done = "已放弃" if request.POST.get("drop") else "已补办"
        return _do(request, op, {"letter": request.POST.get("letter", "")}, "/desk/iot_sensing/letters/", done)
    rows = DeadLetter.objects.filter(state__in=("parked", "retrying")).order_by("state", "-last_at")[:PAGE]
    return render(
        request,
        "iot_sensing/letters.html",
        {
            "rows": [
                {"letter": row, "why": row.error.strip().splitlines()[-1][:300] if row.error.strip() else ""}
                for row in rows
            ],
            "may_retry": operations.retry_letter.open_to(_actor(request)),
        },
    )


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
    stream = _stream(_actor(request), number)
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
    stream = _stream(_actor(request), number)
    end, hours, _ = _window(request)
    return JsonResponse(chart(stream, observations(number, end, hours)))


urlpatterns = [
    path("", devices),
    path("devices.geojson", devices_geojson),
    path("alarms/", alarms),
    path("alarms/<uuid:id>/acknowledge/", acknowledge),
    path("quarantine/", quarantine),
    path("quarantine/<uuid:id>/", quarantined),
    path("letters/", letters),
    path("datastreams/<int:number>/", datastream),
    path("datastreams/<int:number>/series.json", datastream_json),
]

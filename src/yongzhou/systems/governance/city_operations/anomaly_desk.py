"""Pages of what is not as usual: the desk of open anomalies with the last scan, and one anomaly with its evidence."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db.models import Count, F, Q
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone

from yongzhou.core.data.actor import Actor
from yongzhou.core.data.codes import label
from yongzhou.core.operations.problem import not_found
from yongzhou.core.pages import actor_of, reads
from yongzhou.core.places.models import Place
from yongzhou.systems.governance.city_operations import baseline
from yongzhou.systems.governance.city_operations.models import Anomaly, Baseline, Scan
from yongzhou.systems.governance.city_operations.operations.learning import as_arrays, calendar
from yongzhou.systems.governance.city_operations.series import HOUR, full_hour, panel

ROWS: Final = 100
VIEWS: Final = (
    ("open", "持续中", Q(state="firing")),
    ("pending", "待确认", Q(state="pending")),
    ("judge", "待判定", Q(state="over", verdict="", hours__gte=2)),
    ("all", "近 7 天", Q()),
)


def place_names(who: Actor, codes: set[str]) -> dict[str, str]:
    """Names of places that one may see, by code."""
    rows = Place.visible_to(who).filter(code__in=codes, kind__in=("city", "county", "town"))
    return dict(rows.values_list("code", "name"))


@reads(Anomaly)
def desk(request: HttpRequest) -> HttpResponse:
    """异常台: what is off its baseline, the furthest first, and the account of the last scans."""
    who, view = actor_of(request), request.GET.get("view", "open")
    week = Anomaly.visible_to(who).filter(last_at__gte=timezone.now() - timedelta(days=7))
    counts = week.aggregate(**{name: Count("pk", filter=q) if q else Count("pk") for name, _, q in VIEWS})
    chosen = next((q for name, _, q in VIEWS if name == view), Q())
    rows = list(week.filter(chosen).order_by(F("z").desc(nulls_last=True), "-since")[:ROWS])
    names = place_names(who, {row.region[:9] for row in rows} | {row.region[:6] for row in rows})
    judged = Anomaly.visible_to(who).aggregate(
        all=Count("pk", filter=~Q(verdict="")), true=Count("pk", filter=Q(verdict="true"))
    )
    scans = list(Scan.visible_to(who).order_by("-hour")[:24])
    learned = Baseline.visible_to(who).aggregate(series=Count("pk"), young=Count("pk", filter=Q(days__lt=14)))
    context = {
        "rows": [_line(row, names) for row in rows],
        "tabs": [{"name": n, "title": t, "count": counts[n], "current": n == view} for n, t, _ in VIEWS],
        "scan": scans[0] if scans else None,
        "scans": scans,
        "learned": learned,
        "judged": judged,
        "accuracy": 100 * judged["true"] / judged["all"] if judged["all"] else None,
        "live_ticket_url": "/desk/live-ticket",
    }
    return render(request, "city_operations/anomalies.html", context)


def _line(row: Anomaly, names: dict[str, str]) -> dict[str, Any]:
    return {
        "row": row,
        "place": names.get(row.region[:9]) or names.get(row.region[:6]) or row.region,
        "method": label("anomaly method", row.method),
        "state": label("anomaly state", row.state),
        "verdict": label("anomaly verdict", row.verdict) if row.verdict else "",
        "value": f"{row.value:,.{row.digits}f}",
        "expected": "—" if row.expected is None else f"{row.expected:,.{row.digits}f}",
        "up": row.z is not None and row.z > 0,
        "p": _chance(row.p),
        "adjusted": _chance(row.adjusted),
    }


def _chance(p: float | None) -> str:
    """A p-value as it is written: small ones are only told to be small."""
    return "" if p is None else "小于 0.0001" if p < 0.0001 else f"{p:.4f}"


def _one(who: Actor, id: UUID) -> Anomaly:
    row = Anomaly.visible_to(who).filter(pk=id).first()
    if row is None:
        raise not_found("异常")
    return row


@reads(Anomaly)
def anomaly(request: HttpRequest, id: UUID) -> HttpResponse:
    """One anomaly: how far, against what, by which test, what moves with it, what people said."""
    who = actor_of(request)
    row = _one(who, id)
    names = place_names(who, {row.region[:9], row.region[:6]})
    may = {name: bool(who.lines(name, "city_operations.anomaly")) for name in ("acknowledge", "judge")}
    context = {
        **_line(row, names),
        "may": may,
        "may_advise": row.source == "indicator" and bool(who.lines("advise", "city_operations.advice")),
        "may_supervise": bool(who.lines("supervise", "city_operations.supervision")),
        "href": f"/desk/indicators/{row.series}/?region={row.region}"
        if row.source == "indicator"
        else f"/desk/things/datastream/?number={row.series}",
        "scan": Scan.visible_to(who).filter(hour=row.last_at).first(),
        "live_ticket_url": "/desk/live-ticket",
    }
    return render(request, "city_operations/anomaly.html", context)


@reads(Anomaly)
def course(request: HttpRequest, id: UUID) -> HttpResponse:
    """The series of an anomaly beside what is normal for each hour, seven days back and one ahead, as chart data."""
    who = actor_of(request)
    row = _one(who, id)
    return JsonResponse(band(who, row.source, row.series, row.region, row.title, row.unit, full_hour(timezone.now())))


def band(who: Actor, source: str, name: str, region: str, title: str, unit: str, now: datetime) -> dict[str, Any]:
    """A series with its normal band; the band alone goes on for the next day."""
    start, end = now - timedelta(days=7), now + HOUR
    seen = panel(
        start, end, names=[name] if source == "indicator" else None, region=region if source == "indicator" else None
    )
    row = next((at for at, one in enumerate(seen.keys) if one.key == (source, name, region)), None)
    hours = int((end - start) / HOUR) + 24
    moments = [(start + step * HOUR).isoformat() for step in range(hours)]
    lines: list[dict[str, Any]] = []
    if row is not None:
        points = [
            [at, None if v != v else round(float(v), 3)] for at, v in zip(moments, seen.values[row], strict=False)
        ]
        lines.append({"name": title, "unit": unit, "kind": "line", "points": points})
    stored = Baseline.visible_to(who).filter(source=source, series=name, region=region).first()
    if stored is not None:
        base = as_arrays([stored])
        kinds, of_day = baseline.cells(start, hours, calendar())
        centre, scale = base.centre[0, kinds, of_day], base.scale[0, kinds, of_day]
        for word, edge in (("常态", centre), ("常态上限", centre + 1.96 * scale), ("常态下限", centre - 1.96 * scale)):
            points = [[at, None if v != v else round(float(v), 3)] for at, v in zip(moments, edge, strict=True)]
            lines.append({"name": word, "unit": unit, "kind": "estimate", "points": points})
    return {"series": lines, "limits": []}


urlpatterns = [
    path("anomalies/", desk),
    path("anomaly/<uuid:id>/", anomaly),
    path("anomaly/<uuid:id>/course.json", course),
]

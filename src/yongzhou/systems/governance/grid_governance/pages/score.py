"""考核: units by their figures; every figure opens the rows it counts."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from yongzhou.core.calendar import SHANGHAI
from yongzhou.core.home import Home
from yongzhou.core.operations.problem import Problem
from yongzhou.core.pages import actor_of, reads
from yongzhou.systems.governance.grid_governance.models import Event
from yongzhou.systems.governance.grid_governance.scorecard import BY_NAME, MEASURES, Line, card, weights

ROWS: Final = 200
UNITS: Final = 80
LOW: Final = 80.0


def _period(request: HttpRequest) -> tuple[datetime, datetime, str]:
    """The asked month (`?month=2026-06`), this month without one; 400 for what is no month."""
    now = timezone.now().astimezone(SHANGHAI)
    text = request.GET.get("month", "")
    try:
        first = datetime.strptime(text, "%Y-%m").replace(tzinfo=SHANGHAI) if text else now
        since = first.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        until = (since + timedelta(days=32)).replace(day=1)
    except (ValueError, OverflowError):
        raise Problem("query", "月份应写作 2026-06", status=400, remedy="请从页面上选择月份") from None
    return since, until, f"{since:%Y-%m}"


@require_GET
@reads(Event)
def scorecard(request: HttpRequest) -> HttpResponse:
    """One line a unit, one column a measure."""
    since, until, month = _period(request)
    weight = weights(Home.here().city_folder / "score_weights.csv")
    lines = card(actor_of(request), since, until, weight)
    level = request.GET.get("level", "county")
    lengths = {"city": 4, "county": 6, "town": 9}
    if level in lengths:
        lines = [line for line in lines if len(line.region) == lengths[level]]
    context = {
        "heads": [{"measure": measure, "weight": weight.get(measure.name, 0)} for measure in MEASURES],
        "lines": [_shown(line, place) for place, line in enumerate(lines[:UNITS], start=1)],
        "more": max(0, len(lines) - UNITS),
        "month": month,
        "before": f"{since - timedelta(days=1):%Y-%m}",
        "after": f"{until:%Y-%m}" if until <= timezone.now() else "",
        "level": level,
        "synthetic": _origin(request, since, until),
        "levels": [("city", "市级"), ("county", "县区"), ("town", "乡镇"), ("", "全部")],
        "now": timezone.now(),
    }
    return render(request, "grid_governance/scorecard.html", context)


def _origin(request: HttpRequest, since: datetime, until: datetime) -> str:
    """Whether the month holds synthetic events: then the whole card is marked."""
    rows = Event.visible_to(actor_of(request)).filter(due__gte=since, due__lt=until, origin="synthetic")
    return "synthetic" if rows.exists() else "measured"


def _shown(line: Line, place: int) -> dict[str, Any]:
    cells = [
        {"cell": cell, "low": cell.percent is not None and cell.percent < LOW, "name": cell.measure.name}
        for cell in line.cells
    ]
    return {
        "place": place if line.ranked else "",
        "code": line.code,
        "name": line.name,
        "score": line.score,
        "weight": line.weight,
        "cells": cells,
    }


@require_GET
@reads(Event)
def scored(request: HttpRequest) -> HttpResponse:
    """The rows behind one figure: all of them, what costs points first."""
    since, until, month = _period(request)
    measure = BY_NAME.get(request.GET.get("measure", ""))
    code = request.GET.get("unit", "")
    if measure is None or not code:
        raise Problem("not_found", "没有这个考核项或单位", status=404, remedy="请从考核表里点开")
    rows = measure.rows(actor_of(request), since, until).filter(**{f"{measure.unit}__code": code})
    rows = rows.select_related(*filter(None, (measure.unit, measure.event)))
    good = set(rows.filter(measure.good).values_list("pk", flat=True))
    shown = [(row, getattr(row, measure.event) if measure.event else row) for row in rows[:5000]]
    shown.sort(key=lambda pair: pair[0].pk in good)
    context = {
        "measure": measure,
        "unit": rows.values_list(f"{measure.unit}__name", flat=True).first() or code,
        "month": month,
        "good": len(good),
        "of": len(shown),
        "rows": [
            {"row": row, "event": event, "good": row.pk in good, "at": getattr(row, measure.when)}
            for row, event in shown[:ROWS]
        ],
        "more": len(shown) > ROWS,
        "now": timezone.now(),
    }
    return render(request, "grid_governance/scored.html", context)

"""反复问题: what comes again, on a map, with the judgement that turns it into a cure at the source."""

from __future__ import annotations

from typing import Final

from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from yongzhou.core.pages import actor_of, reads
from yongzhou.systems.governance.grid_governance.models import RepeatCause

ROWS: Final = 60
VIEWS: Final = (
    ("place", "同一地点反复", Q(kind="place")),
    ("cluster", "时空聚集", Q(kind="cluster")),
    ("hotspot", "热点区域", Q(kind="hotspot")),
    ("judged", "已研判", ~Q(state="open")),
)


@require_GET
@reads(RepeatCause)
def causes(request: HttpRequest) -> HttpResponse:
    """Causes by kind, most events first."""
    who, name = actor_of(request), request.GET.get("view", "place")
    rows = RepeatCause.visible_to(who)
    counts = rows.aggregate(**{view: Count("pk", filter=q) for view, _, q in VIEWS})
    chosen = next((q for view, _, q in VIEWS if view == name), VIEWS[0][2])
    shown = list(rows.filter(chosen).select_related("type", "unit", "cure").order_by("-count", "-last_at")[:ROWS])
    context = {
        "rows": shown,
        "tabs": [
            {"name": view, "title": title, "count": counts[view], "current": view == name} for view, title, _ in VIEWS
        ],
        "view": name,
        "may_judge": bool(who.lines("mine", "grid_governance.repeatcause")),
        "found_at": max((row.found_at for row in shown), default=None),
        "synthetic": next((row.origin for row in shown if row.origin != "measured"), "measured"),
        "now": timezone.now(),
    }
    return render(request, "grid_governance/causes.html", context)

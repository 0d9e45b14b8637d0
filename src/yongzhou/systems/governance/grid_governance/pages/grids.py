"""网格台账: every grid with worker, work and outline; dividing and joining start here."""

from __future__ import annotations

from typing import Final

from django.db.models import Count, Q, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from yongzhou.core.pages import actor_of, reads
from yongzhou.core.places.models import Place
from yongzhou.systems.governance.grid_governance.models import Event, GridPost, GridProfile, PatrolPoint
from yongzhou.systems.governance.grid_governance.operations.common import OPEN

ROWS: Final = 300


@require_GET
@reads(GridProfile)
def grids(request: HttpRequest) -> HttpResponse:
    """Grids in use by code, with `?town=` (9 digits) narrowed to one township."""
    who, town = actor_of(request), request.GET.get("town", "")
    all_ = GridProfile.visible_to(who).filter(ended__isnull=True)
    rows = all_.filter(region__startswith=town[:9]) if town.isdecimal() else all_
    shown = list(rows.select_related("grid__parent", "unit").order_by("region")[:ROWS])
    keys = [row.grid_id for row in shown]
    workers: dict[object, list[GridPost]] = {}
    for post in GridPost.visible_to(who).filter(grid__in=keys).select_related("person").order_by("-main"):
        workers.setdefault(post.grid_id, []).append(post)
    open_ = dict(
        Event.visible_to(who)
        .filter(grid__in=keys, state__in=OPEN)
        .order_by()
        .values_list("grid")
        .annotate(count=Count("pk"))
        .values_list("grid", "count")
    )
    points = {
        row["grid"]: row
        for row in PatrolPoint.visible_to(who)
        .filter(grid__in=keys, active=True)
        .order_by()
        .values("grid")
        .annotate(all=Count("pk"), seen=Count("pk", filter=Q(checked_at__isnull=False)))
    }
    towns: set[Place] = {row.grid.parent for row in all_.select_related("grid__parent") if row.grid.parent is not None}
    context = {
        "rows": [
            {
                "row": row,
                "posts": workers.get(row.grid_id, []),
                "open": open_.get(row.grid_id, 0),
                "points": points.get(row.grid_id, {"all": 0, "seen": 0}),
            }
            for row in shown
        ],
        "towns": sorted(towns, key=lambda place: str(place.code)),
        "town": town,
        "empty_posts": sum(row.grid_id not in workers for row in shown),
        "households": rows.aggregate(sum=Sum("households"))["sum"] or 0,
        "may_divide": bool(who.lines("divide", "grid_governance.gridprofile")),
        "synthetic": next((row.origin for row in shown if row.origin != "measured"), "measured"),
        "now": timezone.now(),
    }
    return render(request, "grid_governance/grids.html", context)

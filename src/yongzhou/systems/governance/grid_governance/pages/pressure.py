"""督办红榜: what is overdue, what a 督办 waits for, which 会商 is open, which joint unit is late."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from yongzhou.core.pages import actor_of, reads
from yongzhou.systems.governance.grid_governance.clock import RUNG_NAMES
from yongzhou.systems.governance.grid_governance.models import Arbitration, CoTask, Event, Supervision
from yongzhou.systems.governance.grid_governance.operations.common import CO_OPEN, OPEN, RUNNING

ROWS = 50


@require_GET
@reads(Event)
def pressure(request: HttpRequest) -> HttpResponse:
    """The leader's and the unit's page: everything here wants somebody to act."""
    who, now = actor_of(request), timezone.now()
    red = Event.visible_to(who).filter(state__in=RUNNING, due__lt=now).select_related("unit", "handler").order_by("due")
    pressed = Supervision.visible_to(who).filter(kind="supervise").exclude(state="ended")
    pressed = pressed.select_related("event", "unit", "issuer").order_by("reply_due")
    rulings = Arbitration.visible_to(who).filter(decided_at__isnull=True).select_related("event").order_by("due")
    joint = CoTask.visible_to(who).filter(state__in=CO_OPEN, event__state__in=OPEN).select_related("event", "unit")
    proposals = Arbitration.visible_to(who).exclude(proposal="").select_related("event").order_by("-decided_at")
    context = {
        "red": [{"row": row, "rung": RUNG_NAMES[max(row.rung, 3)]} for row in red[:ROWS]],
        "red_count": red.count(),
        "pressed": list(pressed[:ROWS]),
        "rulings": list(rulings[:ROWS]),
        "joint": list(joint.order_by("due")[:ROWS]),
        "proposals": list(proposals[:10]),
        "may_press": bool(who.lines("supervise", "grid_governance.supervision")),
        "may_reply": bool(who.lines("handle", "grid_governance.supervision")),
        "may_rule": bool(who.lines("arbitrate", "grid_governance.event")),
        "may_join": bool(who.lines("handle", "grid_governance.cotask")),
        "now": now,
    }
    return render(request, "grid_governance/pressure.html", context)

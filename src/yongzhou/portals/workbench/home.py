"""The first page: what is urgent for me, what was told to me, the numbers that I watch."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django.db.models import F
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from yongzhou.core.bus.live import ticket
from yongzhou.core.data.record import Record
from yongzhou.core.data.registry import records
from yongzhou.core.inbox.models import Message
from yongzhou.core.indicators.figures import values
from yongzhou.core.matters.life import CLOSED
from yongzhou.core.matters.models import Matter
from yongzhou.portals.gate.middleware import actor
from yongzhou.portals.workbench.access import staff
from yongzhou.portals.workbench.indicators import open_to
from yongzhou.portals.workbench.nav import my_open_matters, unread

LIVE_TOPICS: Final = {
    "latest": "things.datastream",
    "alarms": "telemetry.alarm",
    "matter": "matters.matter",
    "indicator": "",
    "inbox": "",
}  # topic to the record whose readers may hear it


WATCHED: Final = (
    "city_operations.open_matters",
    "city_operations.open_grave_matters",
    "city_operations.overdue_matters",
    "grid_governance.on_time_rate",
    "water.stations_over_warning",
    "water.area_rain_3h",
)


@staff
def home(request: HttpRequest) -> HttpResponse:
    """My tasks by urgency, messages, watched indicators."""
    who = actor(request)
    tasks = my_open_matters(who).select_related("unit", "handler").order_by(F("due").asc(nulls_last=True))[:12]
    urgent = not tasks
    if urgent:
        rows = Matter.visible_to(who).exclude(state__in=CLOSED).select_related("unit", "handler")
        tasks = rows.order_by(F("due").asc(nulls_last=True))[:12]
    context = {
        "tasks": list(tasks),
        "urgent": urgent,
        "messages_unread": list(unread(who).order_by("-at")[:8]),
        "figures": list(values(open_to(who)[:6]).values()),
        "now": timezone.now(),
    }
    return render(request, "workbench/home.html", context)


@staff
def tasks(request: HttpRequest) -> HttpResponse:
    """All my open matters, overdue first."""
    rows = (
        my_open_matters(actor(request)).select_related("unit", "handler").order_by(F("due").asc(nulls_last=True))[:200]
    )
    return render(request, "workbench/tasks.html", {"tasks": list(rows)})


@staff
def inbox(request: HttpRequest) -> HttpResponse:
    """Messages to me and my unit; reading one marks it and opens what it is about."""
    who = actor(request)
    if request.method == "POST":
        unread(who).update(read_at=timezone.now())
        return redirect("/desk/inbox/")
    rows = list(Message.visible_to(who).order_by("-at")[:100]) or list(unread(who).order_by("-at")[:100])
    return render(request, "workbench/inbox.html", {"rows": rows})


@staff
def message(request: HttpRequest, id: UUID) -> HttpResponse:
    """Open what a message is about."""
    found = unread(actor(request)).filter(pk=id).first() or Message.visible_to(actor(request)).filter(pk=id).first()
    if found is None:
        return redirect("/desk/inbox/")
    Message.objects.filter(pk=found.pk, read_at__isnull=True).update(read_at=timezone.now())
    model: type[Record] | None = records().get(found.resource)
    if model is None or found.record is None:
        return redirect("/desk/inbox/")
    return redirect(f"/desk/{found.resource.replace('.', '/')}/{found.record}/")


@staff
def live_ticket(request: HttpRequest) -> HttpResponse:
    """A short-lived ticket for the server-sent events that this person may hear."""
    if request.method != "POST":
        return JsonResponse({"title": "请用 POST"}, status=405)
    who = actor(request)
    heard = who.lines("read", "things.datastream") + who.lines("read", "matters.matter")
    regions = sorted({grant.region for grant in heard if grant.region is not None})
    topics = [topic for topic, resource in LIVE_TOPICS.items() if not resource or who.lines("read", resource)]
    return JsonResponse({"ticket": ticket(who.id, topics, regions), "topics": topics})

"""The first page: what is urgent for me, what was told to me, the numbers that I watch."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django.db.models import F
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from yongzhou.core.bus.live import ticket
from yongzhou.core.data.query import moment
from yongzhou.core.data.record import Record
from yongzhou.core.data.registry import records
from yongzhou.core.inbox.reading import mark_read, messages_of, topics_of, unread_of
from yongzhou.core.indicators.figures import values
from yongzhou.core.matters.life import CLOSED
from yongzhou.core.matters.models import Matter
from yongzhou.core.operations.problem import not_found
from yongzhou.portals.gate.middleware import actor
from yongzhou.portals.workbench.access import staff
from yongzhou.portals.workbench.help import SECTIONS
from yongzhou.portals.workbench.indicators import open_to
from yongzhou.portals.workbench.nav import my_open_matters

PAGE: Final = 50
LIVE_TOPICS: Final = {
    "latest": "things.datastream",
    "alarms": "telemetry.alarm",
    "matter": "matters.matter",
    "indicator": "",
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
        "messages_unread": list(unread_of(who)[:8]),
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
    """Messages to me and my unit, unread or all; a POST marks one (`id`) or all as read."""
    who = actor(request)
    if request.method == "POST":
        text = request.POST.get("id", "")
        mark_read(who, _uuid(text) if text else None)
        return redirect("/desk/inbox/?all=1" if request.POST.get("all") else "/desk/inbox/")
    everything = bool(request.GET.get("all"))
    rows = messages_of(who) if everything else unread_of(who)
    before = moment(request.GET.get("before", ""))
    if before is not None:
        rows = rows.filter(at__lt=before)
    found = list(rows[: PAGE + 1])
    context = {
        "rows": found[:PAGE],
        "everything": everything,
        "next": found[PAGE - 1].at.isoformat() if len(found) > PAGE else "",
    }
    return render(request, "workbench/inbox.html", context)


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise not_found("消息") from None


@staff
def inbox_count(request: HttpRequest) -> HttpResponse:
    """For the bell: how many are unread, and the newest of them."""
    rows = unread_of(actor(request))
    newest = rows.first()
    latest = {"text": newest.text, "href": f"/desk/inbox/{newest.pk}/"} if newest else None
    return JsonResponse({"count": rows[:100].count(), "latest": latest})


@staff
def message(request: HttpRequest, id: UUID) -> HttpResponse:
    """Open what a message is about, which marks it as read."""
    who = actor(request)
    found = messages_of(who).filter(pk=id).first()
    if found is None:
        raise not_found("消息")
    mark_read(who, id)
    model: type[Record] | None = records().get(found.resource)
    if model is None or found.record is None:
        return redirect("/desk/inbox/?all=1")
    return redirect(f"/desk/{found.resource.replace('.', '/')}/{found.record}/")


@staff
def help_page(request: HttpRequest) -> HttpResponse:
    """How the desk is used: one short page; the palette finds its sections."""
    return render(request, "workbench/help.html", {"sections": SECTIONS})


@staff
def live_ticket(request: HttpRequest) -> HttpResponse:
    """A short-lived ticket for the server-sent events that this person may hear."""
    if request.method != "POST":
        return JsonResponse({"title": "请用 POST"}, status=405)
    who = actor(request)
    heard = who.lines("read", "things.datastream") + who.lines("read", "matters.matter")
    regions = sorted({grant.region for grant in heard if grant.region is not None})
    topics = [topic for topic, resource in LIVE_TOPICS.items() if not resource or who.lines("read", resource)]
    topics += topics_of(who)
    return JsonResponse({"ticket": ticket(who.id, topics, regions), "topics": topics})

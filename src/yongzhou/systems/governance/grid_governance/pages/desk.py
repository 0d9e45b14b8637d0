"""值班台 and the page of an event: what runs out first, what happened, what next."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from yongzhou.core.data.files import FileRefused, keep_photo
from yongzhou.core.operations.problem import Problem, not_found
from yongzhou.core.operations.run import run
from yongzhou.core.pages import actor_of, reads, told
from yongzhou.systems.governance.grid_governance.actions import STEPS, Field, Step, offer
from yongzhou.systems.governance.grid_governance.maps import queue
from yongzhou.systems.governance.grid_governance.models import Event
from yongzhou.systems.governance.grid_governance.story import story

ROWS: Final = 50
_UNSENT: Final = ("reported", "accepted", "reopened")
VIEWS: Final = (
    ("all", "全部未结", Q()),
    ("unsent", "待派单", Q(state__in=_UNSENT)),
    ("unsigned", "待签收", Q(state="assigned")),
    ("working", "处置中", Q(state="handling")),
    ("check", "待核查", Q(state__in=("done", "verified"))),
    ("ruling", "待会商", Q(arbitration="open")),
)


@require_GET
@reads(Event)
def duty(request: HttpRequest) -> HttpResponse:
    """值班台: what runs out first, with map, candidates and one key per action."""
    who, name = actor_of(request), request.GET.get("view", "all")
    rows = queue(who)
    counts = rows.order_by().aggregate(
        **{view: Count("pk", filter=q) if q else Count("pk") for view, _, q in VIEWS},
        late=Count("pk", filter=Q(next_due__lt=timezone.now())),
    )
    chosen = next((q for view, _, q in VIEWS if view == name), Q())
    shown = list(rows.filter(chosen).select_related("unit", "type", "handler")[:ROWS])
    context = {
        "rows": shown,
        "total": counts["all"],
        "late": counts["late"],
        "tabs": [
            {"name": view, "title": title, "count": counts[view], "current": view == name} for view, title, _ in VIEWS
        ],
        "view": name,
        "more": counts.get(name, 0) > len(shown),
        "synthetic": next((row.origin for row in shown if row.origin != "measured"), "measured"),
        "now": timezone.now(),
        "may_report": bool(who.lines("report", "grid_governance.event")),
    }
    return render(request, "grid_governance/duty.html", context)


def _one(request: HttpRequest, id: UUID) -> Event:
    row = (
        Event.visible_to(actor_of(request))
        .select_related("unit", "type", "handler", "verifier", "grid", "thing", "parent", "repeat_of")
        .filter(pk=id)
        .first()
    )
    if row is None:
        raise not_found("事件")
    return row


@require_GET
@reads(Event)
def event(request: HttpRequest, id: UUID) -> HttpResponse:
    """One event: what happened, where, whence, what next."""
    try:
        row = _one(request, id)
    except Problem as problem:
        return told(request, problem)
    return _event_page(request, row, "grid_governance/event.html")


@require_GET
@reads(Event)
def panel(request: HttpRequest, id: UUID) -> HttpResponse:
    """The side panel of the duty desk."""
    try:
        return _event_page(request, _one(request, id), "grid_governance/panel.html")
    except Problem as problem:
        return HttpResponse(f'<div class="card-body">{problem.title}</div>', status=problem.status)


def _event_page(
    request: HttpRequest, row: Event, template: str, problem: Problem | None = None, verb: str = ""
) -> HttpResponse:
    who = actor_of(request)
    context = {
        **story(row, who),
        "event": row,
        "offer": offer(row, who),
        "problem": problem,
        "failed": verb,
        "given": request.POST.dict() if problem else {},
        "now": timezone.now(),
        "back": request.GET.get("next", ""),
    }
    return render(request, template, context, status=problem.status if problem else 200)


@require_POST
@reads(Event)
def act(request: HttpRequest, id: UUID, verb: str) -> HttpResponse:
    """One step of an event by its form; what is wrong is said on the event's own page."""
    try:
        row = _one(request, id)
        step = next((step for step in STEPS if step.verb == verb and row.state in step.states), None)
        if step is None:
            raise Problem("not_now", "这一步现在不可用", status=409, remedy="请刷新，看看它现在走到了哪一步")
        run(step.operation, actor_of(request), {"event": str(id), **_given(request, step)}, door="form")
    except FileRefused as error:
        return _event_page(
            request, row, "grid_governance/event.html", Problem("file", str(error), field="photos"), verb
        )
    except Problem as problem:
        if problem.status == 404:
            return told(request, problem)
        return _event_page(request, _one(request, id), "grid_governance/event.html", problem, verb)
    messages.success(request, f"已{step.title}：{row.title}")
    back = request.POST.get("next", "")
    return HttpResponseRedirect(back if back.startswith("/desk/") else f"/desk/grid_governance/event/{id}/")


def _given(request: HttpRequest, step: Step) -> dict[str, Any]:
    data: dict[str, Any] = {}
    if version := request.POST.get("row_version"):
        data["row_version"] = version
    for field in step.fields:
        data |= _value(request, field)
    return data


def _value(request: HttpRequest, field: Field) -> dict[str, Any]:
    if field.kind == "photos":
        files = request.FILES.getlist("photos")[:9]
        return {"photos": [keep_photo(file, name=file.name or "照片.jpg").row() for file in files]}
    if field.kind == "place":
        return {name: request.POST[name] for name in ("lon", "lat", "accuracy_m") if request.POST.get(name)}
    if field.kind == "yes":
        return {field.name: request.POST.get(field.name) in ("on", "1", "true")}
    value = request.POST.get(field.name, "").strip()
    return {field.name: value} if value or field.required else {}

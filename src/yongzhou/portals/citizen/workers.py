"""A grid worker's pages: today's tasks by time left, one task with its two taps, the map."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from django.contrib import messages
from django.db.models import F, Q
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render

from yongzhou.core.crypto import uuid7
from yongzhou.core.data.actor import Actor
from yongzhou.core.data.files import FileRefused, keep_photo
from yongzhou.core.data.files import path_of as file_path
from yongzhou.core.data.geometry import lon_lat
from yongzhou.core.matters.life import CLOSED
from yongzhou.core.matters.models import MatterStep
from yongzhou.core.operations.problem import Problem, forbidden, not_found
from yongzhou.core.operations.registry import Operation
from yongzhou.core.operations.run import run
from yongzhou.core.places.models import Place
from yongzhou.portals.citizen.arrivals import (
    answered,
    arrived,
    clash,
    dated,
    last_move,
    moved_by_others,
    of_another,
    seen_at,
)
from yongzhou.portals.citizen.offline import LATER, door_of, refusal
from yongzhou.portals.citizen.pages import context, is_worker, signed_in
from yongzhou.portals.gate.middleware import actor
from yongzhou.systems.governance.grid_governance.models import Event
from yongzhou.systems.governance.grid_governance.operations.checking import verify as verify_operation
from yongzhou.systems.governance.grid_governance.operations.dispatching import sign as sign_operation
from yongzhou.systems.governance.grid_governance.operations.handling import handle as handle_operation
from yongzhou.systems.governance.grid_governance.operations.handling import remark
from yongzhou.systems.governance.grid_governance.operations.handling import report_done as done_operation

_OPERATIONS: Final[dict[str, Operation[Any, Any]]] = {
    "sign": sign_operation,
    "handle": handle_operation,
    "done": done_operation,
    "verify": verify_operation,
    "note": remark,
}
_SAID = {"sign": "已签收", "handle": "已记录", "done": "已反馈，等别人核查", "verify": "已核查", "note": "已留作记录"}


@signed_in
def tasks(request: HttpRequest) -> HttpResponse:
    """What to do first, then the rest; what others have to check is not mine."""
    who = actor(request)
    if not is_worker(who) and not who.lines("verify", "grid_governance.event"):
        raise forbidden("这是网格员和核查员的页面")
    rows = list(_mine(who))
    grid = Place.objects.filter(code=_scope(who)).values_list("name", flat=True).first() or ""
    return render(
        request,
        "citizen/tasks.html",
        context(
            request,
            "tasks",
            heading="今日任务",
            bar_text=grid,
            first=rows[0] if rows else None,
            rest=rows[1:],
            count=len(rows),
        ),
    )


@signed_in
def task(request: HttpRequest, id: UUID) -> HttpResponse:
    """One task: what, where, how long, and the one thing to do next."""
    who = actor(request)
    event = _visible(who, id)
    if request.method == "POST":
        return _act(request, who, event)
    return _draw(request, who, event)


def _act(request: HttpRequest, who: Actor, event: Event) -> HttpResponse:
    name, door = request.POST.get("act", ""), door_of(request)
    op = _OPERATIONS.get(name)
    if op is None:
        raise Problem("invalid", "没有这个动作", status=422)
    if door and (other := of_another(request, who)):
        return other
    key = (request.headers.get("Idempotency-Key") or request.POST.get("key", ""))[:100]
    seen = request.POST.get("base", "")
    if door and seen and name != "note" and not answered(op, who, key) and moved_by_others(event, who, seen):
        return clash(event, who, _acts(who, event), seen)
    given: dict[str, Any] = {"event": event.pk}
    try:
        if name != "sign":
            given |= _on_the_spot(request)
        if name == "verify":
            given["passed"] = request.POST.get("passed") == "1"
        run(op, who, given, door="form", key=key or None)
    except FileRefused as refused:
        problem = Problem("photo", str(refused), field="photos", status=413 if "MB" in str(refused) else 422)
        return refusal(problem) if door == LATER else _draw(request, who, event, problem, given)
    except Problem as problem:
        if door and problem.status == 409 and problem.code != "key_reused":
            event = _visible(who, event.pk)
            return clash(event, who, _acts(who, event), seen, problem.title)
        return refusal(problem) if door == LATER else _draw(request, who, event, problem, given)
    href = "/app/tasks/" if name in ("done", "verify") else f"/app/tasks/{event.pk}/"
    if door != LATER:
        messages.success(request, _SAID[name])
    return arrived(href, _SAID[name]) if door else redirect(href)


def _on_the_spot(request: HttpRequest) -> dict[str, Any]:
    photos = [keep_photo(upload, name=upload.name or "照片").row() for upload in request.FILES.getlist("photos")[:9]]
    photos += [{"sha256": digest} for digest in request.POST.getlist("kept")[:9]]
    given: dict[str, Any] = {"text": dated(request.POST.get("text", "").strip(), seen_at(request)), "photos": photos}
    return given | {key: request.POST[key] for key in ("lon", "lat") if request.POST.get(key)}


def _acts(who: Actor, event: Event) -> list[str]:
    """What this person may do with an event as it stands, the next step first."""
    act = {"assigned": "sign", "reopened": "sign", "handling": "done", "done": "verify"}.get(event.state, "")
    if act == "verify" and (event.handler_id == who.id or not who.lines("verify", "grid_governance.event")):
        act = ""
    if act in ("sign", "done") and not is_worker(who):
        act = ""
    return [*([act] if act else []), *(["note"] if is_worker(who) else [])]


def _draw(
    request: HttpRequest,
    who: Actor,
    event: Event,
    problem: Problem | None = None,
    given: dict[str, Any] | None = None,
) -> HttpResponse:
    steps = list(MatterStep.objects.filter(matter=event.pk).order_by("-at")[:30])
    place = lon_lat(event.geometry)
    return render(
        request,
        "citizen/task.html",
        context(
            request,
            "tasks",
            heading="任务",
            back="/app/tasks/",
            event=event,
            steps=steps,
            act=next((act for act in _acts(who, event) if act != "note"), ""),
            base=last_move(event),
            problem=problem,
            place=place,
            key=request.POST.get("key") or str(uuid7()),
            text=request.POST.get("text", ""),
            kept=(given or {}).get("photos", []),
        ),
        status=problem.status if problem else 200,
    )


@signed_in
def area(request: HttpRequest) -> HttpResponse:
    """My events on the map."""
    rows = list(_mine(actor(request)))
    points = [at for row in rows if (at := lon_lat(row.geometry))]
    bounds = ""
    if points:
        west, east = min(p[0] for p in points) - 0.02, max(p[0] for p in points) + 0.02
        south, north = min(p[1] for p in points) - 0.02, max(p[1] for p in points) + 0.02
        bounds = f"{west},{south},{east},{north}"
    return render(request, "citizen/map.html", context(request, "map", heading="地图", bounds=bounds, count=len(rows)))


@signed_in
def events(request: HttpRequest) -> HttpResponse:
    """My events as GeoJSON."""
    features = [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": at},
            "properties": {
                "id": str(row.pk),
                "title": row.title,
                "level": row.level,
                "state": row.state,
                "href": f"/app/tasks/{row.pk}/",
            },
        }
        for row in _mine(actor(request))
        if (at := lon_lat(row.geometry))
    ]
    return JsonResponse({"type": "FeatureCollection", "features": features})


@signed_in
def photo(request: HttpRequest, id: UUID, sha256: str) -> HttpResponse:
    """A photograph of one of my tasks."""
    event = _visible(actor(request), id)
    held = {item.get("sha256") for item in event.photos}
    held |= {item.get("sha256") for step in MatterStep.objects.filter(matter=event.pk) for item in step.files}
    if sha256 not in held or not file_path(sha256).exists():
        raise not_found("照片")
    response = HttpResponse(file_path(sha256).read_bytes(), content_type="image/jpeg")
    response["Cache-Control"] = "private, max-age=3600"
    return response


def _mine(who: Actor) -> Any:
    """Open events that I handle, that wait for a hand in my area, or that I may check."""
    mine = Q(handler=who.id) & ~Q(state__in=("done", "verified"))
    if is_worker(who):
        mine |= Q(handler__isnull=True, state__in=("assigned", "handling", "reopened"))
    if who.lines("verify", "grid_governance.event"):
        mine |= Q(state="done") & ~Q(handler=who.id)
    rows = Event.visible_to(who).filter(mine).exclude(state__in=CLOSED)
    return rows.select_related("type", "unit").order_by(F("due").asc(nulls_last=True))[:60]


def _visible(who: Actor, id: UUID) -> Event:
    event = Event.visible_to(who).select_related("type", "unit", "handler").filter(pk=id).first()
    if event is None:
        raise not_found("任务")
    return event


def _scope(who: Actor) -> str:
    return max((grant.region or "" for grant in who.grants), key=len, default="")

"""巡查: the planner's day on the desk, and the walker's route on the phone."""

from __future__ import annotations

from datetime import date
from typing import Any, Final
from uuid import UUID

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from yongzhou.core.calendar import SHANGHAI
from yongzhou.core.data.actor import Actor
from yongzhou.core.data.files import FileRefused, keep_photo
from yongzhou.core.data.geometry import lon_lat
from yongzhou.core.operations.problem import Problem, not_found
from yongzhou.core.operations.run import run
from yongzhou.core.pages import actor_of, reads, told
from yongzhou.systems.governance.grid_governance.models import PatrolPoint, PatrolStop, PatrolTask
from yongzhou.systems.governance.grid_governance.operations import check_stop, plan_patrols, start_patrol

ROWS: Final = 120
TABS: Final = (
    {"title": "任务", "href": "/app/tasks/", "icon": "check"},
    {"title": "巡查", "href": "/desk/grid_governance/patrol/", "icon": "compass", "current": True},
    {"title": "地图", "href": "/app/map/", "icon": "map"},
    {"title": "消息", "href": "/app/messages/", "icon": "bell"},
)


def _day(request: HttpRequest) -> date:
    text = request.GET.get("day") or request.POST.get("day", "")
    try:
        return date.fromisoformat(text) if text else timezone.now().astimezone(SHANGHAI).date()
    except ValueError:
        raise Problem("query", "日期应写作 2026-06-18", status=400, remedy="请从日历里选择") from None


@require_GET
@reads(PatrolTask)
def patrol(request: HttpRequest) -> HttpResponse:
    """Routes of a day; who walks one himself goes straight to it."""
    who, day = actor_of(request), _day(request)
    may_plan = bool(who.lines("plan", "grid_governance.patroltask"))
    rows = PatrolTask.visible_to(who).filter(day=day).select_related("grid", "person")
    if not may_plan and (own := rows.filter(person=who.id).first()):
        return redirect(f"/desk/grid_governance/patrol/{own.pk}/")
    shown = list(rows.order_by("grid__code")[:ROWS])
    figures = {
        row["task"]: row
        for row in PatrolStop.visible_to(who)
        .filter(task__in=shown)
        .order_by()
        .values("task")
        .annotate(all=Count("pk"), done=Count("pk", filter=~Q(result="")), bad=Count("pk", filter=Q(result="problem")))
    }
    overdue = PatrolPoint.visible_to(who).filter(active=True, checked_at__isnull=True).count()
    context = {
        "rows": [{**figures.get(row.pk, {"all": 0, "done": 0, "bad": 0}), "task": row} for row in shown],
        "day": day,
        "may_plan": may_plan,
        "stops": sum(row["all"] for row in figures.values()),
        "done": sum(row["done"] for row in figures.values()),
        "bad": sum(row["bad"] for row in figures.values()),
        "never": overdue,
        "synthetic": next((row.origin for row in shown if row.origin != "measured"), "measured"),
        "now": timezone.now(),
    }
    return render(request, "grid_governance/patrol.html", context)


@require_POST
@reads(PatrolTask)
def plan_day(request: HttpRequest) -> HttpResponse:
    """Plan the asked day for the region of whoever asks."""
    who, day = actor_of(request), _day(request)
    done = run(plan_patrols, who, {"day": day, "region": (who.region or "4311")[:12]}, door="form").output
    messages.success(request, f"已为 {done.grids} 个网格排好 {done.stops} 处，{done.waiting} 处留待以后")
    return redirect(f"/desk/grid_governance/patrol/?day={day}")


def _task(who: Actor, id: UUID) -> PatrolTask:
    row = PatrolTask.visible_to(who).select_related("grid", "person").filter(pk=id).first()
    if row is None:
        raise not_found("巡查任务")
    return row


@require_http_methods(["GET", "POST"])
@reads(PatrolTask)
def walk(request: HttpRequest, id: UUID) -> HttpResponse:
    """A route on the phone: where next, what to look at, what is done."""
    who = actor_of(request)
    task = _task(who, id)
    if request.method == "POST":
        run(start_patrol, who, {"task": id}, door="form")
        return redirect(request.path)
    return _walk_page(request, who, task)


def _walk_page(
    request: HttpRequest, who: Actor, task: PatrolTask, problem: Problem | None = None, failed: UUID | None = None
) -> HttpResponse:
    stops = list(
        PatrolStop.visible_to(who).filter(task=task).select_related("point", "event", "found").order_by("place")
    )
    left = [stop for stop in stops if not stop.result]
    points = [at for stop in stops if (at := lon_lat(stop.geometry))]
    context: dict[str, Any] = {
        "heading": "今日巡查",
        "bar_text": task.grid.name,
        "tabs": TABS,
        "task": task,
        "stops": stops,
        "next": next((stop for stop in stops if stop.pk == failed), left[0] if left else None),
        "left": len(left),
        "bounds": _bounds(points),
        "may": bool(who.lines("handle", "grid_governance.patrolstop")),
        "problem": problem,
        "given": request.POST.dict() if problem else {},
        "now": timezone.now(),
    }
    return render(request, "grid_governance/walk.html", context, status=problem.status if problem else 200)


def _bounds(points: list[tuple[float, float]]) -> str:
    if not points:
        return ""
    lons, lats = [p[0] for p in points], [p[1] for p in points]
    room = 0.006
    return f"{min(lons) - room:.4f},{min(lats) - room:.4f},{max(lons) + room:.4f},{max(lats) + room:.4f}"


@require_POST
@reads(PatrolTask)
def check(request: HttpRequest, id: UUID) -> HttpResponse:
    """What was found at one stop, by the form of the route's page."""
    who = actor_of(request)
    stop = PatrolStop.visible_to(who).select_related("task__grid").filter(pk=id).first()
    if stop is None:
        return told(request, not_found("巡查点"))
    try:
        photos = [keep_photo(file, name=file.name or "照片.jpg").row() for file in request.FILES.getlist("photos")[:9]]
        given: dict[str, Any] = {"stop": id, "result": request.POST.get("result", ""), "photos": photos}
        given["text"] = request.POST.get("text", "").strip()
        given |= {name: request.POST[name] for name in ("lon", "lat", "accuracy_m") if request.POST.get(name)}
        done = run(check_stop, who, given, door="form").output
    except FileRefused as refused:
        return _walk_page(request, who, stop.task, Problem("photo", str(refused), field="photos"), id)
    except Problem as problem:
        return _walk_page(request, who, _task(who, stop.task_id), problem, id)
    said = {"fine": "已登记：正常", "problem": "已登记问题", "skipped": "已记下未能检查"}[request.POST["result"]]
    messages.success(request, said + ("，已上报为事件" if done.event else ""))
    return redirect(f"/desk/grid_governance/patrol/{stop.task_id}/")

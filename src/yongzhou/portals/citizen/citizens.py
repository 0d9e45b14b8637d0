"""A citizen's pages: home, report with "is it this one?", progress, rating, messages."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from yongzhou.core.crypto import uuid7
from yongzhou.core.data.actor import Actor
from yongzhou.core.data.files import FileRefused, keep_photo
from yongzhou.core.data.files import path_of as file_path
from yongzhou.core.inbox.models import Message
from yongzhou.core.matters.models import MatterStep
from yongzhou.core.operations.problem import Problem, not_found
from yongzhou.core.operations.run import run
from yongzhou.core.places.models import Place
from yongzhou.portals.citizen.arrivals import arrived, of_another, seen_at
from yongzhou.portals.citizen.offline import LATER, door_of, refusal
from yongzhou.portals.citizen.pages import context, is_worker, signed_in, unread_count
from yongzhou.portals.gate.middleware import actor
from yongzhou.systems.governance.grid_governance.models import Event, EventType, Report
from yongzhou.systems.governance.grid_governance.operations.checking import rate as rate_operation
from yongzhou.systems.governance.grid_governance.operations.checking import reopen as reopen_operation
from yongzhou.systems.governance.grid_governance.operations.intake import look_alike, report

FREQUENT = 6


@signed_in
def home(request: HttpRequest) -> HttpResponse:
    """Greeting, my matters in progress, what one can do here."""
    who = actor(request)
    if is_worker(who):
        return redirect("/app/tasks/")
    mine = _mine(who)
    hour = timezone.localtime().hour
    greeting = "早上好" if hour < 11 else "中午好" if hour < 14 else "下午好" if hour < 18 else "晚上好"
    return render(
        request,
        "citizen/home.html",
        context(
            request, "", greeting=greeting, name=who.name, reports=mine[:3], count=len(mine), unread=unread_count(who)
        ),
    )


@signed_in
def matters(request: HttpRequest) -> HttpResponse:
    """All that I reported."""
    return render(
        request, "citizen/matters.html", context(request, "matters", heading="我的事", reports=_mine(actor(request)))
    )


@signed_in
def matter(request: HttpRequest, id: UUID) -> HttpResponse:
    """One report's progress, with rating and "not solved" at its end."""
    filed = _own(actor(request), id)
    event = filed.event.parent if filed.event.parent_id else filed.event
    event = Event.objects.select_related("unit").get(pk=event.pk)
    steps = list(MatterStep.objects.filter(matter=event.pk).order_by("at"))
    told = [step for step in steps if step.after != step.before]
    return render(
        request,
        "citizen/matter.html",
        context(request, "matters", heading="办理进度", back="/app/matters/", filed=filed, event=event, steps=told),
    )


@signed_in
def rate(request: HttpRequest, id: UUID) -> HttpResponse:
    """One tap: stars; or "not solved" with a reason."""
    who = actor(request)
    filed = _own(who, id)
    if request.method == "POST":
        key = filed.event.parent_id or filed.event_id
        if request.POST.get("reopen"):
            run(
                reopen_operation,
                who,
                {"event": key, "reason": request.POST.get("reason", "").strip() or "问题没有解决"},
                door="form",
            )
            messages.success(request, "已转回重办，会再次通知您")
        else:
            run(
                rate_operation,
                who,
                {"event": key, "stars": request.POST.get("stars", ""), "comment": request.POST.get("comment", "")},
                door="form",
            )
            messages.success(request, "谢谢您的评价")
    return redirect(f"/app/matters/{filed.pk}/")


@signed_in
def new_report(request: HttpRequest) -> HttpResponse:
    """Photograph, place, words; nearby known events are offered before a new one is made."""
    who = actor(request)
    worker = is_worker(who)
    if request.method != "POST":
        return _draw(request, {"key": str(uuid7())})
    door = door_of(request)
    if door and (other := of_another(request, who)):
        return other
    given = _given(request, worker)
    try:
        photos = [
            keep_photo(upload, name=upload.name or "照片").row() for upload in request.FILES.getlist("photos")[:9]
        ]
        photos += [{"sha256": digest} for digest in request.POST.getlist("kept")[:9]]
        given["photos"] = photos
        if not {"lon", "region"} & given.keys():
            raise Problem("needs_place", "还没有地点", field="region", remedy="点「用当前位置」，或选所在乡镇街道")
        if door != LATER and not request.POST.get("confirmed") and not given.get("same_as"):
            words: dict[str, Any] = {
                key: given[key]
                for key in ("text", "type", "lon", "lat", "crs", "address", "region", "door")
                if key in given
            }
            alike = run(look_alike, who, words, door="form").output
            if alike.similar:
                return _draw(request, {**given, "key": given["external_id"], "kept": photos}, similar=alike.similar)
        answer = run(report, who, given, door="form", key=f"{given['external_id']}").output
    except FileRefused as refused:
        status = 413 if "MB" in str(refused) else 422
        problem = Problem("photo", str(refused), field="photos", status=status)
        return refusal(problem) if door == LATER else _draw(request, {**given, "key": given["external_id"]}, problem)
    except Problem as problem:
        if door == LATER:
            return refusal(problem)
        return _draw(request, {**given, "key": given["external_id"], "kept": given.get("photos", [])}, problem)
    said = f"已上报，编号 {answer.number}" + ("，已有人报过，一并办理" if answer.joined else "")
    href = "/app/tasks/" if worker else f"/app/matters/{answer.report}/"
    if door != LATER:
        messages.success(request, said)
    return arrived(href, said) if door else redirect(href)


def _given(request: HttpRequest, worker: bool) -> dict[str, Any]:
    post = request.POST
    given: dict[str, Any] = {
        "text": post.get("text", "").strip(),
        "address": post.get("address", "").strip(),
        "door": "grid" if worker else "citizen",
        "external_id": (request.headers.get("Idempotency-Key") or post.get("key", ""))[:80] or str(uuid7()),
        "contact": post.get("contact", "").strip(),
        "anonymous": bool(post.get("anonymous")),
    }
    for name in ("lon", "lat", "type", "region", "same_as"):
        if value := post.get(name, "").strip():
            given[name] = value
    if at := seen_at(request):
        given["at"] = at
    if "lon" in given:
        given["crs"] = "WGS84"
        given.pop("region", None)
    return given


def _draw(
    request: HttpRequest, given: dict[str, Any], problem: Problem | None = None, similar: Any = ()
) -> HttpResponse:
    types = list(EventType.objects.filter(doors__contains="citizen").values("code", "name")[:FREQUENT])
    towns = list(
        Place.objects.filter(kind="town", code__startswith="4311")
        .order_by("code")
        .values_list("code", "parent__name", "name")
    )
    return render(
        request,
        "citizen/report.html",
        context(
            request, "report", heading="上报", given=given, problem=problem, similar=similar, types=types, towns=towns
        ),
        status=problem.status if problem else 200,
    )


@signed_in
def inbox(request: HttpRequest) -> HttpResponse:
    """Messages to me; opening the page reads them."""
    who = actor(request)
    rows = list(Message.objects.filter(person=who.id).order_by("-at")[:100])
    response = render(request, "citizen/messages.html", context(request, "messages", heading="消息", rows=rows))
    Message.objects.filter(person=who.id, read_at__isnull=True).update(read_at=timezone.now())
    return response


@signed_in
def me(request: HttpRequest) -> HttpResponse:
    """Who I am, elder mode, log-out."""
    who = actor(request)
    return render(request, "citizen/me.html", context(request, "me", heading="我的", who=who, count=len(_mine(who))))


@signed_in
def photo(request: HttpRequest, id: UUID, sha256: str) -> HttpResponse:
    """A photograph of one of my reports, or of its event's steps."""
    filed = _own(actor(request), id)
    held = {item.get("sha256") for item in filed.photos}
    held |= {item.get("sha256") for step in MatterStep.objects.filter(matter=filed.event_id) for item in step.files}
    if sha256 not in held or not file_path(sha256).exists():
        raise not_found("照片")
    response = HttpResponse(file_path(sha256).read_bytes(), content_type="image/jpeg")
    response["Cache-Control"] = "private, max-age=3600"
    return response


def _mine(who: Actor) -> list[Report]:
    return list(Report.visible_to(who).filter(reporter=who.id).select_related("event__unit").order_by("-at")[:100])


def _own(who: Actor, id: UUID) -> Report:
    found = Report.visible_to(who).filter(pk=id, reporter=who.id).select_related("event__parent").first()
    if found is None:
        raise not_found("上报")
    return found

"""What a system's own page asks before it answers: who, with which right, of which moment; refusals say why."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from yongzhou.core.data.actor import Actor
from yongzhou.core.data.guard import resource_name, why
from yongzhou.core.data.record import Record
from yongzhou.core.operations.problem import Problem, forbidden

View = Callable[..., HttpResponse]


def actor_of(request: HttpRequest) -> Actor:
    """Who asks."""
    found: Actor = request.actor  # type: ignore[attr-defined]
    return found


def guarded(may: Callable[[Actor], None]) -> Callable[[View], View]:
    """Only for somebody signed in whom `may` does not refuse; a `Problem` becomes its page, or JSON where asked."""

    def guard(view: View) -> View:
        @wraps(view)
        def checked(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
            who = actor_of(request)
            if who.kind == "anonymous" and not request.path.endswith("json"):
                return redirect(f"/login/?next={quote(request.get_full_path())}")
            try:
                may(who)
                return view(request, *args, **kwargs)
            except Problem as problem:
                return told(request, problem)

        return checked

    return guard


def reads(model: type[Record]) -> Callable[[View], View]:
    """Only for somebody who may read a kind of record."""

    def may(who: Actor) -> None:
        if not who.lines("read", resource_name(model)):
            raise forbidden(why(who, "read", model).text)

    return guarded(may)


def told(request: HttpRequest, problem: Problem) -> HttpResponse:
    """A problem as a page inside the workbench, or as JSON where the address asks for it."""
    if request.path.endswith("json"):
        return JsonResponse(
            problem.document(),
            status=problem.status,
            content_type="application/problem+json",
            json_dumps_params={"ensure_ascii": False},
        )
    words = {"title": problem.title, "remedy": problem.remedy, "code": problem.code, "problem": problem}
    return render(request, "workbench/refused.html", words, status=problem.status)


def moment_of(request: HttpRequest) -> datetime | None:
    """The asked moment of the past (`?at=`), if any; one in the future is now. 400 for what is no time."""
    text = request.GET.get("at", "").strip().replace(" ", "+")
    if not text:
        return None
    try:
        at = parse_datetime(text) if len(text) < 40 else None
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise Problem("query", "at 应为带时区的时间，例如 2026-06-18T03:12:00+08:00", status=400)
    return at if at < timezone.now() else None

"""What a page of water is asked: by whom, of which moment, how far back; who may not is told why."""

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
from yongzhou.systems.governance.water.series import MAX_HOURS

View = Callable[..., HttpResponse]


def actor_of(request: HttpRequest) -> Actor:
    """Who asks."""
    found: Actor = request.actor  # type: ignore[attr-defined]
    return found


def reads(model: type[Record]) -> Callable[[View], View]:
    """Only for somebody signed in who may read a kind of record; a `Problem` becomes its page, or JSON where asked."""

    def guard(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
            who = actor_of(request)
            json = request.path.endswith("json")
            if who.kind == "anonymous" and not json:
                return redirect(f"/login/?next={quote(request.get_full_path())}")
            try:
                if not who.lines("read", resource_name(model)):
                    raise forbidden(why(who, "read", model).text)
                return view(request, *args, **kwargs)
            except Problem as problem:
                if json:
                    return JsonResponse(
                        problem.document(),
                        status=problem.status,
                        content_type="application/problem+json",
                        json_dumps_params={"ensure_ascii": False},
                    )
                words = {
                    "status": problem.status,
                    "heading": problem.title,
                    "detail": problem.remedy,
                    "back": "/desk/water/",
                }
                return render(request, "look/problem.html", words, status=problem.status)

        return guarded

    return guard


def moment_of(request: HttpRequest) -> datetime | None:
    """The asked moment of the past, if any; one in the future is now."""
    text = request.GET.get("at", "")
    if not text:
        return None
    at = parse_datetime(text.replace(" ", "+")) if len(text) < 40 else None
    if at is None or at.tzinfo is None:
        raise Problem("query", "at 应为带时区的时间，例如 2026-06-18T03:12:00+08:00", status=400)
    return at if at < timezone.now() else None


def hours_of(request: HttpRequest) -> int:
    """How far back a course goes: `?hours=`."""
    text = request.GET.get("hours", "24")
    if not text.isdigit() or not 1 <= int(text) <= MAX_HOURS:
        raise Problem("query", f"hours 应为 1 至 {MAX_HOURS} 的整数", status=400)
    return int(text)

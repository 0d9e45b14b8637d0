"""Who may see a page of iot_sensing, and how a form of it is carried out."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import quote

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render

from yongzhou.core.data.actor import Actor
from yongzhou.core.data.guard import resource_name, why
from yongzhou.core.data.record import Record
from yongzhou.core.operations.problem import Problem, forbidden
from yongzhou.core.operations.registry import Operation
from yongzhou.core.operations.run import run

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
            json = request.path.endswith("json")
            if who.kind == "anonymous" and not json:
                return redirect(f"/login/?next={quote(request.get_full_path())}")
            try:
                may(who)
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
                    "back": "/desk/iot_sensing/",
                }
                return render(request, "look/problem.html", words, status=problem.status)

        return checked

    return guard


def reads(model: type[Record]) -> Callable[[View], View]:
    """Who may read a kind of record."""

    def may(who: Actor) -> None:
        if not who.lines("read", resource_name(model)):
            raise forbidden(why(who, "read", model).text)

    return guarded(may)


def mends(resource: str, op: Operation[Any, Any]) -> Callable[[View], View]:
    """Who may read a machine's table, or may run the operation that mends it."""

    def may(who: Actor) -> None:
        if not who.lines("read", resource) and not op.open_to(who):
            raise forbidden(f"需要「{op.title}」的权限")

    return guarded(may)


def carry_out(
    request: HttpRequest, op: Operation[Any, Any], data: dict[str, object], back: str, done: str
) -> HttpResponse:
    """Run an operation from a form and go back, saying what happened."""
    if request.method != "POST":
        raise Problem("method", "请从页面上的按钮办理", status=405)
    try:
        output = run(op, actor_of(request), data, door="form").output
    except Problem as problem:
        messages.error(request, "。".join(part for part in (problem.title, problem.remedy) if part))
        return redirect(back)
    failure = getattr(output, "why", "")
    if failure:
        messages.error(request, failure)
    else:
        messages.success(request, done)
    return redirect(back)

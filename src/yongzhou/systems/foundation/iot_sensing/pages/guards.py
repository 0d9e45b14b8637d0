"""Who may mend, and how a form of iot_sensing is carried out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from yongzhou.core.data.actor import Actor
from yongzhou.core.operations.problem import Problem, forbidden
from yongzhou.core.operations.registry import Operation
from yongzhou.core.operations.run import run
from yongzhou.core.pages import View, actor_of, guarded


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

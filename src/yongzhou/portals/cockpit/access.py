"""The door of the cockpit: signed-in staff who may see things of their region; and the moment that is looked at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import wraps
from typing import Any, Final
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from yongzhou.core.data.actor import Actor
from yongzhou.core.operations.problem import Problem, forbidden
from yongzhou.portals.gate.middleware import actor

REACH: Final = timedelta(hours=25)


@dataclass(frozen=True, slots=True)
class Screen:
    """Who looks, at which moment (None: now), under which theme."""

    who: Actor
    at: datetime | None
    now: datetime
    theme: str = "flood"

    @property
    def moment(self) -> datetime:
        """The instant that is shown."""
        return self.at or self.now

    def may(self, resource: str) -> bool:
        """Whether this person may read a resource beyond his own rows."""
        return may_read(self.who, resource)


def may_read(who: Actor, resource: str) -> bool:
    """A grant for more than one's own rows."""
    return any(not grant.own for grant in who.lines("read", resource))


def screen(request: HttpRequest) -> Screen:
    """The screen of a request; `Problem` 403 without the right, 400 for a moment that cannot be shown."""
    who = actor(request)
    if not may_read(who, "things.thing"):
        raise forbidden("城市仪表盘只对有设备查看权限的工作人员开放")
    now = timezone.now()
    theme = "run" if request.GET.get("theme") == "run" else "flood"
    text = request.GET.get("at", "").strip().replace(" ", "+")  # a plus sign that an address has lost
    if not text:
        return Screen(who, None, now, theme)
    try:
        at = parse_datetime(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise Problem(
            "moment", f"看不懂时刻「{text[:40]}」", status=400, remedy="写成 2026-06-18T03:12:40+08:00 的样子"
        )
    if not now - REACH <= at <= now + timedelta(minutes=1):
        raise Problem("moment", "仪表盘只能回看最近 24 小时", status=400, remedy="更早的情形请到指标和记录里按时间查")
    return Screen(who, at, now, theme)


View = Callable[..., HttpResponse]


def looked_at(view: View) -> View:
    """Give a page its screen; a refusal is the page of its status."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if actor(request).kind == "anonymous":
            return redirect(f"/login/?next={quote(request.get_full_path())}")
        try:
            return view(request, screen(request), *args, **kwargs)
        except Problem as problem:
            return render(request, "cockpit/refused.html", {"problem": problem, "moment": None}, status=problem.status)

    return wrapped


def answered(view: View) -> View:
    """Give a JSON address its screen; a refusal is a problem document (RFC 9457)."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if actor(request).kind == "anonymous":
            return _problem(401, "请先登录")
        try:
            return view(request, screen(request), *args, **kwargs)
        except Problem as problem:
            return _problem(problem.status, problem.title)

    return wrapped


def _problem(status: int, title: str) -> JsonResponse:
    return JsonResponse({"status": status, "title": title}, status=status, content_type="application/problem+json")

"""What every phone page shares: who is here, the tabs, problems that say what to do."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from yongzhou.core.data.actor import Actor
from yongzhou.core.inbox.models import Message
from yongzhou.core.operations.problem import Problem
from yongzhou.portals.citizen.offline import OWNER, door_of, not_signed_in, owner_of, refusal
from yongzhou.portals.gate.middleware import actor

View = Callable[..., HttpResponse]


def is_worker(who: Actor) -> bool:
    """Whether somebody works on the spot: may handle events within a region or unit, not only follow his own."""
    return any(not grant.own for grant in who.lines("handle", "grid_governance.event"))


def tabs(who: Actor, current: str) -> list[dict[str, Any]]:
    """The tab bar of a citizen or a grid worker."""
    if is_worker(who):
        listed = [
            ("tasks", "任务", "list"),
            ("map", "地图", "map"),
            ("report", "上报", "camera"),
            ("me", "我的", "user"),
        ]
    else:
        listed = [
            ("", "首页", "home"),
            ("matters", "我的事", "briefcase"),
            ("report", "随手拍", "camera"),
            ("messages", "消息", "mail"),
            ("me", "我的", "user"),
        ]
    return [
        {"title": title, "href": f"/app/{name}/" if name else "/app/", "icon": icon, "current": name == current}
        for name, title, icon in listed
    ]


def context(request: HttpRequest, current: str, **more: Any) -> dict[str, Any]:
    """Context of a phone page."""
    who = actor(request)
    mine = {"owner": owner_of(who), "outbox_url": "/app/outbox/"} if who.kind != "anonymous" else {}
    return {"tabs": tabs(who, current), "worker": is_worker(who), **mine, **more}


def signed_in(view: View) -> View:
    """Only for somebody signed in; a `Problem` becomes a page with its remedy, for the outbox its document.

    The answer says whose it is: the phone keeps it for this login only.
    """

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        who = actor(request)
        if who.kind == "anonymous":
            if door_of(request):
                return not_signed_in()
            return redirect(f"/login/?next={quote(request.get_full_path())}")
        try:
            response = view(request, *args, **kwargs)
            response[OWNER] = owner_of(who)
            return response
        except Problem as problem:
            if door_of(request):
                return refusal(problem)
            return render(
                request,
                "citizen/problem.html",
                context(request, "", problem=problem, back="/app/"),
                status=problem.status,
            )

    return wrapped


@signed_in
def outbox(request: HttpRequest) -> HttpResponse:
    """待发件箱: an empty frame; what waits is on the phone only, and its script draws it."""
    return render(request, "citizen/outbox.html", context(request, "me", heading="待发件箱", back="/app/me/"))


def unread_count(who: Actor) -> int:
    """Messages that this person has not read."""
    return Message.objects.filter(person=who.id, read_at__isnull=True).count()

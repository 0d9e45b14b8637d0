"""What every page of the account shares: who is here, which frame, problems that say what to do."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import quote
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from yongzhou.core.data.actor import Actor
from yongzhou.core.operations.problem import Problem
from yongzhou.core.people.models import Login
from yongzhou.core.people.signing_in import login_of_person
from yongzhou.portals.citizen.pages import tabs
from yongzhou.portals.gate.links import account_links
from yongzhou.portals.gate.middleware import actor

View = Callable[..., HttpResponse]


def signed_in(view: View, *, acting: bool = False) -> View:
    """Only for somebody signed in, as himself: who acts for another touches no account, except to stop (`acting`)."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        who = actor(request)
        if who.kind != "person":
            return redirect(f"/login/?next={quote(request.get_full_path())}")
        try:
            if who.by is not None and not acting:
                raise Problem(
                    "forbidden", "您正在代他人办事，不能打开账户", status=403, remedy="先结束代办，再打开自己的账户"
                )
            return view(request, *args, **kwargs)
        except Problem as problem:
            return show(request, "problem.html", {"problem": problem}, status=problem.status)

    return wrapped


def root(request: HttpRequest) -> str:
    """The address below which the pages are: the desk's or the phone's."""
    return "/app/account/" if request.path.startswith("/app/") else "/desk/account/"


def show(request: HttpRequest, template: str, words: dict[str, Any], status: int = 200) -> HttpResponse:
    """A page in the frame of where it was opened."""
    who, phone = actor(request), request.path.startswith("/app/")
    context: dict[str, Any] = {"root": root(request), "who": who, "phone": phone, "here": request.path, **words}
    if phone:
        context |= {"shell": "look/phone.html", "tabs": tabs(who, "me"), "back": "/app/me/"}
    else:
        context |= {"shell": "look/workbench.html"}
    if who.kind == "person" and who.by is None:
        context["links"] = account_links(who, root(request))
    return render(request, f"account/{template}", context, status=status)


def login_of(request: HttpRequest) -> Login:
    """The login by which somebody is here."""
    found = login_of_person(actor(request).id, request.session.get("sign_in"))
    if found is None:
        raise Problem("not_found", "您没有可管理的登录", status=404, remedy="请找本单位的系统管理员")
    return found


def given(request: HttpRequest, *names: str) -> dict[str, Any]:
    """Fields of a form by name; empty ones are left out, so that an operation's defaults hold."""
    texts = {name: request.POST.get(name, "").strip()[:2000] for name in names}
    return {name: text for name, text in texts.items() if text}


def uuid_of(text: str) -> UUID:
    """An id out of a form; 404 for what is none."""
    try:
        return UUID(text)
    except ValueError:
        raise Problem("not_found", "没有找到这条记录", status=404, remedy="请刷新页面") from None


def may(who: Actor, action: str, resource: str) -> bool:
    """Whether somebody has any line of an action on a resource."""
    return bool(who.lines(action, resource))

"""Sign in, the second step, sign out, and the page for a form that came too late."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.middleware.csrf import rotate_token
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_http_methods, require_POST

from yongzhou.core.audit.lines import append
from yongzhou.core.crypto import blind
from yongzhou.core.data.actor import NOBODY
from yongzhou.core.people import factors, sessions, signing_in
from yongzhou.core.people.actors import actor_of
from yongzhou.core.people.city import DEMO_PASSWORD
from yongzhou.core.people.models import IdentityProvider, Login
from yongzhou.core.people.policy import demo_accounts
from yongzhou.portals.gate import phone
from yongzhou.portals.gate.federated import end_address
from yongzhou.portals.gate.middleware import actor, leave
from yongzhou.portals.gate.visitor import DEVICE_COOKIE, current

PENDING: Final = timedelta(minutes=5)  # between the password and the one-time code
_WRONG: Final = "登录名或密码不对；连续输错后要等一会儿再试，等待时间逐次加长"
_WRONG_CODE: Final = "动态口令或恢复码不对，或已经用过；连续输错后要等一会儿再试"


@require_http_methods(["GET", "POST"])
def login(request: HttpRequest) -> HttpResponse:
    """Sign in by name and password; an unknown name, a wrong password and one tried too early get one answer."""
    target = request.POST.get("next") or request.GET.get("next") or ""
    if request.method == "GET":
        return _form(request, target)
    name = request.POST.get("username", "").strip()[:60]
    password = request.POST.get("password", "")[: signing_in.LONGEST + 1]
    found = signing_in.check(name, password, current.get(), timezone.now()).login
    if found is None:
        note_sign_in(name, None, door="form")
        return _form(request, target, problem=_WRONG, username=name)
    return proved(request, found, "password", target)


def proved(request: HttpRequest, login: Login, method: str, target: str) -> HttpResponse:
    """The first factor is right: on to the one-time code where the login has an authenticator, else in."""
    if not factors.confirmed(login):
        return enter(request, login, method, target)
    request.session.cycle_key()
    asked = int(timezone.now().timestamp())
    request.session["pending"] = {"login": login.pk, "method": method, "next": target, "at": asked}
    return redirect("/login/second/")


@require_http_methods(["GET", "POST"])
def second(request: HttpRequest) -> HttpResponse:
    """The second step: a code of the authenticator, or a recovery code."""
    now = timezone.now()
    pending = request.session.get("pending") or {}
    if now.timestamp() - pending.get("at", 0) > PENDING.total_seconds():
        request.session.pop("pending", None)
        return redirect("/login/")
    if request.method == "GET":
        return render(request, "gate/second.html")
    login = Login.objects.filter(pk=pending["login"], is_active=True).select_related("person").first()
    kind = signing_in.check_second(login, request.POST.get("code", "")[:40], now) if login is not None else None
    if login is None or kind is None:
        note_sign_in(login.name if login is not None else "", None, door="form")
        return render(request, "gate/second.html", {"problem": _WRONG_CODE}, status=422)
    method = f"{pending['method']}+{kind}"
    return enter(request, login, method, pending["next"])


def enter(request: HttpRequest, login: Login, method: str, target: str, **kept: Any) -> HttpResponse:
    """A session for who has proved himself: a new key, its line in the audit, its row on the sessions page."""
    now = timezone.now()
    kept = {**(request.session.get("pending_kept") or {}), **kept}
    request.session.flush()
    request.session.cycle_key()
    rotate_token(request)
    visitor = current.get()
    moment = int(now.timestamp())
    row = sessions.opened(
        login,
        request.session.session_key or "",
        address=visitor.address,
        browser=request.headers.get("User-Agent", ""),
        method=method,
        now=now,
    )
    request.session.update({"person": str(login.person_id), "seen": moment, "began": moment, "sign_in": str(row.pk)})
    request.session.update(kept)
    if must := signing_in.must(login, now):
        request.session["must"] = must
    note_sign_in(login.name, login, door="form", method=method)
    response = HttpResponseRedirect(_safe(request, target) or home_of(actor_of(login.person_id, fresh=True).grants))
    response.set_cookie(
        DEVICE_COOKIE,
        signing_in.remember_device(login, visitor.device, now),
        max_age=signing_in.DEVICE_LIFE,
        httponly=True,
        samesite="Lax",
        secure=request.is_secure(),
        path="/login/",
    )
    return response


def _safe(request: HttpRequest, target: str) -> str:
    hosts, secure = {request.get_host()}, request.is_secure()
    return target if url_has_allowed_host_and_scheme(target, allowed_hosts=hosts, require_https=secure) else ""


def home_of(grants: tuple[object, ...]) -> str:
    """Where somebody lands: staff at the desk, grid workers at their tasks, citizens at the app."""
    roles = {getattr(grant, "role", "") for grant in grants}
    if "网格员" in roles:
        return "/app/tasks/"
    return "/app/" if roles <= {"市民"} else "/desk/"


def check_login(name: str, password: str) -> Login | None:
    """The login of a name and password at a door for machines; None for unknown, wrong, closed, or too early.

    A login with an authenticator gives its code behind the password and one blank; one whose first password is not
    changed, or whose role asks for an authenticator that is not there, opens no machine's door.
    """
    now = timezone.now()
    code = password[-6:] if len(password) > 7 and password[-7] == " " and password[-6:].isdigit() else ""
    strong = bool(code) and factors.confirmed_name(name)
    found = signing_in.check(name, password[:-7] if strong else password, current.get(), now).login
    if found is None or signing_in.must(found, now):
        return None
    if factors.confirmed(found) and (not strong or signing_in.check_second(found, code, now) is None):
        return None
    return found


def note_sign_in(name: str, found: Login | None, *, door: str, method: str = "password") -> None:
    """One audit line of a sign-in or of a try; what was typed for a name is kept only where a login has it."""
    if found is not None:
        append(
            actor=actor_of(found.person_id, fresh=True),
            verb="core.sign_in",
            resource="people.login",
            record_id=found.person_id,
            purpose=None,
            outcome="done",
            door=door,
            detail={"method": method},
        )
        return
    name = name.replace("\0", "")
    known = Login.objects.filter(name=name).exists()
    append(
        actor=NOBODY,
        verb="core.sign_in",
        resource="people.login",
        record_id=None,
        purpose=None,
        outcome="refused:wrong",
        door=door,
        detail={"name": name if known else blind(name, "contact")[:16]},
    )


def _form(request: HttpRequest, target: str, problem: str = "", username: str = "") -> HttpResponse:
    context = {
        "phone_url": phone.address(),
        "phone_qr": mark_safe(phone.qr_svg()),  # noqa: S308 - drawn by segno from our own address
        "next": target,
        "demo": _demo_people(),
        "providers": list(IdentityProvider.objects.filter(enabled=True).order_by("title").values("code", "title")),
        "username": username,
    }
    if problem:
        context["problem"] = problem
    return render(request, "gate/login.html", context, status=422 if problem else 200)


def _demo_people() -> list[dict[str, str]]:
    if not demo_accounts():
        return []
    rows = Login.objects.filter(person__origin="synthetic", is_active=True, temporary_until__isnull=True)
    return [
        {
            "username": row.name,
            "name": row.person.name,
            "post": row.person.job,
            "password": DEMO_PASSWORD,
            "what": row.person.unit.name if row.person.unit else "市民",
        }
        for row in rows.select_related("person__unit").order_by("pk")[:20]
    ]


@require_POST
def logout(request: HttpRequest) -> HttpResponse:
    """Sign out; who came by an identity provider is told how to leave there too."""
    who = actor(request)
    if who.kind == "person":
        append(
            actor=who,
            verb="core.sign_out",
            resource="people.login",
            record_id=who.id,
            purpose=None,
            outcome="done",
            door="form",
            detail={},
        )
    elsewhere = end_address(request)
    leave(request)
    return render(request, "gate/left.html", {"elsewhere": elsewhere}) if elsewhere else redirect("/login/")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form from another site, or one kept open over a new sign-in."""
    return render(request, "look/403.html", {"title": "表单已过期", "remedy": "请返回上一页，刷新后再提交"}, status=403)

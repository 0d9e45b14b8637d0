"""Sign in, sign out, and the pages that say why something is refused."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.contrib.auth.hashers import check_password, make_password
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import rotate_token
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_http_methods, require_POST

from yongzhou.core.audit.lines import append
from yongzhou.core.crypto import blind
from yongzhou.core.data.actor import NOBODY
from yongzhou.core.people.actors import actor_of
from yongzhou.core.people.city import DEMO_PASSWORD
from yongzhou.core.people.models import Login
from yongzhou.portals.gate import phone
from yongzhou.portals.gate.middleware import actor

TRIES: Final = 5
LOCK: Final = timedelta(minutes=10)
_DUMMY: Final = make_password("nobody")
_WRONG: Final = "登录名或密码不对，或该账号暂时锁定；连续错 5 次锁定 10 分钟"


@require_http_methods(["GET", "POST"])
def login(request: HttpRequest) -> HttpResponse:
    """Sign in by name and password; an unknown name, a wrong password and a locked login get one answer."""
    target = request.POST.get("next") or request.GET.get("next") or ""
    if request.method == "GET":
        return render(request, "look/login.html", {**_phone(), "next": target, "demo": _demo_people()})
    name = request.POST.get("username", "").strip()[:60]
    found = check_login(name, request.POST.get("password", "")[:200])
    note_sign_in(name, found, door="form")
    if found is None:
        context = {**_phone(), "next": target, "demo": _demo_people(), "problem": _WRONG, "username": name}
        return render(request, "look/login.html", context, status=422)
    request.session.cycle_key()
    rotate_token(request)
    request.session["person"] = str(found.person_id)
    request.session["seen"] = int(timezone.now().timestamp())
    who = actor_of(found.person_id, fresh=True)
    if not url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        target = home_of(who.grants)
    return redirect(target)


def home_of(grants: tuple[object, ...]) -> str:
    """Where somebody lands: staff at the desk, grid workers at their tasks, citizens at the app."""
    roles = {getattr(grant, "role", "") for grant in grants}
    if "网格员" in roles:
        return "/app/tasks/"
    return "/app/" if roles <= {"市民"} else "/desk/"


def check_login(name: str, password: str) -> Login | None:
    """The login of a name and password; None for unknown, wrong, locked; counts failures and locks."""
    now = timezone.now()
    name = name.replace("\0", "")
    found = Login.objects.filter(name=name, is_active=True).first()
    right = check_password(password, found.password if found else _DUMMY)  # the same work for an unknown name
    if found is None or (found.locked_until and found.locked_until > now):
        return None
    if right:
        Login.objects.filter(pk=found.pk).update(failures=0, locked_until=None, last_login=now)
        return found
    Login.objects.filter(pk=found.pk).update(failures=F("failures") + 1)
    Login.objects.filter(pk=found.pk, failures__gte=TRIES).update(failures=0, locked_until=now + LOCK)
    return None


def note_sign_in(name: str, found: Login | None, *, door: str) -> None:
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
            detail={},
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


def _demo_people() -> list[dict[str, str]]:
    return [
        {
            "username": row.name,
            "name": row.person.name,
            "post": row.person.job,
            "password": DEMO_PASSWORD,
            "what": row.person.unit.name if row.person.unit else "市民",
        }
        for row in Login.objects.filter(person__origin="synthetic").select_related("person__unit").order_by("pk")[:20]
    ]


@require_POST
def logout(request: HttpRequest) -> HttpResponse:
    """Sign out."""
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
    request.session.flush()
    return redirect("/login/")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form from another site, or one kept open over a new sign-in."""
    return render(request, "look/403.html", {"title": "表单已过期", "remedy": "请返回上一页，刷新后再提交"}, status=403)


def _phone() -> dict[str, str]:
    return {"phone_url": phone.address(), "phone_qr": mark_safe(phone.qr_svg())}  # noqa: S308 - drawn by segno from our own address

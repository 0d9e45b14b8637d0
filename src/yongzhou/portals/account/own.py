"""One's own account: password, authenticator, recovery codes, sessions. Each change leaves its audit line."""

from __future__ import annotations

import segno
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_http_methods

from yongzhou.core.audit.lines import append
from yongzhou.core.operations.problem import Problem
from yongzhou.core.people import factors
from yongzhou.core.people import sessions as kept
from yongzhou.core.people.delegations import given_by, held_by, holds
from yongzhou.core.people.domain import totp
from yongzhou.core.people.signing_in import check_second, confirm_password, set_password
from yongzhou.portals.account.browsers import named
from yongzhou.portals.account.shell import login_of, root, show, signed_in, uuid_of
from yongzhou.portals.gate.middleware import actor

_WRONG_PASSWORD = Problem("password", "现在的密码不对", field="password", remedy="核对后再试；连续输错要等一会儿")
_WRONG_CODE = Problem("code", "动态口令不对", field="code", remedy="核对手机时间是否准确，用当前显示的 6 位数字")


def note(request: HttpRequest, verb: str, outcome: str = "done") -> None:
    """The audit line of a change to one's own credentials."""
    who = actor(request)
    append(
        actor=who,
        verb=f"people.{verb}",
        resource="people.login",
        record_id=who.id,
        purpose=None,
        outcome=outcome,
        door="form",
        detail={},
    )


@signed_in
def home(request: HttpRequest) -> HttpResponse:
    """What protects this account, and where it is in use."""
    who, now = actor(request), timezone.now()
    login = login_of(request)
    today = timezone.localdate()
    words = {
        "login": login,
        "confirmed": factors.confirmed(login),
        "codes": factors.codes_left(login),
        "required": factors.required(who.id, now),
        "sessions": len(kept.living(who.id, now)),
        "given": [row for row in given_by(who.id) if holds(row, today)],
        "held": [row for row in held_by(who.id) if holds(row, today)],
    }
    return show(request, "home.html", words)


@signed_in
@require_http_methods(["GET", "POST"])
def password(request: HttpRequest) -> HttpResponse:
    """Change the password: the present one is asked, all other sessions and all tokens end."""
    login, now = login_of(request), timezone.now()
    words = {"first": request.session.get("must") == "password"}
    if request.method == "GET":
        return show(request, "password.html", words)
    new = request.POST.get("new", "")
    if not confirm_password(login, request.POST.get("password", ""), now):
        note(request, "change_password", "refused:wrong")
        return show(request, "password.html", {**words, "problem": _WRONG_PASSWORD}, status=422)
    faults = set_password(login, new) if new == request.POST.get("again", "") else ["两次输入的新密码不一样"]
    if faults:
        problem = Problem("weak", "；".join(faults), field="new", remedy="较长的一句话比短而杂的密码更安全、更好记")
        return show(request, "password.html", {**words, "problem": problem}, status=422)
    kept.end(login.person_id, now, but=request.session.get("sign_in"))
    request.session.pop("must", None)
    note(request, "change_password")
    if not factors.confirmed(login) and factors.required(login.person_id, now):
        request.session["must"] = "second"
        return redirect(f"{root(request)}second/")
    messages.success(request, "密码已修改，其他设备都已退出")
    return redirect(root(request))


@signed_in
@require_http_methods(["GET", "POST"])
def second(request: HttpRequest) -> HttpResponse:
    """Set up the authenticator, make new recovery codes, take the authenticator away."""
    login, now = login_of(request), timezone.now()
    wish = request.POST.get("wish", "") if request.method == "POST" else ""
    if wish == "confirm":
        codes = factors.confirm(login, request.POST.get("code", ""), now)
        if codes is None:
            return _second(request, problem=_WRONG_CODE, status=422)
        request.session.pop("must", None)
        note(request, "add_second_factor")
        return show(request, "codes.html", {"codes": codes, "fresh": True})
    if wish in ("codes", "remove"):
        if not confirm_password(login, request.POST.get("password", ""), now) or not check_second(
            login, request.POST.get("code", "")[:40], now
        ):
            note(request, f"{wish}_second_factor", "refused:wrong")
            problem = Problem("proof", "密码或动态口令不对", remedy="两样都要对；口令只能用一次，请等下一个")
            return _second(request, problem=problem, status=422)
        if wish == "codes":
            note(request, "new_recovery_codes")
            return show(request, "codes.html", {"codes": factors.new_codes(login), "fresh": False})
        factors.remove(login)
        note(request, "remove_second_factor")
        if factors.required(login.person_id, now):
            request.session["must"] = "second"
        messages.success(request, "已解除动态口令")
        return redirect(root(request))
    return _second(request)


def _second(request: HttpRequest, problem: Problem | None = None, status: int = 200) -> HttpResponse:
    login = login_of(request)
    words: dict[str, object] = {
        "problem": problem,
        "confirmed": factors.confirmed(login),
        "codes": factors.codes_left(login),
        "first": request.session.get("must") == "second",
        "required": factors.required(login.person_id, timezone.now()),
    }
    if not words["confirmed"]:
        secret = factors.propose(login)
        drawn = segno.make(totp.address_of(secret, login.name, factors.ISSUER), error="m")
        text = totp.text_of(secret)
        words["qr"] = mark_safe(str(drawn.svg_inline(omitsize=True, border=2, dark="#14212E", light="#FFFFFF")))  # noqa: S308 - drawn by segno from our own text
        words["secret"] = " ".join(text[at : at + 4] for at in range(0, len(text), 4))
    return show(request, "second.html", words, status=status)


@signed_in
@require_http_methods(["GET", "POST"])
def sessions(request: HttpRequest) -> HttpResponse:
    """Where I am signed in; end one, or all others."""
    who, now = actor(request), timezone.now()
    mine = request.session.get("sign_in")
    if request.method == "POST":
        one = request.POST.get("one", "")
        ended = kept.end(who.id, now, only=uuid_of(one)) if one else kept.end(who.id, now, but=mine)
        note(request, "end_session" if one else "end_other_sessions")
        messages.success(request, f"已退出 {ended} 处登录")
        return redirect(f"{root(request)}sessions/")
    rows = [{"row": row, "name": named(row.browser), "mine": str(row.pk) == mine} for row in kept.living(who.id, now)]
    past = [{"row": row, "name": named(row.browser)} for row in kept.past(who.id, now)]
    return show(request, "sessions.html", {"rows": rows, "past": past})

"""单位人员与授权: the people whom an administrator is in charge of, what they hold, and what he may give them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from yongzhou.core.data.actor import Actor
from yongzhou.core.operations.problem import Problem, forbidden, not_found
from yongzhou.core.operations.run import run
from yongzhou.core.people.models import Person, Unit
from yongzhou.core.people.operations import (
    appoint,
    close_login,
    open_login,
    reset_login,
    revoke,
)
from yongzhou.core.people.operations import (
    register as registering,
)
from yongzhou.core.people.operations.appointing import givable
from yongzhou.core.people.roster import standings
from yongzhou.portals.account.shell import given, may, show, signed_in, uuid_of
from yongzhou.portals.gate.middleware import actor

SHOWN = 100


@signed_in
def listing(request: HttpRequest) -> HttpResponse:
    """The people in reach, by unit, with what they hold."""
    who = _administrator(request)
    said = request.GET.get("q", "").strip()[:40]
    rows = Person.visible_to(who, "appoint").filter(unit__isnull=False)
    if said:
        rows = rows.filter(Q(name__contains=said) | Q(unit__name__contains=said) | Q(logins__name=said)).distinct()
    people = list(rows.select_related("unit").order_by("unit__code", "name")[: SHOWN + 1])
    found = standings(people[:SHOWN], timezone.localdate())
    words = {
        "q": said,
        "lines": [found[person.pk] for person in people[:SHOWN]],
        "more": len(people) > SHOWN,
        "may_register": registering.open_to(who),
    }
    return show(request, "people.html", words)


@signed_in
@require_http_methods(["GET", "POST"])
def register(request: HttpRequest) -> HttpResponse:
    """A new colleague; the first password is shown once."""
    who = _administrator(request)
    problem = None
    if request.method == "POST":
        values = given(request, "unit", "name", "job", "login", "phone")
        try:
            made = run(registering, who, values, door="form").output
            return show(request, "first_password.html", {"made": made})
        except Problem as error:
            problem = _drawn(error)
    units = Unit.visible_to(who, "manage").order_by("code")[:300]
    words = {"problem": problem, "values": request.POST.dict(), "units": list(units)}
    return show(request, "register.html", words, status=422 if problem else 200)


@signed_in
@require_http_methods(["GET", "POST"])
def one(request: HttpRequest, id: UUID) -> HttpResponse:
    """One person: what he holds, give a role, end one, his login."""
    who = _administrator(request)
    person = Person.visible_to(who, "appoint").filter(pk=id).select_related("unit").first()
    if person is None:
        raise not_found("人员")
    problem = None
    if request.method == "POST":
        try:
            answer = _done(request, who, person)
            if answer is not None:
                return answer
            return redirect(request.path)
        except Problem as error:
            problem = _drawn(error)
    scopes = _scopes(who, person)
    chosen = next(
        (scope for scope in scopes if scope["value"] == request.GET.get("scope")), scopes[0] if scopes else None
    )
    standing = standings([person], timezone.localdate())[person.pk]
    words = {
        "problem": problem,
        "person": person,
        "name": person.name,
        "standing": standing,
        "himself": person.pk == who.id,
        "scopes": scopes,
        "chosen": chosen,
        "roles": givable(who, chosen["region"], chosen["unit"]) if chosen else [],
        "may_revoke": revoke.open_to(who),
        "may_manage": may(who, "manage", "people.person"),
        "may_entrust": may(who, "entrust", "people.person"),
    }
    return show(request, "person.html", words, status=422 if problem else 200)


def _done(request: HttpRequest, who: Actor, person: Person) -> HttpResponse | None:
    """Carry out the button that was pressed; a page where something is shown once."""
    wish, reason = request.POST.get("wish", ""), request.POST.get("reason", "").strip()[:200]
    if wish == "appoint":
        kind, _, value = request.POST.get("scope", "").partition(":")
        values = {"person": person.pk, **given(request, "role", "valid_to")}
        values |= {"region": value} if kind == "region" else {"unit": value}
        run(appoint, who, values, door="form")
        messages.success(request, "已任命，立即生效")
    elif wish == "revoke":
        held = uuid_of(request.POST.get("appointment", ""))
        run(revoke, who, {"appointment": held, "reason": reason}, door="form")
        messages.success(request, "已撤销，5 秒内在各处失效")
    elif wish == "close":
        run(close_login, who, {"person": person.pk, "reason": reason}, door="form")
        messages.success(request, "登录已停用，对方的会话和令牌已结束")
    elif wish == "open":
        run(open_login, who, {"person": person.pk, "reason": reason}, door="form")
        messages.success(request, "登录已恢复")
    elif wish == "reset":
        made = run(reset_login, who, {"person": person.pk, "reason": reason}, door="form").output
        return show(request, "first_password.html", {"made": made, "again": True})
    else:
        raise Problem("invalid", "没有这个动作", remedy="请刷新页面")
    return None


def _scopes(who: Actor, person: Person) -> list[dict[str, Any]]:
    """Where an administrator may appoint this person: his own units, his own regions, the person's place in them."""
    lines = who.lines("appoint", "people.person")
    keys = frozenset[UUID]().union(*(line.units for line in lines))
    units = list(Unit.visible_to(who).filter(pk__in=keys).order_by("code")[:200]) if keys else []
    found = [
        {"value": f"unit:{unit.pk}", "title": f"部门：{unit.name}", "region": "", "unit": unit.pk} for unit in units
    ]
    found.sort(key=lambda scope: scope["unit"] != person.unit_id)  # his own unit first
    regions = sorted({line.region for line in lines if line.region}, key=len)
    home = [person.region] if person.region and person.region.startswith(tuple(regions) or ("-",)) else []
    return found + [
        {"value": f"region:{region}", "title": f"地区：{region}", "region": region, "unit": None}
        for region in dict.fromkeys([*home, *regions])
    ]


def _administrator(request: HttpRequest) -> Actor:
    who = actor(request)
    if not may(who, "appoint", "people.person"):
        raise forbidden("这一页给单位管理员使用", "需要管理人员时，请找本单位的管理员")
    return who


def _drawn(error: Problem) -> Problem:
    """A problem that is shown beside the form; one of missing sight is a page of its own."""
    if error.status in (401, 404):
        raise error
    return error

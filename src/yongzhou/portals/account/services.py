"""服务账号: the machines of a unit, what each holds, and its keys."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from yongzhou.core.data.actor import Actor
from yongzhou.core.operations.problem import Problem, forbidden, not_found
from yongzhou.core.operations.run import run
from yongzhou.core.people.keys import keys_of
from yongzhou.core.people.models import ServiceAccount, Unit
from yongzhou.core.people.operations import close_service, issue_key, open_service, revoke_key
from yongzhou.core.people.operations.appointing import givable
from yongzhou.core.people.policy import policy
from yongzhou.portals.account.shell import given, may, root, show, signed_in, uuid_of
from yongzhou.portals.gate.middleware import actor


@signed_in
def listing(request: HttpRequest) -> HttpResponse:
    """The accounts in reach."""
    who = _administrator(request)
    rows = ServiceAccount.visible_to(who, "manage").select_related("unit", "responsible", "role", "reach")
    shown = list(rows.order_by("closed", "code")[:100])
    keys = keys_of([row.pk for row in shown], timezone.now())
    accounts = [{"row": row, "keys": [key for key in keys if key.row.account_id == row.pk]} for row in shown]
    return show(request, "services.html", {"accounts": accounts, "new_href": f"{root(request)}services/new/"})


@signed_in
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Open an account: which unit, which role, where."""
    who = _administrator(request)
    problem = None
    if request.method == "POST":
        try:
            kind, _, value = request.POST.get("scope", "").partition(":")
            values = given(request, "unit", "code", "name", "aim", "role")
            values |= {"region": value} if kind == "region" else {"reach": value or None}
            made = run(open_service, who, values, door="form").output
            messages.success(request, "服务账号已开通，下一步签发密钥")
            return redirect(f"{root(request)}services/{made.account}/")
        except Problem as error:
            if error.status in (401, 404):
                raise
            problem = error
    units = list(Unit.visible_to(who, "manage").order_by("code")[:300])
    scopes = _scopes(who, units)
    chosen = request.GET.get("scope") or request.POST.get("scope") or (scopes[0][0] if scopes else "")
    kind, _, value = chosen.partition(":")
    roles = givable(who, value if kind == "region" else "", uuid_of(value) if kind == "unit" else None) if value else []
    words = {
        "problem": problem,
        "values": request.POST.dict(),
        "units": units,
        "scopes": scopes,
        "chosen": chosen,
        "roles": roles,
    }
    return show(request, "service_new.html", words, status=422 if problem else 200)


@signed_in
@require_http_methods(["GET", "POST"])
def one(request: HttpRequest, id: UUID) -> HttpResponse:
    """One account with its keys: issue, rotate, revoke, close."""
    who = _administrator(request)
    rows = ServiceAccount.visible_to(who, "manage").select_related("unit", "responsible", "role", "reach")
    account = rows.filter(pk=id).first()
    if account is None:
        raise not_found("服务账号")
    problem = None
    if request.method == "POST":
        try:
            answer = _done(request, who, account)
            return answer if answer is not None else redirect(request.path)
        except Problem as error:
            if error.status in (401, 404):
                raise
            problem = error
    words = {
        "problem": problem,
        "account": account,
        "keys": keys_of([account.pk], timezone.now()),
        "longest": policy().key_s // 86400,
        "overlap": policy().key_overlap_s // 3600,
        "values": request.POST.dict() if problem else {},
    }
    return show(request, "service.html", words, status=422 if problem else 200)


def _done(request: HttpRequest, who: Actor, account: ServiceAccount) -> HttpResponse | None:
    wish, reason = request.POST.get("wish", ""), request.POST.get("reason", "").strip()[:200]
    if wish == "issue":
        values = {"account": account.pk, **given(request, "label", "patterns", "days", "replaces")}
        made = run(issue_key, who, values, door="form").output
        return show(request, "key.html", {"made": made, "account": account, "replaced": "replaces" in values})
    if wish == "revoke":
        key = uuid_of(request.POST.get("key", ""))
        run(revoke_key, who, {"account": account.pk, "service_key": key, "reason": reason}, door="form")
        messages.success(request, "密钥已吊销，5 秒内失效")
        return None
    if wish == "close":
        run(close_service, who, {"account": account.pk, "reason": reason}, door="form")
        messages.success(request, "服务账号已停用，全部密钥失效")
        return None
    raise Problem("invalid", "没有这个动作", remedy="请刷新页面")


def _scopes(who: Actor, units: list[Unit]) -> list[tuple[str, str]]:
    lines = who.lines("manage", "people.serviceaccount")
    held = frozenset[UUID]().union(*(line.units for line in lines))
    found = [(f"unit:{unit.pk}", f"部门：{unit.name}及下级") for unit in units if unit.pk in held]
    regions = sorted({line.region for line in lines if line.region}, key=len)
    return found + [(f"region:{region}", f"地区：{region}") for region in regions]


def _administrator(request: HttpRequest) -> Actor:
    who = actor(request)
    if not may(who, "manage", "people.serviceaccount"):
        raise forbidden("这一页给单位管理员使用", "需要服务账号时，请找本单位的管理员")
    return who

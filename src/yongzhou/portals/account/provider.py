"""登录方式与演示账号: the identity provider, and the end of demo accounts in a real city."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from yongzhou.core.operations.problem import Problem, forbidden
from yongzhou.core.operations.run import run
from yongzhou.core.people.federation import providers
from yongzhou.core.people.operations import close_demo_accounts, configure_provider, open_demo_accounts
from yongzhou.core.people.policy import demo_accounts
from yongzhou.core.people.roster import demo_logins
from yongzhou.portals.account.shell import given, may, show, signed_in
from yongzhou.portals.gate import oidc
from yongzhou.portals.gate.middleware import actor

_FIELDS = ("code", "title", "issuer", "client_id", "client_secret", "claim", "matches", "scopes")


@signed_in
@require_http_methods(["GET", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """Set up a provider and try its discovery; close or open the demo accounts."""
    who = actor(request)
    if not may(who, "configure", configure_provider.resource):
        raise forbidden("这一页给安全保密管理员使用")
    problem = None
    if request.method == "POST":
        try:
            _done(request)
            return redirect(request.path)
        except Problem as error:
            problem = error
    listed = providers()
    chosen = next((row for row in listed if row.code == request.GET.get("code")), None)
    words = {
        "problem": problem,
        "providers": listed,
        "chosen": chosen,
        "values": request.POST.dict() if problem else {},
        "demo": demo_logins(),
        "demo_allowed": demo_accounts(),
        "callback": request.build_absolute_uri("/login/oidc/"),
    }
    return show(request, "provider.html", words, status=422 if problem else 200)


def _done(request: HttpRequest) -> None:
    who, wish = actor(request), request.POST.get("wish", "")
    if wish == "provider":
        values = {**given(request, *_FIELDS), "enabled": request.POST.get("enabled") == "on"}
        if values["enabled"]:
            try:
                oidc.forget()
                oidc.discover(str(values.get("issuer", "")))
            except oidc.OidcError as error:
                raise Problem(
                    "provider",
                    "按签发者地址没有找到可用的说明文件",
                    field="issuer",
                    remedy=f"核对地址与网络（{error}）",
                ) from error
        made = run(configure_provider, who, values, door="form").output
        messages.success(request, f"「{made.code}」已保存，{'登录页可用' if made.enabled else '未启用'}")
        return
    op = {"close": close_demo_accounts, "open": open_demo_accounts}.get(wish)
    if op is None:
        raise Problem("invalid", "没有这个动作", remedy="请刷新页面")
    made = run(op, who, given(request, "reason"), door="form").output
    messages.success(request, f"{op.title}：{made.accounts} 个账号")

"""Sign in by an OpenID Connect provider: authorization code flow with PKCE (OpenID Connect Core 1.0, RFC 7636).

The provider's word opens an account that the house knows; it never makes one.
"""

from __future__ import annotations

import base64
import hashlib
import logging
import secrets
from typing import Final
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from yongzhou.core.crypto import unseal
from yongzhou.core.people.federation import known_login
from yongzhou.core.people.models import IdentityProvider
from yongzhou.core.people.operations.city_wide import SECRET
from yongzhou.portals.gate.oidc import Claims, OidcError, claims_of, discover, exchange, userinfo

PENDING_S: Final = 600

log = logging.getLogger(__name__)


@require_GET
def start(request: HttpRequest, code: str) -> HttpResponse:
    """Go to the provider, with a state, a nonce and a PKCE challenge that only this session knows."""
    provider = IdentityProvider.objects.filter(code=code, enabled=True).first()
    if provider is None:
        return _failed(request, "没有启用这个身份认证平台", 404)
    try:
        document = discover(provider.issuer)
    except OidcError as error:
        log.warning("provider %s: %s", code, error)
        return _failed(request, "统一身份认证平台现在连不上", 502)
    verifier, state, nonce = (secrets.token_urlsafe(48) for _ in range(3))
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    request.session["oidc"] = {
        "code": code,
        "state": state,
        "nonce": nonce,
        "verifier": verifier,
        "next": request.GET.get("next", "")[:500],
        "at": int(timezone.now().timestamp()),
    }
    words = {
        "response_type": "code",
        "client_id": provider.client_id,
        "redirect_uri": _back(request, code),
        "scope": provider.scopes,
        "state": state,
        "nonce": nonce,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    joint = "&" if "?" in document.authorization_endpoint else "?"
    return redirect(f"{document.authorization_endpoint}{joint}{urlencode(words)}")


@require_GET
def callback(request: HttpRequest, code: str) -> HttpResponse:
    """Come back from the provider: the state is used once, the code exchanged, the token's every claim checked."""
    from yongzhou.portals.gate.views import note_sign_in, proved

    asked = request.session.pop("oidc", None) or {}
    now = timezone.now()
    fresh = now.timestamp() - asked.get("at", 0) <= PENDING_S
    same = secrets.compare_digest(str(asked.get("state", "")), request.GET.get("state", "\0"))
    provider = IdentityProvider.objects.filter(code=code, enabled=True).first()
    if provider is None or not fresh or not same or asked.get("code") != code:
        return _failed(request, "这次登录已过期，或不是从本机发起的", 400)
    try:
        if "error" in request.GET:
            raise OidcError(f"the provider answers {request.GET['error'][:60]!r}")
        claims = _claims(request, provider, asked)
    except OidcError as error:
        log.warning("provider %s: %s", code, error)
        note_sign_in("", None, door="oidc")
        return _failed(request, "统一身份认证没有成功", 400)
    login = known_login(provider, claims.subject, claims.values, now)
    if login is None:
        note_sign_in("", None, door="oidc")
        return _failed(request, "身份已确认，但本系统没有与之对应的账号", 403)
    request.session["pending_kept"] = {"provider": code, "id_token": claims.id_token}
    return proved(request, login, "oidc", asked["next"])


def _claims(request: HttpRequest, provider: IdentityProvider, asked: dict[str, str]) -> Claims:
    document = discover(provider.issuer)
    if (issuer := request.GET.get("iss")) is not None and issuer != provider.issuer:  # RFC 9207: a mix-up
        raise OidcError("the answer names another issuer")
    secret = unseal(provider.client_secret, SECRET) if provider.client_secret else ""
    tokens = exchange(
        document,
        client=(provider.client_id, secret),
        code=request.GET.get("code", ""),
        verifier=asked["verifier"],
        redirect_uri=_back(request, provider.code),
    )
    claims = claims_of(document, tokens, audience=provider.client_id, nonce=asked["nonce"], now=timezone.now())
    return claims if provider.claim in claims.values else userinfo(document, tokens, claims)


def end_address(request: HttpRequest) -> str:
    """Where somebody leaves the provider too (OpenID Connect RP-Initiated Logout 1.0); empty if he did not come so."""
    code, token = request.session.get("provider"), request.session.get("id_token")
    provider = IdentityProvider.objects.filter(code=code).first() if code and token else None
    if provider is None:
        return ""
    try:
        end = discover(provider.issuer).end_session_endpoint
    except OidcError:
        return ""
    words = {
        "id_token_hint": token,
        "client_id": provider.client_id,
        "post_logout_redirect_uri": request.build_absolute_uri("/login/"),
    }
    return f"{end}{'&' if '?' in end else '?'}{urlencode(words)}" if end else ""


def _back(request: HttpRequest, code: str) -> str:
    return request.build_absolute_uri(f"/login/oidc/{code}/callback/")


def _failed(request: HttpRequest, heading: str, status: int) -> HttpResponse:
    words = {
        "heading": heading,
        "status": str(status),
        "remedy": "请回到登录页再试一次，或用账号密码登录；仍不行请找本单位的系统管理员。",
        "home_url": "/login/",
    }
    return render(request, "gate/failed.html", words, status=status)

"""At the gate: security headers on every answer, and who asks on every request."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final
from urllib.parse import quote
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from yongzhou.core.data.actor import NOBODY, Actor
from yongzhou.core.people import keys, sessions
from yongzhou.core.people.actors import actor_of, on_behalf
from yongzhou.core.people.policy import policy
from yongzhou.portals.gate import visitor

Handler = Callable[[HttpRequest], HttpResponse]

POLICY: Final = (
    "default-src 'self'; img-src 'self' data: blob:; style-src 'self'; script-src 'self'; worker-src 'self' blob:; "
    "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'; object-src 'none'"
)
STAFF: Final = ("/desk/", "/cockpit/")  # nothing below is for a visitor without a name
MACHINES: Final = ("/api/", "/sta/")  # where keys and tokens open something
FIRST: Final = {"password": "account/password/", "second": "account/second/"}  # what has to be done before all else


class Shield:
    """Headers of every answer; cookies are Secure where the page came by HTTPS."""

    def __init__(self, handler: Handler) -> None:
        self.handler = handler

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Add the headers."""
        response = self.handler(request)
        response.headers.setdefault("Content-Security-Policy", POLICY)
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        response.headers.setdefault("X-Frame-Options", "DENY")  # for browsers without frame-ancestors
        response.headers.setdefault("Referrer-Policy", "same-origin")
        response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        response.headers.setdefault("Permissions-Policy", "geolocation=(self), camera=(self)")
        response.headers.setdefault("Cache-Control", "no-store")
        if request.is_secure():
            for cookie in response.cookies.values():
                cookie["secure"] = True
        return response


class WhoAsks:
    """`request.actor`: from a service key, else loaded on first use from the session; an idle session ends."""

    def __init__(self, handler: Handler) -> None:
        self.handler = handler

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Put the actor on the request."""
        visitor.current.set(visitor.visitor_of(request))
        request.actor = SimpleLazyObject(lambda: _actor(request))  # type: ignore[attr-defined]
        if request.path.startswith(MACHINES) and (refusal := _bearer(request)) is not None:
            return refusal
        if settings.SESSION_COOKIE_NAME in request.COOKIES and (first := _first(request)):
            return first
        if request.path.startswith(STAFF) and actor(request).kind == "anonymous":
            return _to_sign_in(request)  # also where a system's own page forgot to ask
        return self.handler(request)


def _bearer(request: HttpRequest) -> HttpResponse | None:
    """A service key becomes the request's actor; a person's token made before he ended all others is refused.

    The header of a key is taken off: for the doors the request has its actor already, and no session.
    """
    scheme, _, value = str(request.META.get("HTTP_AUTHORIZATION", "")).partition(" ")
    if scheme.lower() != "bearer":
        return None
    if value.startswith(keys.MARK):
        found = keys.actor_of_key(value, visitor.current.get().address)
        if found.kind == "anonymous":
            return _refused("密钥无效、已过期或已吊销", "请向签发单位要一把新的密钥")
        del request.META["HTTP_AUTHORIZATION"]
        request.__dict__.pop("headers", None)
        request.actor = found  # type: ignore[attr-defined]
        return None
    person, _, rest = value.partition(":")
    try:
        made = signing.b62_decode(rest.partition(":")[0])
        void = made < int(actor_of(UUID(person)).since)
    except (ValueError, IndexError):
        return None  # no token of ours: its door says so
    return _refused("令牌已作废", "POST /api/sign-in 重新取得") if void else None


def _refused(title: str, detail: str) -> HttpResponse:
    problem = {"code": "login", "title": title, "status": 401, "detail": detail}
    return JsonResponse(
        problem, status=401, content_type="application/problem+json", json_dumps_params={"ensure_ascii": False}
    )


def _first(request: HttpRequest) -> HttpResponse | None:
    """Whoever has a first password to change, or an authenticator to set up, does that before anything else."""
    must = FIRST.get(request.session.get("must", ""))
    if must is None or request.path.endswith(must) or request.path == "/logout/":
        return None
    if request.path.startswith(MACHINES):
        return _refused("请先完成账户设置", "在网页上修改初始密码或绑定动态口令")
    return HttpResponseRedirect(f"/app/{must}" if request.path.startswith("/app/") else f"/desk/{must}")


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    if request.path.endswith("json") or "json" in request.headers.get("Accept", ""):
        problem = {"code": "login", "title": "请先登录", "status": 401, "detail": "登录后再打开"}
        return JsonResponse(problem, status=401, content_type="application/problem+json")
    return HttpResponseRedirect(f"/login/?next={quote(request.get_full_path())}")


def _actor(request: HttpRequest) -> Actor:
    person = request.session.get("person")
    if person is None:
        return NOBODY
    now, rules = timezone.now(), policy()
    moment = int(now.timestamp())
    seen = int(request.session.get("seen", moment))
    began = int(request.session.get("began", moment))
    if moment - seen > rules.idle_s or moment - began > rules.session_s:
        leave(request)
        return NOBODY
    if moment - int(request.session.get("seen", 0)) > 60:
        request.session["seen"] = moment
        if "sign_in" in request.session:
            sessions.seen(request.session["sign_in"], visitor.current.get().address, now)
    found = actor_of(UUID(person))
    if found.kind != "person":  # he is gone, or every login of his is closed
        leave(request)
        return NOBODY
    if behalf := request.session.get("behalf"):
        principal = on_behalf(found, UUID(behalf))
        if principal.kind == "person":
            return principal
        del request.session["behalf"]  # ended, by either side or by its day
    return found


def leave(request: HttpRequest) -> None:
    """End this session here."""
    if "sign_in" in request.session:
        sessions.closed(request.session["sign_in"], timezone.now())
    request.session.flush()


def actor(request: HttpRequest) -> Actor:
    """The actor of a request, typed."""
    found: Actor = request.actor  # type: ignore[attr-defined]
    return found

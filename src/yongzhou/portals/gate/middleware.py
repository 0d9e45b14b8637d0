"""At the gate: security headers on every answer, and who asks on every request."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final
from urllib.parse import quote
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from yongzhou.core.data.actor import NOBODY, Actor
from yongzhou.core.people.actors import actor_of

Handler = Callable[[HttpRequest], HttpResponse]

POLICY: Final = (
    "default-src 'self'; img-src 'self' data: blob:; style-src 'self'; script-src 'self'; worker-src 'self' blob:; "
    "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'; object-src 'none'"
)
STAFF: Final = ("/desk/", "/cockpit/")  # nothing below is for a visitor without a name
IDLE_SECONDS: Final = 15 * 60


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
    """`request.actor`: loaded on first use from the session; an idle session ends."""

    def __init__(self, handler: Handler) -> None:
        self.handler = handler

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Put the actor on the request."""
        request.actor = SimpleLazyObject(lambda: _actor(request))  # type: ignore[attr-defined]
        if request.path.startswith(STAFF) and actor(request).kind == "anonymous":
            return _to_sign_in(request)  # also where a system's own page forgot to ask
        return self.handler(request)


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    if request.path.endswith("json") or "json" in request.headers.get("Accept", ""):
        problem = {"code": "login", "title": "请先登录", "status": 401, "detail": "登录后再打开"}
        return JsonResponse(problem, status=401, content_type="application/problem+json")
    return HttpResponseRedirect(f"/login/?next={quote(request.get_full_path())}")


def _actor(request: HttpRequest) -> Actor:
    person = request.session.get("person")
    if person is None:
        return NOBODY
    now = int(timezone.now().timestamp())
    if now - int(request.session.get("seen", now)) > IDLE_SECONDS:
        request.session.flush()
        return NOBODY
    if now - int(request.session.get("seen", 0)) > 60:
        request.session["seen"] = now
    found = actor_of(UUID(person))
    if found.kind == "anonymous":  # the person is gone, or every login of his is closed
        request.session.flush()
    return found


def actor(request: HttpRequest) -> Actor:
    """The actor of a request, typed."""
    found: Actor = request.actor  # type: ignore[attr-defined]
    return found

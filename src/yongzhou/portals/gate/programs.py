"""Requests of programs go straight to their view."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import ResolverMatch, resolve

from yongzhou.portals.gate.middleware import MACHINES, Handler, WhoAsks

_COOKIE: Final = settings.SESSION_COOKIE_NAME


class Programs:
    """Who comes with a bearer token and without a session cookie passes by all that is made for browsers.

    Session, CSRF token and messages stand on the cookie, so none of them could say anything about such a request.
    """

    def __init__(self, handler: Handler) -> None:
        self.browsers, self.programs = handler, WhoAsks(_view)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Choose the way."""
        if (
            "HTTP_AUTHORIZATION" in request.META
            and request.path_info.startswith(MACHINES)
            and _COOKIE not in request.COOKIES
        ):
            return self.programs(request)
        return self.browsers(request)


@lru_cache(maxsize=4096)
def _match(path: str) -> ResolverMatch:
    return resolve(path)


def _view(request: HttpRequest) -> HttpResponse:
    request.resolver_match = match = _match(request.path_info)
    response: HttpResponse = match.func(request, *match.args, **match.kwargs)
    if not response.streaming:
        response.headers.setdefault("Content-Length", str(len(response.content)))  # as CommonMiddleware does
    return response

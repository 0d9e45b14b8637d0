"""Around every page: the language of the switch, and a second try for a page whose connection was cut."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, Final

from django.core.signals import got_request_exception
from django.db import InterfaceError, OperationalError, connection
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.utils import translation

Handler = Callable[[HttpRequest], HttpResponse]

SAFE: Final = ("GET", "HEAD")
CUT: Final = ("08", "57P")  # SQLSTATE classes: connection, operator intervention


@receiver(got_request_exception, dispatch_uid="look.again")
def _mark_cut(request: HttpRequest | None = None, **_: Any) -> None:
    """Note on the request that its connection to the database ended; Django has made a 500 of it."""
    error = sys.exc_info()[1]
    if request is not None and isinstance(error, OperationalError | InterfaceError) and was_cut(error):
        request.was_cut = True  # type: ignore[attr-defined]


def was_cut(error: Exception) -> bool:
    """Whether the connection ended: by the client's own finding (no code), or by class 08 and 57P of SQLSTATE."""
    code: str | None = getattr(error.__cause__, "sqlstate", None)
    return code is None or code.startswith(CUT)


class Again:
    """A safe request whose connection was cut is answered once more, on a new connection; writes look after themselves.

    Stands outside of sessions and sign-in, whose reads may be cut too.
    """

    def __init__(self, handler: Handler) -> None:
        self.handler = handler

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, twice if need be."""
        response = self.handler(request)
        if request.method not in SAFE or response.status_code != 500 or not getattr(request, "was_cut", False):
            return response
        if connection.in_atomic_block:  # a test's transaction is gone with its connection
            return response
        connection.close()
        response.close()
        return self.handler(request)


class Language:
    """Chinese, or English where somebody has switched (cookie `yz_lang`); never guessed from the browser."""

    def __init__(self, handler: Handler) -> None:
        self.handler = handler

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer in that language."""
        with translation.override("en" if request.COOKIES.get("yz_lang") == "en" else "zh-hans"):
            return self.handler(request)

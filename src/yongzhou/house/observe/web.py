"""Around every request: an id for the logs, a span, a figure; a line for what was slow or failed."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable
from typing import Final

from django.http import HttpRequest, HttpResponse

from yongzhou.core.crypto.identity import uuid7
from yongzhou.core.observe import trace
from yongzhou.core.observe.logs import request_id
from yongzhou.house.observe.meters import meters

SLOW_S: Final = 1.0
HEADER: Final = "X-Request-Id"
DOORS: Final = ("api", "desk", "cockpit", "app", "developer", "sta", "login", "logout")
QUIET: Final = ("/healthz", "/readyz")  # asked every few seconds
METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_GIVEN: Final = re.compile(r"[0-9A-Za-z-]{8,64}")

log = logging.getLogger("yongzhou.web")


class Observed:
    """Outermost middleware. The route (`desk/<slug:system>/`) is told, never the address: it may name a person."""

    def __init__(self, handler: Callable[[HttpRequest], HttpResponse]) -> None:
        self.handler = handler

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Handle, measure, tell."""
        if request.path in QUIET:
            return self.handler(request)
        given = request.META.get("HTTP_X_REQUEST_ID", "")  # `headers` would copy all of them
        number = given if _GIVEN.fullmatch(given) else uuid7().hex
        token = request_id.set(number)
        began = time.perf_counter()
        door = request.path.split("/", 2)[1]
        door = door if door in DOORS else "other"
        method = request.method if request.method in METHODS else "OTHER"
        try:
            with trace.span(f"{method} {door}", request.META.get("HTTP_TRACEPARENT", ""), {"yz.request": number}):
                response = self.handler(request)
                self._tell(request, response, door, str(method), time.perf_counter() - began)
        finally:
            request_id.reset(token)
        response.headers[HEADER] = number
        return response

    @staticmethod
    def _tell(request: HttpRequest, response: HttpResponse, door: str, method: str, seconds: float) -> None:
        match = request.resolver_match
        route = match.route if match is not None else "-"
        status = response.status_code
        found = meters()
        found.requests.labels(door, route, method, str(status)).observe(seconds)
        if status in (401, 403, 429, 503):
            found.refusals.labels(door, str(status)).inc()
        if seconds >= SLOW_S or status >= 500:
            level = logging.ERROR if status >= 500 else logging.WARNING
            fields = {"route": route, "method": method, "status": status, "ms": round(seconds * 1000)}
            log.log(level, "failed" if status >= 500 else "slow", extra={"fields": fields})

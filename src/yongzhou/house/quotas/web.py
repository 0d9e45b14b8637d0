"""The web's brake: each caller has a token bucket; beyond it 429 with `Retry-After`, at no cost to the others.

A caller is a bearer token, else a session, else an address. Buckets are a process's own: two web processes give a
caller twice as much. `WEB_RATE` and `WEB_BURST` change the figures, `WEB_RATE=0` takes the brake off.
"""

from __future__ import annotations

import hashlib
import math
import os
import time
from collections.abc import Callable
from typing import Final

from django.http import HttpRequest, HttpResponse, JsonResponse

from yongzhou.core.operations.problem import Problem
from yongzhou.gateways.kit.limiter import Limiter

RATE: Final = 100.0  # requests a second of one caller who is named
BURST: Final = 1000.0
ANONYMOUS_SHARE: Final = 0.2
FREE: Final = ("/healthz", "/readyz")
SESSION: Final = "yz_session"


class Brake:
    """Middleware."""

    def __init__(self, handler: Callable[[HttpRequest], HttpResponse]) -> None:
        self.handler = handler
        rate = float(os.environ.get("WEB_RATE") or RATE)
        burst = float(os.environ.get("WEB_BURST") or BURST)
        # only where many callers meet: not in commands and tests, which call from one place
        self.on = rate > 0 and os.environ.get("YZ_ROLE") == "web"
        self.named = Limiter(rate=rate, burst=burst)
        self.nameless = Limiter(rate=rate * ANONYMOUS_SHARE, burst=max(1.0, burst * ANONYMOUS_SHARE))

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass, or refuse."""
        if not self.on or request.path in FREE:
            return self.handler(request)
        key, named = caller(request)
        wait = (self.named if named else self.nameless).take(key, time.monotonic())
        if not wait:
            return self.handler(request)
        seconds = max(1, math.ceil(wait))
        problem = Problem("too_many", "请求太频繁", status=429, remedy=f"请 {seconds} 秒后再试")
        answer = JsonResponse(
            problem.document(),
            status=429,
            content_type="application/problem+json",
            json_dumps_params={"ensure_ascii": False},
        )
        answer.headers["Retry-After"] = str(seconds)
        return answer


def caller(request: HttpRequest) -> tuple[str, bool]:
    """Whose bucket, and whether he has a name. Secrets are hashed: a bucket's key stays in memory."""
    secret = request.headers.get("Authorization", "") or request.COOKIES.get(SESSION, "")
    if secret:
        return hashlib.blake2b(secret.encode(), digest_size=12).hexdigest(), True
    forwarded = request.headers.get("X-Forwarded-For", "")
    return forwarded.rpartition(",")[2].strip() or request.META.get("REMOTE_ADDR", ""), False

"""What the phone needs to work without a line: whose pages these are, the service worker, the outbox page.

A login is known to the phone by a tag that says nothing (`owner`), and gets a key of its own (`key`): what waits on the
phone is sealed with it, so that after signing out nobody reads it, and after signing in again nothing is lost.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.templatetags.static import static
from django.utils import timezone
from django.views.decorators.http import require_GET

from yongzhou.core.crypto import blind
from yongzhou.core.data.actor import Actor
from yongzhou.core.operations.problem import Problem
from yongzhou.portals.gate.middleware import actor

OWNER: Final = "X-Yz-Owner"  # on every page of somebody, and on every submission of the outbox
HERE: Final = "here"  # X-Outbox: the person waits before the page, refusals are drawn as a page
LATER: Final = "later"  # X-Outbox: sent by the outbox, every answer is JSON
PACKED: Final = ("mjs", "css")
LOOK: Final = (
    *(f"look/{name}.css" for name in ("tokens", "components", "shell", "work", "print")),
    *(f"look/{name}.mjs" for name in ("shell", "form", "photos", "exif")),
    "look/icons.svg",
    "look/brand.svg",
)


def owner_of(who: Actor) -> str:
    """The tag of a login: the same on every phone, different when somebody acts for another."""
    return blind(f"{who.id}:{who.by or ''}", "phone owner")[:24]


def door_of(request: HttpRequest) -> str:
    """`HERE`, `LATER`, or nothing for a form that the browser posts by itself."""
    return request.headers.get("X-Outbox", "")


def refusal(problem: Problem, **more: object) -> JsonResponse:
    """A problem as RFC 9457, for the outbox."""
    return JsonResponse(
        {**problem.document(), **more},
        status=problem.status,
        content_type="application/problem+json",
        json_dumps_params={"ensure_ascii": False},
    )


def not_signed_in() -> JsonResponse:
    """401 for the outbox: it keeps what it has until the person is back."""
    return refusal(Problem("login", "登录已过期", status=401, remedy="重新登录后会自动接着发送"))


@require_GET
def who(request: HttpRequest) -> HttpResponse:
    """Who is signed in, asked before the outbox sends: tag, key, this sign-in, CSRF token, the house's clock (ms)."""
    person = actor(request)
    if person.kind == "anonymous":
        return not_signed_in()
    return JsonResponse(
        {
            "owner": owner_of(person),
            "key": blind(f"{person.id}:{person.by or ''}", "phone key"),
            "visit": blind(request.session.session_key or "", "phone visit")[:24],
            "csrf": get_token(request),
            "now": int(timezone.now().timestamp() * 1000),
        }
    )


@require_GET
def worker(_: HttpRequest) -> HttpResponse:
    """The service worker, below `/app/` so that it may serve these pages; a changed shell makes it another one."""
    source = Path(str(finders.find("citizen/worker.mjs"))).read_text(encoding="utf-8")
    version, files = _shell()
    head = f"const VERSION = '{version}', SHELL = {files!r};\n"
    response = HttpResponse(head + source, content_type="text/javascript; charset=utf-8")
    response["Cache-Control"] = "no-cache"
    return response


@require_GET
def nothing(request: HttpRequest) -> HttpResponse:
    """What is shown without a line where no page was kept; the same for everybody."""
    return render(request, "citizen/offline.html", {"heading": "没有网络"})


@cache
def _shell() -> tuple[str, list[str]]:
    names = [*LOOK, *sorted(_own())]
    digest = hashlib.sha256()
    for name in names:
        digest.update(Path(str(finders.find(name))).read_bytes())
    return digest.hexdigest()[:12], [static(name) for name in names]


def _own() -> Iterator[str]:
    folder = Path(__file__).parent / "static" / "citizen"
    return (f"citizen/{path.name}" for path in folder.iterdir() if path.suffix[1:] in PACKED and path.stem != "worker")

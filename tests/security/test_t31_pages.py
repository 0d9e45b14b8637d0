"""T31, T20: every address asks who is there; every page stands for every demo person, quickly, with its headers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from tests.security.rows import Sides
from tests.security.visitors import Visitors
from tests.support import matrix
from yongzhou.core.indicators.definition import indicators
from yongzhou.core.operations.registry import operations
from yongzhou.core.system import systems
from yongzhou.house.setup import load_rooms

load_rooms()
PUBLIC = (  # nothing there is data
    "/login/",
    "/api/openapi",
    "/developer/",
    "/app/manifest.webmanifest",
    "/app/worker.mjs",  # the phone's worker and what it shows without a line: one script, one page for everybody
    "/app/offline/",
    "/static/",
)
PROBES = {  # load balancers have no login: whether it works, and nothing else
    "/healthz": {"status": "ok"},
    "/readyz": {"status": "ok", "parts": {"database": True, "bus": True}},
}
STEPS = {  # of signing in, so before anybody has a name: out of turn they lead back to the first, or refuse
    "/login/second/": 302,
    "/login/oidc/water/callback/": 400,
}
MAX_QUERIES = 40


def patterns(resolver: URLResolver, prefix: str = "/") -> Iterator[tuple[str, URLPattern]]:
    """Every pattern of the house with its whole address."""
    for entry in resolver.url_patterns:
        route = str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from patterns(entry, prefix + route)
        else:
            yield prefix + route, entry


TO_THE_DOOR = ("/", "/sta/")  # lead to a page that asks
PEOPLE = ("duty", "officer_431122", "grid_worker", "citizen", "outsider", "")
ROUTES = sorted({route for route, _ in patterns(get_resolver())})


def addresses(route: str, sides: Sides | None, side: str = "near") -> list[str]:
    """Real addresses of a route: with ids of each kind, names of systems, operations and indicators."""
    if route.endswith("(?P<rest>.*)$"):
        return ["/api/nowhere"]
    rows = getattr(sides, side) if sides is not None else {}
    event = str(rows["grid_governance.event"].pk) if rows else "01900000-0000-7000-8000-000000000000"
    if "<slug:app>/<slug:name>" in route and rows:
        found = []
        for resource, row in rows.items():
            app, name = resource.split(".")
            found.append(
                route.replace("<slug:app>", app).replace("<slug:name>", name).replace("<uuid:id>", str(row.pk))
            )
        return [_rest(address, event) for address in found]
    if "<slug:app>" in route:
        return [_rest(route.replace("<slug:app>", name), event) for name in systems()]
    if route.startswith("/desk/do/"):
        return [f"/desk/do/{op.path}/" for op in operations().values()]
    if "indicators/<str:name>" in route:
        return [_rest(route.replace("<str:name>", name), event) for name in list(indicators())[:6]]
    if "<str:resource>" in route and rows:
        return [
            _rest(route.replace("<str:resource>", name).replace("<uuid:id>", str(row.pk)), event)
            for name, row in rows.items()
        ]
    if route.startswith("/developer/") and "<" in route:
        return [_rest(route.replace("<slug:name>", name), event) for name in (*systems(), "people")]
    if route.startswith("/app/matters/") and rows:
        event = str(rows["grid_governance.report"].pk)
    if "station" in route and rows:
        event = str(rows["water.hydrostation"].pk)
    if "village" in route and rows:
        event = str(rows["water.flashfloodvillage"].pk)
    if "thing" in route and rows:
        event = str(rows["things.thing"].pk)
    return [_rest(route, event)]


def _rest(route: str, key: str) -> str:
    """What is still open in a route gets something plausible."""
    filled = route.replace("<slug:sha256>", "0" * 64).replace("<slug:form>", "csv").replace("<slug:field>", "phone")
    filled = re.sub(r"<uuid:\w+>", key, filled)
    filled = re.sub(r"<int:\w+>", "1", filled)
    filled = re.sub(r"<(?:slug|str|path):\w+>|<\w+>", "water", filled)
    return filled.replace("^", "").replace("$", "")


def open_to_all(address: str) -> bool:
    return address.startswith(PUBLIC)


@pytest.mark.parametrize(
    "route",
    ROUTES,
)
def test_nobody_gets_in_without_a_name(route: str, sides: Sides, machine: Client) -> None:
    for address in addresses(route, sides)[:4]:
        if address in PROBES:
            answer = machine.get(address)
            assert (answer.status_code, answer.json(), answer.cookies) == (200, PROBES[address], {}), address
            continue
        if address in STEPS:
            answer = machine.get(address)
            assert answer.status_code == STEPS[address], address
            assert answer.headers.get("Location", "/login/") == "/login/", address
            continue
        if open_to_all(address):
            assert machine.get(address).status_code in (200, 404), address
            continue
        for answer in (machine.get(address), machine.post(address, "{}", "application/json")):
            if answer.status_code == 302:
                assert answer["Location"].startswith(("/login/", "/desk/", "/sta/")), address
                assert answer["Location"].startswith("/login/") or address in TO_THE_DOOR, address
            else:
                assert answer.status_code in (401, 403, 404, 405), (address, answer.status_code)


@pytest.mark.parametrize("login", PEOPLE)
def test_no_page_breaks_or_asks_too_often(login: str, sides: Sides, visitors: Visitors) -> None:
    broken, slow, bare = [], [], []
    client = visitors.desk(login)
    asked: list[str] = []

    def note(execute: Callable[..., Any], sql: str, *more: Any) -> Any:
        asked.append(sql)
        return execute(sql, *more)

    for route in ROUTES:
        for address in addresses(route, sides, "far" if login == "officer_431122" else "near"):
            asked.clear()
            with connection.execute_wrapper(note):
                answer = client.get(address)
                if answer.streaming:
                    b"".join(answer.streaming_content)  # type: ignore[arg-type]
            if answer.status_code >= 500:
                broken.append((address, answer.status_code))
            if len(asked) > MAX_QUERIES:
                slow.append((address, len(asked)))
            for head, value in (("X-Content-Type-Options", "nosniff"), ("X-Frame-Options", "DENY")):
                if answer.headers.get(head) != value:
                    bare.append((address, head))
            if "'unsafe" in answer.headers.get("Content-Security-Policy", "'unsafe"):
                bare.append((address, "Content-Security-Policy"))
    assert (broken, slow, bare) == ([], [], [])


@pytest.mark.parametrize(
    "address", ["/nowhere", "/api/nowhere", "/desk/nowhere/x/", "/static/nowhere.js", "/login/", "/desk/", "/api/me"]
)
def test_headers_stand_on_errors_too(address: str, machine: Client, sides: Sides) -> None:
    for answer in (machine.get(address), machine.post(address, {}), machine.delete(address)):
        assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert "no-store" in answer.headers["Cache-Control"]


@pytest.mark.parametrize("login", ["duty", "citizen", ""])
def test_no_page_repeats_markup_of_its_address(login: str, sides: Sides, visitors: Visitors) -> None:
    client = visitors.desk(login)
    mark = "\"'><img src=x onerror=alert(1)>"
    for route in ROUTES:
        address = addresses(route, sides)[0]
        for words in (["q"], ["at"], ["next", "state", "region", "view", "sort", "title", "key", "event"]):
            answer = client.get(address, dict.fromkeys(words, mark))
            body = b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[arg-type]
            if answer.headers.get("Content-Type", "").startswith("text/html"):
                assert b"<img src=x" not in body, (address, words)


def test_the_demo_people_are_those_of_the_file() -> None:
    assert {login for login in PEOPLE if login} <= set(matrix.logins())

"""The duty desk in a real browser: look at the queue, open the panel by keyboard, sign by one key."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest
from django.conf import settings
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.http import FileResponse, HttpRequest
from playwright.sync_api import Page

from yongzhou.core.crypto.identity import uuid7
from yongzhou.core.data.actor import Actor, system
from yongzhou.core.data.geometry import point
from yongzhou.core.things.models import Thing
from yongzhou.house.vendor import collect
from yongzhou.systems.governance.grid_governance import operations as ops
from yongzhou.systems.governance.grid_governance.models import Event
from yongzhou.testing import people, run

pytestmark = pytest.mark.browser
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # playwright keeps a loop running in the tests' thread
HERE = {"lon": 111.985, "lat": 26.455, "crs": "CGCS2000"}


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None: ...


class _Static(StaticFilesHandler):
    """Serves the collected folder, as the front does."""

    def serve(self, request: HttpRequest) -> FileResponse:
        file = Path(settings.STATIC_ROOT) / self.file_path(request.path)
        kind = {".css": "text/css", ".svg": "image/svg+xml"}.get(file.suffix, "text/javascript")
        return FileResponse(file.open("rb"), content_type=kind)


class _Server(WSGIServer):
    def shutdown_request(self, request: object) -> None:  # type: ignore[override]
        super().shutdown_request(request)  # type: ignore[arg-type]
        connection.close()


@pytest.fixture(scope="module")
def address(committed_db: str, django_db_blocker: object) -> Iterator[str]:
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        _events()
        collect(Path(settings.STATIC_ROOT))
        server = make_server("127.0.0.1", 0, _Static(get_wsgi_application()), _Server, _Quiet)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()
        server.server_close()


def _events() -> None:
    cast = people()
    alarm = {
        "kind": "level",
        "region": "431181107903",
        "title": "白水站水位超警戒",
        "text": "实测 74.62",
        "origin": "synthetic",
    }
    thing = Thing(code="test-bai", name="白水站", region="431181107", geometry=point(111.985, 26.455))
    thing.save()
    run(ops.auto_report, system("alarm"), alarm=uuid7(), cause="river", level=3, thing=thing.pk, **alarm)
    for number, (who, text) in enumerate([
        (cast.citizen, "潘家街口井盖不见了，晚上很危险"), (cast.citizen_elder, "街角少了井盖，没有井盖也没人管"),
        (cast.citizen, "路灯坏了好几天"), (cast.hotline, "我对办事态度不满意"),
    ]):  # fmt: skip
        door = "12345" if who is cast.hotline else "citizen"
        run(ops.report, who, door=door, text=text, address="白水镇集镇段", **{**HERE, "lon": 111.985 + 0.0002 * number})
    run(ops.find_bottlenecks, system("mining"))


def sign_in(page: Page, address: str, who: Actor) -> None:
    store = import_module(settings.SESSION_ENGINE).SessionStore()
    store["person"] = str(who.id)
    store.save()
    page.route("**/live/**", lambda route: route.fulfill(status=204))  # no live role stands behind this server
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": store.session_key, "url": address}])


def shot(page: Page, name: str) -> None:
    if folder := os.environ.get("SCREENS"):
        page.screenshot(path=f"{folder}/{name}.png")


def test_the_desk_by_keyboard(address: str, page_at: Callable[..., Page]):
    page, who = page_at(1366, 900), people().duty
    sign_in(page, address, who)
    page.goto(f"{address}/desk/grid_governance/duty/")
    page.wait_for_selector(".map[data-ready]")
    page.keyboard.press("j")
    page.keyboard.press("o")
    page.wait_for_selector("#panel h2")
    shot(page, "duty")
    title = page.inner_text("#panel h2")
    page.keyboard.press("s")
    page.wait_for_selector(".toast")
    assert Event.objects.get(title=title).state == "handling"


def test_the_page_of_an_event(address: str, page_at: Callable[..., Page]):
    page, who = page_at(1366, 1020), people().duty
    sign_in(page, address, who)
    event = Event.objects.get(source="alarm")
    page.goto(address + event.get_absolute_url())
    page.wait_for_selector(".map[data-ready]")
    shot(page, "event")
    page.click("button[data-key=h]")
    assert page.is_visible("#do-suspend")
    shot(page, "event_form")


def test_the_bottleneck_page(address: str, page_at: Callable[..., Page]):
    page, who = page_at(1366, 900), people().duty
    run(ops.reject, system("x"), event=Event.objects.filter(state="assigned")[0].pk, clause="权责清单 3.2")
    sign_in(page, address, who)
    page.goto(f"{address}/desk/grid_governance/bottlenecks/")
    assert page.is_visible("svg[role=img]")
    shot(page, "bottlenecks")

"""Every main page: accessible, still, within its width, without foreign hosts, in Shanghai's time; elder mode."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Page, Request, expect

from tests.journeys.city import BAISHUI, City, eventually
from tests.support.browser import ROOT
from tests.support.fixtures import PageAt

AXE: Final = (ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
SCREENS: Final = ROOT / "docs" / "screens"
DESK: Final = (1366, 768)
WALL: Final = (1920, 1080)
PHONE: Final = (390, 844)
SHIFT_LIMIT: Final = 0.1  # Core Web Vitals: good

# name of the screenshot, who, size, address; "station", "event", "record", "datastream" are found first
DESK_PAGES: Final = (
    ("home", "/desk/"),
    ("tasks", "/desk/tasks/"),
    ("inbox", "/desk/inbox/"),
    ("duty", "/desk/grid_governance/duty/"),
    ("bottlenecks", "/desk/grid_governance/bottlenecks/"),
    ("list", "/desk/things/thing/"),
    ("record", "record"),
    ("form", "/desk/do/grid_governance/report/"),
    ("event", "event"),
    ("water", "/desk/water/"),
    ("station", "station"),
    ("villages", "/desk/water/villages/"),
    ("iot", "/desk/iot_sensing/"),
    ("alarms", "/desk/iot_sensing/alarms/"),
    ("datastream", "datastream"),
    ("operations", "/desk/city_operations/"),
    ("domains", "/desk/city_operations/domains/"),
    ("indicators", "/desk/indicators/"),
    ("indicator", "/desk/indicators/city_operations.open_matters/"),
    ("developer", "/developer/"),
    ("developer-system", "/developer/systems/grid_governance/"),
    ("problems", "/developer/problems/"),
)
ON_PHONE: Final = ("home", "duty", "event", "water", "list")
CITIZEN_PAGES: Final = (
    ("app-home", "/app/"),
    ("app-report", "/app/report/"),
    ("app-matters", "/app/matters/"),
    ("app-messages", "/app/messages/"),
    ("app-me", "/app/me/"),
)
WORKER_PAGES: Final = (("app-tasks", "/app/tasks/"), ("app-task", "task"), ("app-map", "/app/map/"))

WATCH_SHIFTS: Final = """
window.shifts = 0;
new PerformanceObserver((list) => {
  for (const one of list.getEntries()) if (!one.hadRecentInput) window.shifts += one.value
}).observe({ type: 'layout-shift', buffered: true });
"""
WORST: Final = """async () => (await axe.run(document, { resultTypes: ['violations'] })).violations
  .filter((one) => ['serious', 'critical'].includes(one.impact))
  .map((one) => `${one.id}: ${one.nodes.map((node) => node.target.join(' ')).slice(0, 3).join(' | ')}`)"""

WANJING: Final = "99431121"
WANJING_WARNING: Final = 238.20  # cities/yongzhou/stations.csv

Address = Callable[[str], str]


@pytest.fixture(scope="module")
def address(city: City) -> Address:
    """Addresses; words are found: an event (reported here), Baishui's station, record and datastream.

    It rains, and the river rises over its warning line at Wanjing (湾井).
    """
    city.rain()
    for minutes in (2, 1):
        city.report(WANJING, WANJING_WARNING + 0.1, ago=timedelta(minutes=minutes))
    eventually(lambda: [row for row in city.rows("duty", "grid_governance.event") if "湾井" in row["title"]], "event")
    client = city.api("hotline")
    given = {"text": "人行道地砖松动", "lon": 111.62, "lat": 26.45, "crs": "WGS84"}
    client.post(f"{city.url}/api/grid_governance/report", json=given, timeout=20).raise_for_status()
    known: dict[str, str] = {}

    def found(word: str) -> str:
        if word.startswith("/"):
            return word
        if word not in known:
            station = next(row for row in city.rows("duty", "things.thing", q=BAISHUI) if row["code"] == BAISHUI)
            stream = city.rows("duty", "things.datastream", thing=station["id"])[0]
            event = next(row for row in city.rows("duty", "grid_governance.event") if "湾井" in row["title"])
            known.update(
                station=f"/desk/water/stations/{station['id']}/",
                record=f"/desk/things/thing/{station['id']}/",
                datastream=f"/desk/iot_sensing/datastreams/{stream['number']}/",
                event=f"/desk/grid_governance/event/{event['id']}/",
            )
        return known[word]

    return found


class Look:
    """One signed-in visitor whose pages are looked at."""

    def __init__(self, city: City, page: Page, login: str) -> None:
        self.city, self.page = city, page
        self.foreign: list[str] = []
        page.add_init_script(WATCH_SHIFTS)
        page.on("request", self._heard)
        if login:
            city.sign_in(page, login)

    def _heard(self, request: Request) -> None:
        if not request.url.startswith((self.city.url, "data:", "blob:")):
            self.foreign.append(request.url)

    def at(self, path: str) -> list[str]:
        """What is wrong with a page."""
        self.page.goto(self.city.url + path)
        self.page.wait_for_load_state("load")
        self.page.wait_for_timeout(400)
        self.page.evaluate(AXE)
        wrong: list[str] = self.page.evaluate(WORST)
        if (over := self.page.evaluate("document.documentElement.scrollWidth - innerWidth")) > 0:
            wrong.append(f"{over} px wider than the window")
        if (shift := self.page.evaluate("window.shifts")) > SHIFT_LIMIT:
            wrong.append(f"layout shift {shift:.2f}")
        return [f"{path}: {one}" for one in wrong + self.foreign]

    def keep(self, name: str) -> None:
        """Write the screenshot, when asked by SCREENS=1."""
        if os.environ.get("SCREENS"):
            SCREENS.mkdir(parents=True, exist_ok=True)
            self.page.wait_for_timeout(1500)
            self.page.screenshot(path=SCREENS / f"{name}.png")


def look(city: City, page: Page, login: str, pages: tuple[tuple[str, str], ...], address: Address) -> list[str]:
    """What is wrong with some pages of one visitor."""
    visitor, wrong = Look(city, page, login), []
    for name, path in pages:
        wrong += visitor.at(address(path))
        visitor.keep(name)
    return wrong


@pytest.fixture
def wide_open(page_at: PageAt) -> PageAt:
    """`page_at` where a test may bring its own script; what the policy itself holds is tested elsewhere."""

    def open_page(width: int, height: int, mobile: bool = False, **context: Any) -> Page:
        return page_at(width, height, mobile, bypass_csp=True, **context)

    return open_page


def test_pages_of_the_desk(city: City, wide_open: PageAt, address: Address) -> None:
    assert look(city, wide_open(*DESK), "duty", DESK_PAGES, address) == []


def test_pages_of_the_desk_on_a_phone(city: City, wide_open: PageAt, address: Address) -> None:
    some = tuple(
        (f"{name}-390", path) for name, path in DESK_PAGES if name in ("home", "duty", "event", "water", "list")
    )
    assert look(city, wide_open(*PHONE, mobile=True), "duty", some, address) == []


def test_the_cockpit(city: City, wide_open: PageAt, address: Address) -> None:
    assert look(city, wide_open(*WALL), "duty", (("cockpit", "/cockpit/"),), address) == []


def test_pages_of_a_citizen(city: City, wide_open: PageAt, address: Address) -> None:
    assert look(city, wide_open(*PHONE, mobile=True), "citizen", CITIZEN_PAGES, address) == []


def test_pages_of_a_grid_worker(city: City, wide_open: PageAt, address: Address) -> None:
    pages = tuple((name, path) for name, path in WORKER_PAGES if path != "task")
    assert look(city, wide_open(*PHONE, mobile=True), "grid_worker", pages, address) == []


def test_the_login_page(city: City, wide_open: PageAt, address: Address) -> None:
    assert look(city, wide_open(*DESK), "", (("login", "/login/"),), address) == []


def test_elder_mode_is_large_and_accessible(city: City, wide_open: PageAt) -> None:
    page = wide_open(*PHONE, mobile=True)
    page.context.add_cookies([{"name": "yz_mode", "value": "elder", "url": city.url}])
    visitor = Look(city, page, "citizen_elder")
    for name, path in (("elder-home", "/app/"), ("elder-report", "/app/report/")):
        assert visitor.at(path) == []
        visitor.keep(name)
        sizes = page.locator("#main p, #main label, #main a, #main button").evaluate_all(
            "nodes => nodes.filter((n) => n.offsetParent).map((n) => parseFloat(getComputedStyle(n).fontSize))"
        )
        main = page.locator("#main .btn-main, .tabbar a, #main .btn-wide").evaluate_all(
            "nodes => nodes.map((n) => n.getBoundingClientRect()).map((r) => Math.min(r.width, r.height))"
        )
        assert min(sizes) >= 18
        assert min(main) >= 60


def test_a_browser_in_new_york_shows_shanghais_time(city: City, page_at: PageAt, address: Address) -> None:
    texts = []
    for zone in ("Asia/Shanghai", "America/New_York"):
        page = city.sign_in(page_at(*DESK, timezone_id=zone), "duty", address("record"))
        texts.append(page.locator("#history time").all_inner_texts())
        page.goto(f"{city.url}/cockpit/")
        expect(page.locator("[data-clock=seconds]")).to_contain_text(":")
        texts[-1].append(page.locator("[data-clock=seconds]").inner_text()[:2])
    assert texts[0] == texts[1]


def test_screenshots_are_small_enough_for_the_repository() -> None:
    assert sum(Path(file).stat().st_size for file in SCREENS.glob("*.png")) < 6_000_000

"""A rising river, from a station's frame to a closed event and back: what the house promises."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.city import BAISHUI, HERE, WARNING, City, eventually, photo, started
from tests.support.fixtures import PageAt

RISING: Final = (WARNING - 0.60, WARNING - 0.25, WARNING + 0.12, WARNING + 0.21)
LIVE_SECONDS: Final = 2.0
STATION_UNIT: Final = "祁阳市水利局"
LIMIT: Final = timedelta(hours=4)  # alarm_routing.dmn: level, yellow
ON_THE_SPOT: Final = {"geolocation": {"longitude": HERE[0], "latitude": HERE[1], "accuracy": 8}}
OPEN: Final = "city_operations.open_matters"
CLOSED: Final = "city_operations.closed_today"


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    """A city of its own: the journeys beside this one report from the same place."""
    with started(tmp_path_factory) as made:
        yield made


@pytest.fixture(scope="module")
def storm(city: City) -> dict[str, Any]:
    """The river rises over its warning line; gives the one event that came of it."""
    for minutes, level in zip(range(len(RISING), 0, -1), RISING, strict=True):
        city.report(BAISHUI, level, ago=timedelta(minutes=minutes))
    return eventually(lambda: next(iter(baishui_events(city)), None), "event of the alarm")


@pytest.fixture
def on_the_spot(page_at: PageAt) -> Page:
    """A phone at the event's place."""
    return page_at(390, 844, mobile=True, permissions=["geolocation"], **ON_THE_SPOT)


def baishui_events(city: City) -> list[dict[str, Any]]:
    return [row for row in city.rows("duty", "grid_governance.event") if "白水" in row["title"]]


def fill_on_the_spot(page: Page, words: str) -> None:
    """Photograph, place and words of the form on a task's page."""
    page.wait_for_load_state()
    page.set_input_files("#photos", [photo(words)])
    expect(page.locator("[data-shots] canvas")).to_have_count(1)
    page.click("[data-locate]")
    expect(page.locator("[data-locate]")).to_contain_text("误差 8 米")
    page.fill("#say", words)


def test_a_level_moves_on_the_duty_officers_page_within_two_seconds(city: City, page_at: PageAt, storm: Any) -> None:
    page = city.sign_in(page_at(1366, 768), "duty", "/desk/water/")
    cell = page.locator("tr", has_text=BAISHUI).locator("td[data-label=水位] [data-live]")
    page.wait_for_function("document.documentElement.dataset.liveState === 'on'")
    expect(cell).to_have_text(f"{RISING[-1]:.2f}")
    cell.evaluate(
        """node => new MutationObserver(() => { window.moved = Date.now() })
        .observe(node, {childList: true, subtree: true})"""
    )
    sent = city.report(BAISHUI, WARNING + 0.30)
    expect(cell).to_have_text(f"{WARNING + 0.30:.2f}")
    assert page.evaluate("window.moved") / 1000 - sent < LIVE_SECONDS


def test_one_alarm_makes_one_event_with_unit_and_limit(city: City, storm: dict[str, Any]) -> None:
    alarms = [row for row in city.rows("duty", "telemetry.alarm") if row["thing"] == storm["thing"]]
    assert len(alarms) == len(baishui_events(city)) == 1
    opened, due = (datetime.fromisoformat(storm[name]) for name in ("opened_at", "due"))
    assert due - opened == LIMIT
    unit = next(row for row in city.rows("duty", "people.unit", q=STATION_UNIT) if row["id"] == storm["unit"])
    assert unit["name"] == STATION_UNIT


def test_the_duty_officer_finds_the_event_first_with_the_time_left(city: City, page_at: PageAt, storm: Any) -> None:
    page = city.sign_in(page_at(1366, 768), "duty", "/desk/grid_governance/duty/")
    row = page.locator("table[data-list] tbody tr", has_text="白水")
    expect(row).to_contain_text(STATION_UNIT)
    expect(row.locator(".due")).to_contain_text("分")


def test_the_loop_is_closed_by_two_people_on_their_phones(
    city: City, on_the_spot: Page, page_at: PageAt, storm: dict[str, Any]
) -> None:
    desk = city.sign_in(page_at(1366, 768), "duty")
    eventually(lambda: shown(desk, city, OPEN) == open_matters(city), "indicator with it", seconds=40, every=1.0)
    city.sign_in(on_the_spot, "grid_worker")
    assert on_the_spot.url.endswith("/app/tasks/")
    on_the_spot.locator(f"a[href*='{storm['id']}']").first.click()
    on_the_spot.get_by_role("button", name="签收，开始处置").click()
    expect(on_the_spot.locator("#main")).to_contain_text("处置中")
    fill_on_the_spot(on_the_spot, "已巡堤，堤脚无渗漏")
    on_the_spot.get_by_role("button", name="反馈办结").click()
    on_the_spot.wait_for_url("**/app/tasks/")

    checker = city.sign_in(
        page_at(390, 844, mobile=True, permissions=["geolocation"], **ON_THE_SPOT), "verifier", "/app/tasks/"
    )
    checker.locator(f"a[href*='{storm['id']}']").first.click()
    fill_on_the_spot(checker, "水位已回落，警戒牌已立")
    checker.get_by_role("button", name="通过并结案").click()
    checker.wait_for_url("**/app/tasks/")
    assert city.row("duty", "grid_governance.event", storm["id"])["state"] == "closed"
    eventually(lambda: shown(desk, city, OPEN) == open_matters(city), "indicator without it", seconds=40, every=1.0)


def open_matters(city: City) -> int:
    """How many matters are neither closed nor merged, counted row by row."""
    return sum(row["state"] not in ("closed", "merged") for row in city.rows("duty", "matters.matter", limit="200"))


def shown(page: Page, city: City, indicator: str) -> float:
    """An indicator's value on its own page."""
    page.goto(f"{city.url}/desk/indicators/{indicator}/")
    return float(page.locator("#main dl.facts dd.big").first.inner_text().split()[0])


def test_a_number_of_the_cockpit_opens_down_to_the_bytes_of_its_frame(
    city: City, page_at: PageAt, storm: dict[str, Any]
) -> None:
    page = city.sign_in(page_at(1920, 1080), "duty", "/cockpit/")
    page.locator(f"a[href='/desk/indicators/{CLOSED}/']").first.click()
    expect(page.locator("#sql")).to_contain_text("select")
    page.get_by_role("link", name="看明细").click()
    page.locator(f"a[href*='{storm['id']}']").first.click()
    page.get_by_role("link", name="事件页").click()
    page.wait_for_url("**/desk/grid_governance/event/**")
    page.get_by_role("link", name="报警", exact=True).click()
    expect(page.locator("#main")).to_contain_text("水位超警戒")
    page.locator("#about").get_by_role("link", name="白水", exact=True).click()
    page.get_by_role("link", name="水文测站页").click()
    page.wait_for_url("**/desk/water/stations/**")
    frames = page.locator("#frames")
    expect(frames).to_contain_text("7E 7E 01 00 99 43 11 07")
    newest = frames.locator("details").first.locator("tbody tr")
    offsets = [int(text) for text in newest.locator("td:nth-child(1)").all_inner_texts()]
    sizes = [len(text.replace(" ", "")) // 2 for text in newest.locator("td:nth-child(2)").all_inner_texts()]
    meanings = newest.locator("td:nth-child(3)").all_inner_texts()
    length = len(frames.locator("p.hex").first.inner_text().split())
    assert all(meanings)
    assert [offset + size for offset, size in zip(offsets, sizes, strict=True)] == [*offsets[1:], length]

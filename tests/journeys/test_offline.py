"""The phone without a line: a report and a task are kept, arrive once, and a conflict is settled by a person."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import psycopg
import pytest
from playwright.sync_api import BrowserContext, FilePayload, Page, expect

from tests.journeys.city import City, eventually, photo
from tests.support.browser import ROOT
from tests.support.fixtures import PageAt
from tests.support.line import Line

HERE: Final = {"longitude": 111.98507, "latitude": 26.45507, "accuracy": 8}
PHONE: Final = {"geolocation": HERE, "permissions": ["geolocation"]}
SCREENS: Final = Path(os.environ.get("OFFLINE_SCREENS") or ROOT / "docs" / "screens")


@pytest.fixture
def line(city: City) -> Iterator[Line]:
    """A line between the phone and the front that can be cut; the phone's origin is the line's."""
    with Line(city.home.port_of("front")) as line:
        yield line


@pytest.fixture
def bad_line(city: City) -> Iterator[Line]:
    """The same with 300 ms and 10 % loss."""
    with Line(city.home.port_of("front"), latency_s=0.3, loss=0.1) as line:
        yield line


def sign_in(page: Page, line: Line, login: str, path: str) -> Page:
    """Sign in over the bad line; wait until the phone is ready to be without one."""
    page.set_default_timeout(30_000)
    page.goto(f"{line.url}/login/?next={path}")
    page.fill("input[name=username]", login)
    page.fill("input[name=password]", "yongzhou-demo")
    with page.expect_navigation(url=f"{line.url}{path}"):
        page.click("form button.btn-main")
    eventually(lambda: page.evaluate(READY, path), "readiness", 40)
    return page


READY: Final = """async (path) => {
  if (!navigator.serviceWorker?.controller) return false;
  for (const name of await caches.keys()) {
    if (name.startsWith('pages-') && await (await caches.open(name)).match(path, { ignoreVary: true })
        && await (await caches.open(name)).match('/app/outbox/', { ignoreVary: true })) return true;
  }
  return false;
}"""


def picture(words: str, size: tuple[int, int] = (1600, 1200)) -> FilePayload:
    """A photograph for the file input."""
    made: FilePayload = photo(words, size)  # type: ignore[assignment]
    return made


def cut(page: Page, line: Line) -> None:
    line.sever(stay=True)
    page.context.set_offline(True)


def mend(context: BrowserContext, line: Line) -> None:
    line.mend()
    context.set_offline(False)


def keep(page: Page, name: str) -> None:
    """Write the screenshot, when asked by SCREENS=1."""
    if os.environ.get("SCREENS"):
        page.wait_for_timeout(500)
        page.screenshot(path=SCREENS / f"{name}.png", full_page=True)


def count(city: City, words: str) -> int:
    """How often a report is in the database."""
    with psycopg.connect(city.home.dsn(), dbname="yongzhou") as database:
        row = database.execute("select count(*) from grid_governance_report where text = %s", [words]).fetchone()
    assert row is not None
    return int(row[0])


def test_a_report_without_a_line_outlives_its_page_and_arrives_once(
    city: City, bad_line: Line, refused_at: PageAt
) -> None:
    page = sign_in(refused_at(390, 844, mobile=True, **PHONE), bad_line, "citizen", "/app/report/")
    context, words = page.context, "河边护栏断了一截，没有网络时拍的"
    cut(page, bad_line)
    page.reload()
    page.set_input_files("#photos", picture("护栏断", (4000, 3000)))
    page.fill("#text", words)
    page.click("[data-locate]")
    expect(page.locator("[data-locate]")).to_contain_text("误差")
    expect(page.locator(".shot-on")).to_have_count(1)
    keep(page, "app-report-offline")
    page.get_by_role("button", name="上报", exact=True).click()
    expect(page.locator("[data-state=waiting]")).to_contain_text(words[:10])
    keep(page, "app-outbox-waiting")
    page.close()
    assert count(city, words) == 0
    bad_line.swallow = 1  # the first answer is lost: the phone cannot know, and asks again
    page = context.new_page()
    page.goto(f"{bad_line.url}/app/outbox/")
    mend(context, bad_line)
    expect(page.locator("[data-state=sent]")).to_contain_text("已上报，编号", timeout=60_000)
    keep(page, "app-outbox-sent")
    assert bad_line.swallowed == 1
    assert count(city, words) == 1
    report = next(row for row in city.rows("duty", "grid_governance.report") if row["text"] == words)
    assert len(report["photos"]) == 1


def test_a_task_that_moved_meanwhile_is_shown_both_ways_and_kept_as_a_note(
    city: City, line: Line, refused_at: PageAt
) -> None:
    event = opened(city)
    path = f"/app/tasks/{event}/"
    page = sign_in(refused_at(390, 844, mobile=True, **PHONE), line, "grid_worker", path)
    cut(page, line)
    page.reload()
    page.get_by_role("button", name="签收，开始处置").click()
    expect(page.locator("[data-waits]")).to_contain_text("签收已存在手机里")
    page.set_input_files("#photos", picture("清完"))
    page.fill("#say", "垃圾已清走，地面冲洗过")
    page.click("[data-locate]")
    expect(page.locator("[data-locate]")).to_contain_text("误差")
    expect(page.locator(".shot-on")).to_have_count(1)
    page.get_by_role("button", name="反馈办结").click()
    expect(page.locator("[data-state=waiting]")).to_have_count(2)
    keep(page, "app-outbox-two")
    others_finish(city, event)
    mend(page.context, line)
    first = page.locator("[data-state=conflict]")
    expect(first).to_contain_text("现在是「待核查」", timeout=60_000)
    keep(page, "app-outbox-conflict")
    first.get_by_role("button", name="放弃我的").click()
    page.locator("dialog[open]").get_by_role("button", name="删除").click()
    second = page.locator("[data-state=conflict]").filter(has_text="垃圾已清走")
    expect(second).to_be_visible(timeout=60_000)
    second.get_by_role("button", name="留作记录").click()
    expect(page.locator("[data-state=sent]")).to_contain_text("已留作记录", timeout=60_000)
    steps = city.rows("duty", "matters.matterstep", matter=event)
    assert [step["reason"] for step in steps if "垃圾已清走" in step["reason"]] == ["垃圾已清走，地面冲洗过"]
    assert city.row("duty", "grid_governance.event", event)["state"] == "done"
    signed_out(page)


def signed_out(page: Page) -> None:
    """After sign-out the phone has no page and no key of the one who left."""
    page.goto(page.url.split("/app/")[0] + "/app/me/")
    page.get_by_role("button", name="退出登录").click()
    page.wait_for_url("**/login/**")
    assert page.evaluate("async () => (await caches.keys()).filter((name) => name.startsWith('pages-'))") == []


def opened(city: City) -> str:
    """An event in the grid worker's grid, sent to the worker."""
    given: dict[str, Any] = {
        "text": "垃圾桶满了，垃圾堆成山",
        "lon": HERE["longitude"],
        "lat": HERE["latitude"],
        "crs": "WGS84",
    }
    answer = city.api("hotline").post(f"{city.url}/api/grid_governance/report", json=given, timeout=20)
    assert answer.ok, answer.text
    return str(answer.json()["event"])


def others_finish(city: City, event: str) -> None:
    """Somebody else signs for the task and reports it done."""
    given = {"event": event, "lon": HERE["longitude"], "lat": HERE["latitude"], "text": "环卫站已清运"}
    photos = next(row["photos"] for row in city.rows("duty", "grid_governance.report") if row["photos"])
    for verb, more in (("sign", {"event": event}), ("report-done", {**given, "photos": photos})):
        answer = city.api("hotline").post(f"{city.url}/api/grid_governance/{verb}", json=more, timeout=20)
        assert answer.ok, answer.text

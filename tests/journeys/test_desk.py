"""A night at the desk: keys instead of a mouse, wrong passwords, missing rights, empty and long lists, stale data."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.city import SILENT, City
from tests.support.fixtures import PageAt


@pytest.fixture
def desk(city: City, page_at: PageAt) -> Page:
    """The duty officer's laptop."""
    return city.sign_in(page_at(1366, 768), "duty")


def focused(page: Page) -> str:
    found: str = page.evaluate("document.activeElement.dataset.href ?? document.activeElement.tagName")
    return found


def test_rows_are_walked_and_opened_by_keys(city: City, desk: Page) -> None:
    desk.goto(f"{city.url}/desk/things/thing/")
    addresses = desk.locator("tr[data-href]").evaluate_all("rows => rows.map((row) => row.dataset.href)")
    desk.keyboard.press("j")
    desk.keyboard.press("j")
    assert focused(desk) == addresses[1]
    desk.keyboard.press("k")
    assert focused(desk) == addresses[0]
    desk.keyboard.press("o")
    expect(desk.locator("#panel h2")).to_be_visible()
    desk.keyboard.press("Escape")
    expect(desk.locator("#panel h2")).to_have_count(0)
    desk.keyboard.press("Enter")
    desk.wait_for_url(f"**{addresses[0]}")


def test_the_question_mark_shows_the_keys(city: City, desk: Page) -> None:
    desk.goto(f"{city.url}/desk/things/thing/")
    desk.keyboard.press("?")
    expect(desk.locator("dialog#keys")).to_contain_text("上一条、下一条")
    desk.keyboard.press("Escape")
    expect(desk.locator("dialog#keys")).not_to_be_visible()


def test_control_k_finds_a_station_and_opens_it(desk: Page) -> None:
    desk.keyboard.press("Control+k")
    desk.keyboard.type("白水")
    expect(desk.locator("dialog[open] [role=option]", has_text="水文测站").first).to_be_visible()
    desk.keyboard.press("Enter")
    desk.wait_for_url(lambda url: not url.endswith("/desk/"))


def test_a_wrong_password_is_told_without_saying_what_was_wrong(city: City, refused_at: PageAt) -> None:
    page = refused_at(1366, 768)
    page.goto(f"{city.url}/login/")
    page.fill("#username", "auditor")
    page.fill("#password", "wrong")
    page.get_by_role("button", name="登录", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("登录名或密码不对")
    expect(page.locator("#username")).to_have_value("auditor")


def test_a_page_without_right_says_why_and_whom_to_ask(city: City, refused_at: PageAt) -> None:
    page = city.sign_in(refused_at(1366, 768), "duty", "/desk/iot_sensing/quarantine/")
    expect(page.get_by_role("heading").first).to_be_visible()
    expect(page.locator("#main")).to_contain_text("管理员")


def test_an_empty_page_says_what_will_stand_there(city: City, desk: Page, page_at: PageAt) -> None:
    page = city.sign_in(page_at(1366, 768), "outsider", "/desk/inbox/")
    expect(page.locator(".empty")).to_contain_text("有新任务、退回、超时都会在这里提醒您")
    desk.goto(f"{city.url}/desk/things/thing/?q=%E6%B2%A1%E6%9C%89%E8%BF%99%E4%B8%AA")
    expect(desk.locator(".empty")).to_contain_text("没有符合条件的记录")


def test_a_long_list_turns_its_pages(city: City, desk: Page) -> None:
    desk.goto(f"{city.url}/desk/things/datastream/")
    first = desk.locator("tr[data-href]").first.get_attribute("data-href")
    assert desk.locator("tr[data-href]").count() == 50
    desk.get_by_role("link", name="下一页").click()
    desk.wait_for_url("**after=**")
    assert desk.locator("tr[data-href]").first.get_attribute("data-href") != first
    desk.get_by_role("link", name="回到第一页").click()
    expect(desk.locator("tr[data-href]").first).to_have_attribute("data-href", first or "")


def test_a_form_names_each_mistake_and_leads_to_it(city: City, desk: Page) -> None:
    desk.goto(f"{city.url}/desk/do/grid_governance/report/")
    desk.locator("form[data-form] button.btn-main").click()
    summary = desk.locator("[data-summary]")
    expect(summary).to_contain_text("要改")
    summary.get_by_role("link").first.click()
    assert desk.evaluate("document.activeElement.getAttribute('aria-invalid')") == "true"


def test_values_that_do_not_come_any_more_are_marked_stale(city: City, desk: Page) -> None:
    desk.clock.install()
    desk.goto(f"{city.url}/desk/water/")
    desk.clock.fast_forward("10:00")
    expect(desk.locator("tr", has_text=SILENT).locator(".fresh-stale")).to_contain_text("应")


def test_the_phone_says_that_it_is_offline(city: City, refused_at: PageAt) -> None:
    page = city.sign_in(refused_at(390, 844, mobile=True), "citizen", "/app/")
    expect(page.locator("[data-offline]")).to_be_hidden()
    page.context.set_offline(True)
    expect(page.locator("[data-offline]")).to_contain_text("没有网络")
    page.context.set_offline(False)
    expect(page.locator("[data-offline]")).to_be_hidden()

"""Lists at the desk: by keyboard alone, many rows at once, a sheet from upload to its last mended row, undo, paper."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.city import City
from tests.journeys.test_pages import Look
from tests.support.fixtures import PageAt

EVENTS = "/desk/grid_governance/event/"
MODELS = "/desk/iot_sensing/devicemodel/"
DESK = (1366, 900)
SHEET = "\n".join(
    (
        "型号台账,,,",
        "代号,型号名称,接入方式,周期",
        "T-雨量甲,雨量计甲型,sl651,300",
        "T-雨量乙,,sl651,300",
        "T-水位丙,水位计丙型,sl651,很快",
    )
)


@pytest.fixture(scope="module")
def reported(city: City) -> None:
    """Three reports, so that the list has rows."""
    client = city.api("hotline")
    for text, lon in (("井盖破损在路中央", 111.61), ("路灯整夜不亮", 111.64), ("河道漂浮物成片", 111.67)):
        given = {"text": text, "lon": lon, "lat": 26.43, "crs": "WGS84"}
        client.post(f"{city.url}/api/grid_governance/report", json=given, timeout=30).raise_for_status()


def tab_to(page: Page, selector: str, most: int = 120) -> None:
    """Press Tab until an element has the focus, as somebody without a mouse does."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"Tab never reached {selector}")


def test_a_view_is_saved_and_a_row_is_worked_without_a_mouse(city: City, page_at: PageAt, reported: None) -> None:
    page = city.sign_in(page_at(*DESK), "hotline", f"{EVENTS}?sort=-opened_at")
    tab_to(page, ".views summary")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type("刚上报的")
    page.keyboard.press("Enter")
    expect(page.locator(".views [aria-current=true]")).to_have_text("刚上报的")
    page.keyboard.press("j")
    page.keyboard.press(" ")
    page.keyboard.press("j")
    page.keyboard.press(" ")
    expect(page.locator("[data-bulk-count]")).to_have_text("已选 2 条")
    page.keyboard.press("Control+k")
    page.keyboard.type("dengdeng-nothing")
    expect(page.locator("dialog[open] [role=listbox]")).to_contain_text("没有找到")
    page.keyboard.press("Control+a")
    page.keyboard.type("刚上报")
    expect(page.locator("dialog[open] [role=option]", has_text="刚上报的")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/desk/grid_governance/event/[0-9a-f-]{36}/"))


def test_many_rows_are_worked_at_once_and_each_says_what_became_of_it(
    city: City, page_at: PageAt, reported: None
) -> None:
    page = city.sign_in(page_at(*DESK), "hotline", f"{EVENTS}?q=%E8%B7%AF%E7%81%AF%E6%95%B4%E5%A4%9C")
    for path in (EVENTS, f"{EVENTS}?face=calendar&on=opened_at", f"{EVENTS}?face=timeline"):
        page.goto(city.url + path)
        expect(page.locator("#main h1")).to_have_text("事件")
    page.goto(city.url + EVENTS)
    page.locator("[data-bulk-all]").check()
    page.locator("#bulk summary").click()
    page.locator("#bulk button", has_text="重开").click()
    page.fill("form[data-form] textarea, form[data-form] input:not([type=hidden])", "试试")
    page.get_by_role("button", name="开始办理").click()
    page.wait_for_url("**/desk/bulk/**")
    expect(page.get_by_role("button", name="重试这些")).to_be_visible(timeout=20_000)
    expect(page.locator("#bulk-run tbody tr").first).to_contain_text(re.compile("不能|只能|没有|状态|权限"))


def test_a_sheet_is_mapped_tried_imported_and_its_last_row_mended(city: City, page_at: PageAt) -> None:
    page = city.sign_in(page_at(*DESK), "dept_admin", f"{MODELS}import/")
    page.set_input_files("#file", [{"name": "型号.csv", "mimeType": "text/csv", "buffer": SHEET.encode("gbk")}])
    page.get_by_role("button", name="下一步").click()
    page.get_by_label("代号").select_option(label="型号编码 *")
    page.get_by_label("周期").select_option(label="上报周期")
    page.get_by_role("button", name="重新检查").click()
    expect(page.locator(".bad-cell")).to_have_count(2)
    expect(page.locator("form", has=page.locator("table"))).to_contain_text("2 行有错")
    page.get_by_role("button", name="试导入（不保存）").click()
    expect(page.get_by_role("button", name="正式导入")).to_be_visible(timeout=20_000)
    expect(page.locator("#import-run")).to_contain_text("可以导入")
    page.get_by_role("button", name="正式导入").click()
    mend = page.locator(".mend", has_text="第 5 行")
    expect(mend).to_be_visible(timeout=20_000)
    mend.get_by_label("上报周期").fill("600")
    mend.get_by_role("button", name="放回去").click()
    expect(page.locator(".toast")).to_contain_text("已导入")
    page.goto(f"{city.url}{MODELS}?q=T-")
    expect(page.locator("tbody tr")).to_contain_text(["T-水位丙", "T-雨量甲"])
    page.goto(f"{city.url}{MODELS}import/")
    page.set_input_files("#file", [{"name": "再来.csv", "mimeType": "text/csv", "buffer": SHEET.encode()}])
    page.get_by_role("button", name="下一步").click()
    expect(page.get_by_label("代号")).to_have_value("code")


def test_an_edit_is_undone_from_its_message(city: City, page_at: PageAt) -> None:
    page = city.sign_in(page_at(*DESK), "dept_admin", f"{MODELS}new/")
    for name, value in (("code", "U-1"), ("name", "撤销试验型"), ("door", "sl651")):
        page.fill(f"#f-{name}", value)
    page.locator("form[data-form] button.btn-main").click()
    page.get_by_role("link", name="修改").click()
    page.fill("#f-name", "改过名的型号")
    page.locator("form[data-form] button.btn-main").click()
    expect(page.locator("h1")).to_have_text("改过名的型号")
    page.locator(".toast").get_by_role("button", name="撤销").click()
    expect(page.locator("h1")).to_have_text("撤销试验型")
    expect(page.locator("#history")).to_contain_text("改过名的型号")


@pytest.mark.parametrize("cookies", [{}, {"yz_size": "large"}, {"yz_lang": "en"}], ids=["plain", "large", "english"])
def test_faces_and_forms_are_accessible_on_laptop_and_phone(
    city: City, page_at: PageAt, reported: None, cookies: dict[str, str]
) -> None:
    wrong: list[str] = []
    pages = (
        EVENTS,
        f"{EVENTS}?face=calendar&on=opened_at",
        f"{EVENTS}?face=timeline",
        "/desk/help/",
        "/desk/inbox/?all=1",
    )
    for width, height, mobile in ((*DESK, False), (390, 844, True)):
        page = page_at(width, height, mobile, bypass_csp=True)
        page.context.add_cookies([{"name": n, "value": v, "url": city.url} for n, v in cookies.items()])
        visitor = Look(city, page, "hotline")
        for path in pages if width > 390 or not cookies else pages[:1]:
            wrong += visitor.at(path)
    assert wrong == []


def test_paper_has_a_head_and_nothing_to_click(city: City, page_at: PageAt, reported: None) -> None:
    page = city.sign_in(page_at(*DESK), "hotline", EVENTS)
    expect(page.locator(".print-head")).to_be_hidden()
    page.emulate_media(media="print")
    expect(page.locator(".print-head")).to_contain_text("黄春梅")
    expect(page.locator(".print-head")).to_contain_text("密级")
    assert page.locator(".top, .side, .tools, .bulk").evaluate_all("all => all.every((n) => !n.offsetParent)")

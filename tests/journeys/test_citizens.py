"""A citizen's report by phone, from the photograph to the stars, and what is said when something is wrong."""

from __future__ import annotations

from typing import Any, Final

import pytest
from playwright.sync_api import Page, Route, expect

from tests.journeys.city import City, photo
from tests.support.fixtures import PageAt

PLACE: Final = {"longitude": 111.6134, "latitude": 26.4345, "accuracy": 12}
NEARBY: Final = {"longitude": 111.6136, "latitude": 26.4346, "accuracy": 12}
WORDS: Final = "路灯不亮，晚上一片漆黑"


@pytest.fixture
def phone(city: City, page_at: PageAt) -> Any:
    """`phone(login, place=PLACE)`: somebody's phone at a place, on the page of a new report."""

    def open_phone(login: str, place: dict[str, float] | None = PLACE) -> Page:
        more = {"geolocation": place, "permissions": ["geolocation"]} if place else {}
        return city.sign_in(page_at(390, 844, mobile=True, **more), login, "/app/report/")

    return open_phone


def describe(page: Page, *, photos: list[dict[str, Any]], place: bool = True, words: str = WORDS) -> None:
    """Fill the form."""
    page.set_input_files("#photos", photos)
    page.fill("#text", words)
    if place:
        page.click("[data-locate]")
        expect(page.locator("[data-locate]")).to_contain_text("误差")


def send(page: Page) -> None:
    page.get_by_role("button", name="上报", exact=True).click()


@pytest.fixture(scope="module")
def told() -> dict[str, str]:
    """What one test of this file leaves to the next: the address of the report."""
    return {}


def test_a_report_with_photo_and_place_gets_a_number(city: City, phone: Any, told: dict[str, str]) -> None:
    page = phone("citizen")
    describe(page, photos=[photo("路灯")])
    send(page)
    page.wait_for_url("**/app/matters/*/")
    expect(page.locator("#main")).to_contain_text("编号")
    expect(page.locator("img.thumb").first).to_have_js_property("complete", True)
    told["report"] = page.url


def test_a_neighbour_is_asked_whether_it_is_this_one(city: City, phone: Any, told: dict[str, str]) -> None:
    page = phone("citizen_elder", NEARBY)
    describe(page, photos=[photo("灯灭")], words="路灯坏了不亮")
    send(page)
    expect(page.get_by_role("heading", name="是不是这一件？")).to_be_visible()
    page.get_by_role("button", name="是同一件，跟进它").first.click()
    page.wait_for_url("**/app/matters/*/")
    expect(page.locator("#main")).to_contain_text("一并办理")


def test_a_report_without_a_place_says_how_to_give_one(city: City, refused_at: PageAt) -> None:
    page = city.sign_in(refused_at(390, 844, mobile=True), "citizen", "/app/report/")
    describe(page, photos=[photo("井盖")], place=False, words="井盖缺了一半")
    with page.expect_response(lambda answer: answer.request.method == "POST") as answer:
        send(page)
    assert answer.value.status == 422
    expect(page.get_by_role("alert")).to_contain_text("还没有地点")
    expect(page.locator("#text")).to_have_value("井盖缺了一半")


def test_a_photo_chosen_before_the_page_is_ready_counts(city: City, page_at: PageAt) -> None:
    page = city.sign_in(page_at(390, 844, mobile=True, service_workers="block"), "citizen", "/app/outbox/")
    held: list[Route] = []
    page.route("**/look/photos*.mjs", lambda route: held.append(route))
    page.goto(f"{city.url}/app/report/", wait_until="commit")
    page.set_input_files("#photos", [photo("early")])
    expect(page.locator("[data-shots] canvas")).to_have_count(0)
    for one in held:
        one.continue_()
    expect(page.locator("[data-shots] canvas")).to_have_count(1)


def test_a_file_that_is_no_picture_is_told_by_its_name(phone: Any) -> None:
    page = phone("citizen")
    page.set_input_files("#photos", [{"name": "说明.jpg", "mimeType": "image/jpeg", "buffer": b"not a picture"}])
    expect(page.locator(".toast")).to_contain_text("照片「说明.jpg」打不开")


def test_a_photo_of_forty_megabytes_is_refused_with_its_limit(city: City, refused_at: PageAt) -> None:
    page = city.sign_in(refused_at(390, 844, mobile=True), "citizen", "/app/report/")
    answer = page.evaluate(
        """async () => {
            const form = document.querySelector('form[data-form]'), body = new FormData(form);
            body.delete('photos');
            body.append('photos', new File([new Uint8Array(40 * 1024 * 1024)], '大图.jpg', {type: 'image/jpeg'}));
            body.set('text', '路面塌陷');
            const answer = await fetch(form.action, {method: 'POST', body});
            return {status: answer.status, text: await answer.text()};
        }"""
    )
    assert answer["status"] == 413
    assert "MB" in answer["text"]


def test_two_officers_close_one_matter_and_the_second_is_told(city: City, page_at: PageAt, refused_at: PageAt) -> None:
    event = next(row for row in city.rows("hotline", "grid_governance.event") if "路灯" in row["title"])
    work_until_verified(city, event["id"])
    address = f"/desk/grid_governance/event/{event['id']}/"
    first = city.sign_in(page_at(1366, 900), "duty", address)
    second = city.sign_in(refused_at(1366, 900), "hotline", address)
    for page in (first, second):
        page.get_by_role("button", name="结案").first.click()
        page.locator("dialog[open] button.btn-main").click()
    expect(first.locator("#main")).to_contain_text("已结案")
    expect(second.get_by_role("alert").first).to_contain_text("刷新")


def work_until_verified(city: City, event: str) -> None:
    """Hotline handles, the duty officer checks, both through the API."""
    photos = next(row["photos"] for row in city.rows("duty", "grid_governance.report") if row["photos"])
    spot = {"event": event, "photos": photos, "lon": PLACE["longitude"], "lat": PLACE["latitude"]}
    steps = [("hotline", "report-done", {**spot, "text": "更换灯泡"}), ("duty", "verify", {**spot, "text": "灯已亮"})]
    if city.row("duty", "grid_governance.event", event)["state"] == "assigned":
        steps.insert(0, ("hotline", "sign", {"event": event}))
    for login, verb, given in steps:
        more = {"passed": True, "close": False} if verb == "verify" else {}
        answer = city.api(login).post(f"{city.url}/api/grid_governance/{verb}", json={**given, **more}, timeout=10)
        assert answer.ok, answer.text


def test_the_citizen_follows_it_to_its_end_and_rates(city: City, page_at: PageAt, told: dict[str, str]) -> None:
    page = city.sign_in(page_at(390, 844, mobile=True), "citizen", "/app/matters/")
    page.get_by_role("link", name="路灯").first.click()
    expect(page.locator("ol.line")).to_contain_text("已结案")
    page.get_by_role("button", name="非常满意", exact=True).click()
    expect(page.locator("#main")).to_contain_text("您的评价：5 分")

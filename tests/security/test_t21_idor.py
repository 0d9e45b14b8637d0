"""T21, T25: what lies outside somebody's scope is not there for him, at any door, in any count or choice."""

from __future__ import annotations

import json
import re

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from tests.security.rows import Sides
from tests.security.visitors import Visitors
from yongzhou.core.crypto import uuid7
from yongzhou.core.data.fields import Attachments
from yongzhou.core.data.house import declaration
from yongzhou.core.data.registry import records
from yongzhou.core.operations.registry import operations
from yongzhou.core.people.models import Login
from yongzhou.house.setup import load_rooms

load_rooms()
OFFICER = "officer_431122"  # Dong'an; the near rows lie in Qiyang
NOWHERE = "01900000-0000-7000-8000-000000000000"
SCOPED = sorted(
    name
    for name, model in records().items()
    if declaration(model).region and name.split(".")[0] not in ("inbox", "people")
)


def same(first: bytes, second: bytes, one: str, other: str) -> bool:
    """Whether two answers of one moment differ in nothing but the id that was asked for."""
    own = re.compile(r'value="[^"]{20,}"|Token":"[^"]*"|[0-9a-f-]{8,}')  # form tokens, the request's number
    told = [own.sub("", body.decode().replace(key, "ID")).splitlines() for body, key in ((first, one), (second, other))]
    return [(a, b) for a, b in zip(*told, strict=True) if a != b] == []


@pytest.mark.parametrize("resource", SCOPED)
def test_not_yours_is_as_not_there(resource: str, sides: Sides, visitors: Visitors, machine: Client) -> None:
    row = sides.near[resource]
    key, header = str(row.pk), visitors.bearer(OFFICER)
    at = timezone.now().isoformat().replace("+", "%2B")
    for words in ("", f"?at={at}"):
        answers = [machine.get(f"/api/records/{resource}/{one}{words}", headers=header) for one in (key, NOWHERE)]
        assert [answer.status_code for answer in answers] == [404, 404]
        assert answers[0].content == answers[1].content
    desk = visitors.desk(OFFICER)
    base = f"/desk/{resource.replace('.', '/')}/"
    doors = ["{}/", "{}/?panel=1", f"{{}}/?at={at}", "{}/photo/" + "0" * 64 + ".jpg"]
    for door in doors:
        with time_machine.travel(timezone.now(), tick=False):  # a page prints its time
            pages = [desk.get(base + door.format(one)) for one in (key, NOWHERE)]
        assert [page.status_code for page in pages] == [404, 404], door
        assert same(pages[0].content, pages[1].content, key, NOWHERE), door
    for field in ("phone", "contact", "title", "id"):
        pages = [desk.post(f"{base}{one}/reveal/{field}/", {"purpose": "看看"}) for one in (key, NOWHERE)]
        assert [page.status_code for page in pages] == [404, 404]


def silent(desk: Client, key: str, **ask: str) -> None:
    """The page 为什么 says the same of this row and of none, at one moment."""
    with time_machine.travel(timezone.now(), tick=False):
        pages = [
            desk.get("/desk/account/why/", {word: text.replace("KEY", one) for word, text in ask.items()})
            for one in (key, NOWHERE)
        ]
    assert [page.status_code for page in pages] == [200, 200], ask
    assert same(pages[0].content, pages[1].content, key, NOWHERE), ask


@pytest.mark.parametrize("resource", SCOPED)
def test_why_is_as_silent_as_the_door(resource: str, sides: Sides, visitors: Visitors) -> None:
    """What stands behind 「为什么？」 of a refused page."""
    app, name = resource.split(".")
    silent(visitors.desk(OFFICER), str(sides.near[resource].pk), **{"from": f"/desk/{app}/{name}/KEY/?panel=1"})


def test_why_is_silent_whatever_it_is_asked(sides: Sides, visitors: Visitors) -> None:
    """By a door of an operation or the API, for another action, or about the rights of somebody who may."""
    event, officer = str(sides.near["grid_governance.event"].pk), visitors.desk(OFFICER)
    silent(officer, event, **{"from": "/desk/do/grid_governance/reject/?event=KEY"})
    silent(officer, event, **{"from": "/api/grid_governance/reject?event=KEY"})
    silent(officer, event, resource="grid_governance.event", action="reject", record="KEY")
    may = str(Login.objects.get(name="dept_admin").person_id)
    silent(visitors.desk("sec_admin"), event, resource="grid_governance.event", record="KEY", person=may)


@pytest.mark.parametrize("name", sorted(operations()))
def test_operations_on_a_strange_id(name: str, sides: Sides, visitors: Visitors, machine: Client) -> None:
    """The same words for a row of another county and for one that does not exist."""
    from tests.security.bodies import body, subject

    op = operations()[name]
    field = subject(op)
    if field is None:
        return
    given = body(op, sides, "near")
    answers = [
        machine.post(
            f"/api/{op.path}", json.dumps({**given, field: key}), "application/json", headers=visitors.bearer(OFFICER)
        )
        for key in (given[field], NOWHERE)
    ]
    assert [answer.status_code for answer in answers] in ([404, 404], [403, 403])
    assert answers[0].content == answers[1].content


@pytest.mark.parametrize("resource", SCOPED)
def test_counts_filters_and_export_hold_nothing_from_outside(resource: str, sides: Sides, visitors: Visitors) -> None:
    desk = visitors.desk(OFFICER)
    row = sides.near[resource]
    base = f"/desk/{resource.replace('.', '/')}/"
    narrowed = desk.get(f"/api/records/{resource}", {"id": str(row.pk)})
    if narrowed.status_code == 403:
        return
    assert narrowed.json()["count"] == 0
    assert narrowed.json()["rows"] == []
    page = desk.get(base, {"id": str(row.pk)}).content.decode()
    menus = "".join(
        re.findall(r"<(?:menu|details|select).*?</(?:menu|details|select)>", desk.get(base).content.decode(), re.S)
    )
    assert "桐近" not in page
    assert "桐近" not in menus
    sheet = b"".join(desk.get(f"{base}export.csv").streaming_content).decode()  # type: ignore[attr-defined]
    assert "桐近" not in sheet


def test_choices_of_forms_lie_inside(sides: Sides, visitors: Visitors) -> None:
    desk = visitors.desk(OFFICER)
    for op in operations().values():
        page = desk.get(f"/desk/do/{op.path}/").content.decode()
        for resource in SCOPED:
            assert str(sides.near[resource].pk) not in page, (op.name, resource)


def test_a_form_does_not_name_a_strange_row_given_by_its_address(sides: Sides, visitors: Visitors) -> None:
    event = sides.near["grid_governance.event"]
    page = visitors.desk(OFFICER).get(f"/desk/do/grid-governance/assign/?event={event.pk}").content.decode()
    page += visitors.desk(OFFICER).get(f"/desk/do/grid_governance/assign/?event={event.pk}").content.decode()
    assert "桐近" not in page


def test_search_word_finds_nothing_outside(sides: Sides, visitors: Visitors) -> None:
    groups = visitors.desk(OFFICER).get("/desk/search", {"q": "桐近"}).json()["groups"]
    keys = {str(sides.near[resource].pk) for resource in SCOPED}
    assert not [item for group in groups for item in group["items"] if any(key in item["href"] for key in keys)]


def test_a_hidden_reporter_cannot_be_found_by_his_phone(sides: Sides, visitors: Visitors, machine: Client) -> None:
    """The unit that handles an event may not know who reported it, nor ask by equality through the link."""
    report = sides.near["grid_governance.report"]
    person = report.reporter  # type: ignore[attr-defined]
    phone = person.phone.open()
    answer = machine.get(
        "/api/records/grid_governance.report", {"reporter__phone": phone}, headers=visitors.bearer("water_431181")
    )
    assert answer.status_code == 422
    answer = machine.get(
        "/api/records/grid_governance.report", {"reporter": str(person.pk)}, headers=visitors.bearer("water_431181")
    )
    assert answer.status_code == 422


def test_a_masked_name_is_not_spelled_out(sides: Sides, visitors: Visitors, machine: Client) -> None:
    """Titles and hits mask what lists mask; a part of a name finds nobody, the whole name does."""
    person = sides.near["people.person"]
    admin = visitors.desk("sec_admin")
    answer = admin.get(f"/desk/people/person/{person.pk}/")
    assert answer.status_code == 200
    name = person.name  # type: ignore[attr-defined]
    assert name not in answer.content.decode()
    header = visitors.bearer("sec_admin")
    assert machine.get("/api/records/people.person", {"q": name[:2]}, headers=header).json()["count"] == 0
    found = machine.get("/api/records/people.person", {"q": name}, headers=header).json()
    assert found["count"] == 1
    assert found["rows"][0]["name"] != name
    assert machine.get("/api/records/people.person", {"name__gte": name[:1]}, headers=header).status_code == 422
    hits = admin.get("/desk/search", {"q": name}).json()["groups"]
    assert name not in [item["title"] for group in hits for item in group["items"]]


def test_own_rows_do_not_unmask_those_of_a_county(sides: Sides) -> None:
    """A county officer who is also a citizen sees grade 3 in his own report, grade 2 in everybody else's."""
    from yongzhou.core.data.actor import Actor, Grant
    from yongzhou.core.data.present import present

    report = sides.near["grid_governance.report"]
    reporter = report.reporter  # type: ignore[attr-defined]
    lines = (
        Grant("县区经办人", "read", "grid_governance.*", 2, region="4311"),
        Grant("市民", "read", "grid_governance.*", 3, own=True),
    )
    other = Actor("person", uuid7(), "兼职", grants=lines)
    himself = Actor("person", reporter.pk, reporter.name, grants=lines)
    assert present(report, other)["reporter"].masked
    assert not present(report, himself)["reporter"].masked


def test_photo_of_another_record_is_not_served_by_mine(sides: Sides, visitors: Visitors) -> None:
    near, far = sides.near["grid_governance.event"], sides.far["grid_governance.event"]
    digest = near.photos[0]["sha256"]  # type: ignore[attr-defined]
    assert visitors.desk(OFFICER).get(f"/desk/grid_governance/event/{far.pk}/photo/{digest}.jpg").status_code == 404
    assert any(isinstance(column, Attachments) for column in type(far)._meta.concrete_fields)
    mine = sides.near["grid_governance.report"]
    assert visitors.desk("citizen_elder").get(f"/app/matters/{mine.pk}/photo/{digest}.jpg").status_code == 404
    assert visitors.desk("citizen_elder").get(f"/app/matters/{mine.pk}/").status_code == 404
    assert visitors.desk("citizen_elder").post(f"/app/matters/{mine.pk}/rate/", {"stars": "5"}).status_code == 404


def test_nobody_learns_rows_from_the_open_description(sides: Sides, machine: Client) -> None:
    text = machine.get("/api/openapi.json").content.decode() + machine.get("/developer/").content.decode()
    assert "桐近" not in text
    assert "桐远" not in text

"""T20: every kind of record x every demo person x every reading door x two scopes, as the csv files say."""

from __future__ import annotations

import csv
import io

import pytest
from django.test import Client
from django.utils import timezone
from openpyxl import load_workbook

from tests.security.rows import Sides
from tests.security.visitors import Visitors
from tests.support import matrix
from yongzhou.core.data.actor import NOBODY
from yongzhou.core.data.fields import Attachments
from yongzhou.core.data.guard import why
from yongzhou.core.data.house import declaration
from yongzhou.core.data.registry import records
from yongzhou.core.people.actors import actor_of
from yongzhou.core.people.models import Login

RECORDS = sorted(records())
DESK = (
    "duty",
    "officer_431122",
    "water_431181",
    "grid_worker",
    "citizen",
    "dept_admin",
    "outsider",
)  # one of each scope
SIDES = ("near", "far")


def desk_of(resource: str) -> str:
    return f"/desk/{resource.replace('.', '/')}/"


@pytest.mark.parametrize("resource", RECORDS)
def test_rest_list(resource: str, sides: Sides, visitors: Visitors, machine: Client) -> None:
    wrong = []
    for login in matrix.logins():
        answer = machine.get(f"/api/records/{resource}?limit=500", headers=visitors.bearer(login))
        wanted = 200 if matrix.may_at_all(login, "read", resource) else 403
        found = {row["id"] for row in answer.json()["rows"]} if answer.status_code == 200 else set()
        for side in SIDES:
            key = str(getattr(sides, side)[resource].pk)
            seen = matrix.may(login, "read", resource, sides.facts(resource, side))
            if answer.status_code != wanted or (key in found) != seen:
                wrong.append((login, side, answer.status_code, key in found, seen))
    assert not wrong
    assert machine.get(f"/api/records/{resource}").status_code == 401


@pytest.mark.parametrize("resource", RECORDS)
def test_rest_row_and_its_history(resource: str, sides: Sides, visitors: Visitors, machine: Client) -> None:
    wrong = []
    now = timezone.now().isoformat().replace("+", "%2B")
    for login in matrix.logins():
        for side in SIDES:
            wanted = matrix.status(login, resource, sides.facts(resource, side))
            address = f"/api/records/{resource}/{getattr(sides, side)[resource].pk}"
            for words in ("", f"?at={now}"):
                answer = machine.get(address + words, headers=visitors.bearer(login))
                if answer.status_code != wanted:
                    wrong.append((login, side, words, answer.status_code, wanted))
    assert not wrong


@pytest.mark.parametrize("resource", RECORDS)
def test_why_says_the_same(resource: str, sides: Sides) -> None:
    for login in matrix.logins():
        actor = actor_of(Login.objects.get(name=login).person_id)
        for side in SIDES:
            verdict = why(actor, "read", getattr(sides, side)[resource])
            assert verdict.allowed == matrix.may(login, "read", resource, sides.facts(resource, side)), (login, side)
            assert verdict.text
    assert not why(NOBODY, "read", records()[resource]).allowed


@pytest.mark.parametrize("resource", RECORDS)
def test_desk_pages(resource: str, sides: Sides, visitors: Visitors) -> None:
    wrong = []
    photo = any(isinstance(column, Attachments) for column in records()[resource]._meta.concrete_fields)
    for login in DESK:
        client = visitors.desk(login)
        for side in SIDES:
            row = getattr(sides, side)[resource]
            wanted = matrix.status(login, resource, sides.facts(resource, side))
            doors = [f"{desk_of(resource)}{row.pk}/", f"{desk_of(resource)}{row.pk}/?panel=1"]
            if photo:
                held = next(getattr(row, c.name) for c in row._meta.concrete_fields if isinstance(c, Attachments))
                doors.append(f"{desk_of(resource)}{row.pk}/photo/{held[0]['sha256']}.jpg")
            for door in doors:
                answer = client.get(door)
                if answer.status_code != wanted:
                    wrong.append((login, side, door, answer.status_code, wanted))
    assert not wrong


@pytest.mark.parametrize("resource", RECORDS)
def test_desk_list_and_export(resource: str, sides: Sides, visitors: Visitors) -> None:
    for login in DESK:
        client = visitors.desk(login)
        wanted = 200 if matrix.may_at_all(login, "read", resource) else 403
        page = client.get(f"{desk_of(resource)}?limit=500")
        sheet = client.get(f"{desk_of(resource)}export.csv")
        assert (page.status_code, sheet.status_code) == (wanted, wanted), login
        if wanted == 403:
            continue
        reach = [side for side in SIDES if matrix.may(login, "read", resource, sides.facts(resource, side))]
        listed = page.content.decode()
        for side in SIDES:
            assert (str(getattr(sides, side)[resource].pk) in listed) == (side in reach), (login, side)
        lines = list(csv.reader(io.StringIO(b"".join(sheet.streaming_content).decode("utf-8-sig"))))
        with_rest = client.get(f"/api/records/{resource}?limit=500").json()["count"]
        assert len(lines) - 1 == with_rest, login


def test_xlsx_has_the_rows_of_the_list(sides: Sides, visitors: Visitors) -> None:
    client = visitors.desk("officer_431122")
    book = load_workbook(io.BytesIO(client.get("/desk/grid_governance/event/export.xlsx").content))
    text = str([[cell.value for cell in line] for line in book.worksheets[0].iter_rows()])
    assert "桐远" in text
    assert "桐近" not in text
    assert visitors.desk("outsider").get("/desk/grid_governance/event/export.xlsx").status_code == 403


@pytest.mark.parametrize("login", matrix.logins())
def test_search_palette(login: str, sides: Sides, visitors: Visitors) -> None:
    for mark, side in (("桐近", "near"), ("桐远", "far")):
        groups = visitors.desk(login).get("/desk/search", {"q": mark}).json()["groups"]
        found = {item["href"] for group in groups for item in group["items"]}
        for resource in RECORDS:
            row = getattr(sides, side)[resource]
            if row.get_absolute_url() in found:
                assert matrix.may(login, "read", resource, sides.facts(resource, side)), resource


@pytest.mark.parametrize("resource", RECORDS)
def test_only_declared_records_are_written_and_only_by_right(
    resource: str, sides: Sides, visitors: Visitors, machine: Client
) -> None:
    """A record with `api = "read"` changes by its operations only, whatever rights somebody has."""
    writable = declaration(records()[resource]).api == "write"
    row = sides.near[resource]
    for login in matrix.logins():
        may_create = writable and matrix.may_at_all(login, "create", resource)
        may_change = writable and matrix.may(login, "change", resource, sides.facts(resource, "near"))
        header = visitors.bearer(login)
        post = machine.post(f"/api/records/{resource}?dry_run=1", "{}", "application/json", headers=header)
        patch = machine.patch(
            f"/api/records/{resource}/{row.pk}?dry_run=1", f'{{"row_version": {row.row_version}}}', "application/json",
            headers=header,
        )  # fmt: skip
        assert (post.status_code in (201, 422)) == may_create, (login, post.status_code)
        assert (patch.status_code == 200) == may_change, (login, patch.status_code)
    for login in DESK:
        client = visitors.desk(login)
        may_create = writable and matrix.may_at_all(login, "create", resource)
        may_change = writable and matrix.may(login, "change", resource, sides.facts(resource, "near"))
        assert (client.get(f"{desk_of(resource)}new/").status_code == 200) == may_create, login
        assert (client.get(f"{desk_of(resource)}import/").status_code == 200) == may_create, login
        assert (client.get(f"{desk_of(resource)}{row.pk}/change/").status_code == 200) == may_change, login


def test_a_revoked_appointment_loses_access_within_five_seconds(
    sides: Sides, machine: Client, visitors: Visitors
) -> None:
    from time import monotonic, sleep

    from yongzhou.core.people.models import Appointment

    address = f"/api/records/grid_governance.event/{sides.far['grid_governance.event'].pk}"
    header = visitors.bearer("hotline")
    assert machine.get(address, headers=header).status_code == 200
    held = Appointment.objects.get(person=Login.objects.get(name="hotline").person)
    started = monotonic()
    Appointment.objects.filter(pk=held.pk).delete()  # behind the back of this process' cache
    try:
        while machine.get(address, headers=header).status_code == 200:
            assert monotonic() - started < 5
            sleep(0.1)
        assert machine.get(address, headers=header).status_code == 403
    finally:
        held.save(force_insert=True)

"""T23, T24: hostile addresses, filters, orders, words and cursors: never a 5xx, never a row from outside."""

from __future__ import annotations

import base64
import io
import json
import zipfile

import pytest
from django.test import Client

from tests.security.rows import Sides
from tests.security.visitors import Visitors
from yongzhou.core.data.files import path_of
from yongzhou.core.data.house import declaration
from yongzhou.core.data.registry import records
from yongzhou.core.data.sheets import SheetRefused, read_sheet

PATHS = [
    "../../etc/passwd",
    "..%2f..%2fsecrets%2fdjango",
    "/etc/passwd",
    "%2e%2e/%2e%2e/secrets",
    "a" * 64,
    "0" * 63,
    "0" * 64 + "\0",
    "é" * 64,
]
HOSTILE = [
    "' or 1=1 --",
    '" or "1"="1',
    "a';drop table people_login;--",
    "%",
    "_",
    "%%%",
    "\\",
    "\0",
    "a\0b",
    "'" * 300,
    "x" * 9000,
    "²",
    "٣",
    "９",
    "-1",
    "0",
    "1e309",
    "NaN",
    "99999999999999999999999",
    "2026-02-30",
    "2026-13-45T99:99:99+08:00",
    "9999-12-31T23:59:59Z",
    "0001-01-01T00:00:00+14:00",
    "true",
    "null",
    "[]",
    "{}",
    "💥",
    "\u202e反",
    "${7*7}",
    "{{7*7}}",
    "<script>alert(1)</script>",
]
CURSORS = [
    [None, "x"],
    ["a", None],
    [1, 2, 3],
    [{}, "01900000-0000-7000-8000-000000000000"],
    ["'", "01900000-0000-7000-8000-000000000000"],
    ["\0", "01900000-0000-7000-8000-000000000000"],
    [1e308, "01900000-0000-7000-8000-000000000000"],
]
KINDS = [
    "grid_governance.event",
    "grid_governance.report",
    "people.person",
    "telemetry.alarm",
    "things.datastream",
    "water.floodwarning",
    "places.place",
]


def cursor(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


@pytest.mark.parametrize("name", PATHS)
def test_a_file_address_is_a_digest_or_nothing(name: str) -> None:
    if name == "a" * 64:
        assert path_of(name).parent.name == "aa"
        return
    with pytest.raises(ValueError, match="SHA-256"):
        path_of(name)


@pytest.mark.parametrize("name", PATHS)
def test_photo_addresses(name: str, sides: Sides, visitors: Visitors) -> None:
    row = sides.near["grid_governance.event"]
    for base in (
        f"/desk/grid_governance/event/{row.pk}/photo/",
        f"/app/tasks/{row.pk}/photo/",
        f"/app/matters/{row.pk}/photo/",
        "/static/",
        "/",
    ):
        assert visitors.desk("duty").get(f"{base}{name}.jpg").status_code in (400, 403, 404)


@pytest.mark.parametrize("resource", KINDS)
def test_filters_orders_words_and_cursors(resource: str, sides: Sides, visitors: Visitors, machine: Client) -> None:
    own = declaration(records()[resource])
    header = visitors.bearer("officer_431122" if resource != "people.person" else "dept_admin")
    near = str(sides.near[resource].pk)
    words = ["q", "sort", "after", "limit", "region", "id", "origin", *own.filters, *own.sort, *own.list[:3]]
    words += [
        "id__gte",
        "region__lte",
        "password",
        "logins__password",
        "reporter__phone",
        "pk",
        "1=1",
        "id;",
        "objects",
        "__class__",
    ]
    for at, word in enumerate(dict.fromkeys(words)):
        for value in HOSTILE if at < 6 else HOSTILE[at % 4 :: 4]:
            answer = machine.get(f"/api/records/{resource}", {word: value}, headers=header)
            assert answer.status_code in (200, 422), (word, value, answer.status_code)
            assert near not in answer.content.decode()
    for value in CURSORS:
        for order in ("", *own.sort, *(f"-{name}" for name in own.sort)):
            answer = machine.get(f"/api/records/{resource}", {"after": cursor(value), "sort": order}, headers=header)
            assert answer.status_code in (200, 422), (value, order)


@pytest.mark.parametrize("value", HOSTILE)
def test_every_desk_door_with_a_hostile_word(value: str, sides: Sides, visitors: Visitors) -> None:
    desk = visitors.desk("officer_431122")
    row = sides.far["grid_governance.event"]
    for address, words in (
        ("/desk/search", {"q": value}),
        ("/desk/grid_governance/event/", {"q": value}),
        ("/desk/grid_governance/event/", {"state": value, "sort": value}),
        ("/desk/grid_governance/event/export.csv", {"unit": value}),
        ("/desk/grid_governance/event/export.csv", {"after": value, "q": value}),
        (f"/desk/grid_governance/report/{sides.far['grid_governance.report'].pk}/", {"at": value}),
        (f"/api/records/grid_governance.event/{row.pk}", {"at": value}),
        ("/desk/do/grid_governance/assign/", {"event": value}),
        ("/desk/indicators/water.on_time_rate/data.json", {"hours": value, "region": value}),
        ("/app/tasks/", {"x": value}),
        ("/login/", {"next": value}),
    ):
        answer = desk.get(address, words)
        assert answer.status_code < 500, (address, words)
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[attr-defined]
        assert b"<script>alert(1)</script>" not in body, address
        assert "49" not in value


def test_percent_and_underscore_are_letters(sides: Sides, visitors: Visitors, machine: Client) -> None:
    for word in ("%", "_", "桐_"):
        assert (
            machine.get("/api/records/grid_governance.event", {"q": word}, headers=visitors.bearer("duty")).json()[
                "count"
            ]
            == 0
        )


@pytest.mark.parametrize("entry", ["../../evil.xml", "/etc/cron.d/evil", "xl/../../evil"])
def test_zip_slip_writes_nothing(entry: str) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(entry, "x")
    with pytest.raises(SheetRefused):
        read_sheet("x.xlsx", out.getvalue(), ["编码"])


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ('{"a": "\\u0000"}', 400),
        ('{"a": "\\ud800"}', 400),
        ('{"a": NaN}', 400),
        ("{", 400),
        ("[]", 400),
        ("[" * 100_000, 400),
        ('{"a": ' + "9" * 5000 + "}", 400),
        ('"x"', 400),
        ("\xff", 400),
    ],
)
def test_bodies_that_are_no_input(text: str, status: int, visitors: Visitors, machine: Client) -> None:
    answer = machine.post(
        "/api/grid_governance/report", text.encode("latin-1"), "application/json", headers=visitors.bearer("duty")
    )
    assert answer.status_code == status
    assert answer["Content-Type"] == "application/problem+json"


def test_a_body_too_large_is_said_to_be(visitors: Visitors, machine: Client) -> None:
    text = json.dumps({"text": "长" * 1_000_000})
    answer = machine.post("/api/grid_governance/report", text, "application/json", headers=visitors.bearer("duty"))
    assert answer.status_code == 413
    assert "MB" in answer.json()["title"]

"""The derived list: exports, columns, faces, masks through links, the palette's rights, a cut connection."""

from __future__ import annotations

import io
import json
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow.parquet as pq
import pytest
from django.db import OperationalError
from django.http import HttpResponse, QueryDict
from django.test import Client, RequestFactory

from yongzhou.core.audit.models import AuditLine
from yongzhou.core.data.geometry import point
from yongzhou.core.data.present import present
from yongzhou.core.data.query import query
from yongzhou.core.desk import hits
from yongzhou.core.people.models import Login, Person
from yongzhou.portals.look.middleware import Again, _mark_cut
from yongzhou.portals.workbench import columns, faces
from yongzhou.systems.governance.grid_governance.models import Event

SHANGHAI = ZoneInfo("Asia/Shanghai")
LIST = "/desk/grid_governance/event/"


@pytest.fixture
def events(cast: SimpleNamespace) -> list[Event]:
    """Three events in Qiyang and one in Dong'an, handled by the demo grid worker."""
    worker = Login.objects.get(name="grid_worker").person
    found = []
    for number, region in enumerate(("431181107", "431181107", "431181", "431122")):
        event = Event(
            number=f"SJ-TEST-{number}", kind="event", steward="grid_governance", title=f"测试路灯{number}", level=3,
            region=region, state="handling", opened_at=datetime(2026, 6, 17 + number % 2, 23, 30, tzinfo=SHANGHAI),
            geometry=point(111.9 + number / 100, 26.4), handler=worker, origin="synthetic",
        )  # fmt: skip
        event.save()
        found.append(event)
    return found


def desk(login: str) -> Client:
    """A signed-in browser of the front's origin."""
    client = Client()
    session = client.session
    session["person"] = str(Login.objects.get(name=login).person_id)
    session.save()
    return client


def body(answer: Any) -> bytes:
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


def test_parquet_keeps_types_and_labels_and_the_guard(events: list[Event]) -> None:
    answer = desk("officer_431181").get(f"{LIST}export.parquet?q=测试路灯&sort=opened_at")
    table = pq.read_table(io.BytesIO(body(answer)))
    assert table.column("title").to_pylist() == ["测试路灯0", "测试路灯2", "测试路灯1"]
    assert str(table.schema.field("opened_at").type) == "timestamp[us, tz=UTC]"
    assert table.schema.field("title").metadata[b"label"].decode() == "标题"


def test_geojson_is_rfc_7946_with_places_and_masks(events: list[Event]) -> None:
    answer = desk("duty").get(f"{LIST}export.geojson?q=测试路灯0&cols=title,handler")
    (feature,) = json.loads(body(answer))["features"]
    assert feature["geometry"] == {"type": "Point", "coordinates": [111.9, 26.4]}
    assert feature["properties"] == {"标题": "测试路灯0", "处置人": "唐**"}


def test_an_export_leaves_an_audit_line_without_what_was_searched(events: list[Event]) -> None:
    body(desk("duty").get(f"{LIST}export.csv?q=张三"))
    line = AuditLine.objects.filter(verb="core.export").latest("at")
    assert line.detail["words"] == "q=%2A%2A%2A%2A"


def test_a_link_shows_no_more_than_the_linked_record(events: list[Event], cast: SimpleNamespace) -> None:
    assert present(events[0], cast.duty)["handler"].text == "唐**"


def test_columns_follow_the_address_then_the_person(cast: SimpleNamespace) -> None:
    columns.choose(Event, cast.duty, ["title", "state"])
    assert columns.chosen(Event, cast.duty, QueryDict("")) == ("title", "state")
    assert columns.chosen(Event, cast.duty, QueryDict("cols=number,title")) == ("title", "number")
    assert columns.chosen(Event, cast.leader, QueryDict(""))[0] == "level"


def test_a_month_counts_the_days_of_shanghai(events: list[Event], cast: SimpleNamespace) -> None:
    words = QueryDict("face=calendar&on=opened_at&month=2026-06&q=测试路灯")
    month = faces.month_of(query(Event, cast.officer_431181, {"q": "测试路灯"}), cast.officer_431181, words)
    counts = {day.date.day: day.count for week in month["weeks"] for day in week if day.inside and day.count}
    assert counts == {17: 2, 18: 1}


def test_a_timeline_draws_an_open_end_to_now(events: list[Event], cast: SimpleNamespace) -> None:
    spans = faces.spans_of(query(Event, cast.duty, {"q": "测试路灯0"}), cast.duty, QueryDict(""))
    assert [(bar["title"], bar["open"]) for bar in spans["bars"]] == [("测试路灯0", True)]


def test_every_list_of_the_duty_officer_has_its_faces(events: list[Event]) -> None:
    client = desk("duty")
    for words in ("", "?face=calendar", "?face=timeline", "?face=nonsense", "?cols=title,number", "?open=/x/"):
        assert client.get(LIST + words).status_code == 200, words


def hrefs(login: str, text: str) -> set[str]:
    groups = desk(login).get("/desk/search", {"q": text}).json()["groups"]
    return {item["href"] for group in groups for item in group["items"]}


def test_the_palette_finds_by_initials_and_only_what_one_may_see(events: list[Event]) -> None:
    hits.refresh()
    own = {event.get_absolute_url() for event in events}
    assert own & hrefs("officer_431122", "csld") == {events[3].get_absolute_url()}
    assert not own & hrefs("outsider", "csld")


def test_a_person_is_found_by_the_whole_name_only(cast: SimpleNamespace) -> None:
    hits.refresh()
    person = Person.objects.get(pk=Login.objects.get(name="water_officer").person_id)
    address = f"/desk/people/person/{person.pk}/"
    assert address in hrefs("dept_admin", "刘建国")
    assert address not in hrefs("dept_admin", "刘建")


def test_a_safe_request_whose_connection_was_cut_is_answered_again(monkeypatch: pytest.MonkeyPatch) -> None:
    tries: list[str] = []

    def handler(request: Any) -> HttpResponse:
        tries.append(request.method)
        if len(tries) % 2:
            try:
                raise OperationalError("server closed the connection")
            except OperationalError:
                _mark_cut(request=request)
            return HttpResponse(status=500)
        return HttpResponse("there")

    answers = [Again(handler)(RequestFactory().generic(method, "/desk/")).status_code for method in ("GET", "POST")]
    assert (answers, tries) == ([200, 500], ["GET", "GET", "POST"])


def test_an_old_month_is_this_month() -> None:
    assert faces._month("nonsense") == datetime.now(SHANGHAI).date().replace(day=1)
    assert faces._midnight(datetime(2026, 6, 17).date()).utcoffset() == timedelta(hours=8)

"""The cockpit on real PostgreSQL and lake: numbers are SQL results, the past is the past, rights hold, no N+1."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from django.core.cache import cache
from django.test import Client

from yongzhou.core.catalogue import reader as catalogue
from yongzhou.core.crypto.identity import uuid7
from yongzhou.core.data.geometry import point
from yongzhou.core.home import Home
from yongzhou.core.indicators.models import Reading
from yongzhou.core.lake import connect
from yongzhou.core.lake.tables import FRAME, OBSERVATION
from yongzhou.core.matters.models import Matter, MatterStep
from yongzhou.core.people.models import Login, Unit
from yongzhou.core.things.models import Datastream, Latest, Thing
from yongzhou.systems.governance.city_operations.models import StateVector
from yongzhou.testing import queries

pytestmark = [pytest.mark.django_db, pytest.mark.urls("yongzhou.portals.cockpit.tests.addresses")]
SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime.now(UTC).replace(microsecond=0)
AGO = NOW - timedelta(hours=3)


@pytest.fixture
def client_of(cast: SimpleNamespace) -> Any:
    def signed_in(login: str) -> Client:
        client = Client()
        session = client.session
        session["person"] = str(Login.objects.get(name=login).person_id)
        session["seen"] = int(NOW.timestamp())
        session.save()
        return client

    cache.clear()
    return signed_in


def matter(title: str, *, level: int = 2, region: str = "431181107", steps: list[tuple[datetime, str]]) -> Matter:
    """A matter with its story; the row is as after the last step."""
    closed = steps[-1][0] if steps[-1][1] == "closed" else None
    row = Matter.objects.create(
        number=uuid7().hex[-20:], kind="event", steward="grid_governance", title=title, level=level, region=region,
        state=steps[-1][1], opened_at=steps[0][0], closed_at=closed, due=NOW + timedelta(hours=1),
        geometry=point(111.98, 26.45), unit=Unit.objects.filter(code="431181-SL").first(), origin="synthetic",
    )  # fmt: skip
    MatterStep.objects.bulk_create(MatterStep(matter=row, at=at, after=state, actor_name="t") for at, state in steps)
    return row


def test_open_grave_matters_on_the_screen_are_the_sql_result(client_of: Any) -> None:
    for number in range(3):
        matter(f"险情{number}", steps=[(AGO, "reported"), (AGO, "handling")])
    matter("已结", steps=[(AGO, "reported"), (NOW, "closed")])
    matter("蓝色", level=4, steps=[(AGO, "reported")])
    page = client_of("duty").get("/cockpit/widget/now").content.decode()
    count = Matter.objects.filter(level__lte=2).exclude(state__in=("closed", "merged")).count()
    assert f">{count}<small>件" in page
    assert 'href="/desk/indicators/city_operations.open_grave_matters/"' in page


def test_a_past_moment_shows_the_matter_as_it_then_was(client_of: Any) -> None:
    matter("今已结案的险情", steps=[(AGO, "reported"), (AGO + timedelta(minutes=30), "assigned"), (NOW, "closed")])
    matter("后来才发生", steps=[(NOW - timedelta(minutes=5), "reported")])
    client = client_of("duty")
    now = client.get("/cockpit/widget/events").content.decode()
    past = client.get("/cockpit/widget/events", {"at": (AGO + timedelta(hours=1)).isoformat()}).content.decode()
    assert "今已结案的险情" not in now
    assert "后来才发生" in now
    assert "今已结案的险情" in past
    assert "待签收" in past
    assert "后来才发生" not in past


def test_closed_today_counts_up_to_the_moment(client_of: Any) -> None:
    early = NOW.astimezone(SHANGHAI).replace(hour=0, minute=0, second=0) + timedelta(seconds=1)
    matter("凌晨结的", steps=[(early - timedelta(hours=1), "reported"), (early, "closed")])
    client = client_of("duty")
    assert ">1<small> 件" in client.get("/cockpit/widget/reach").content.decode()
    past = client.get("/cockpit/widget/reach", {"at": (early - timedelta(seconds=30)).isoformat()})
    assert past.status_code == 400 or ">0<small> 件" in past.content.decode()


def test_rain_is_the_reading_of_the_moment(client_of: Any) -> None:
    for at, city, county in ((AGO, 12.5, 40.0), (NOW - timedelta(minutes=1), 33.6, 71.0)):
        for region, value in (("4311", city), ("431181", county)):
            Reading.objects.create(
                indicator="water.area_rain_3h",
                period=at,
                region=region,
                value=value,
                origin="synthetic",
                computed_at=at,
            )
    client = client_of("duty")
    now, past = (
        client.get("/cockpit/widget/rain"),
        client.get("/cockpit/widget/rain", {"at": (AGO + timedelta(minutes=1)).isoformat()}),
    )
    assert ">33.6<" in now.content.decode()
    assert ">71<" in now.content.decode()
    assert "模拟数据" in now.content.decode()
    assert ">12.5<" in past.content.decode()
    assert client.get("/cockpit/values.json").json()["values"] == {"431181": 71}


def test_without_readings_there_is_no_number(client_of: Any) -> None:
    page = client_of("duty").get("/cockpit/widget/rain").content.decode()
    assert "无数据源" in page


def test_vital_signs_name_what_has_no_source(client_of: Any) -> None:
    StateVector.objects.create(
        region="4311",
        domain="safety",
        at=AGO,
        confirmed_at=NOW,
        score=61.0,
        severity="3",
        confidence=100,
        rule="r",
        origin="synthetic",
    )
    page = client_of("duty").get("/cockpit/widget/vital").content.decode()
    assert ">61<" in page
    assert "橙 II" in page
    assert page.count("无数据源") == 5


@pytest.fixture
def gauges(request: pytest.FixtureRequest, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """Three gauges with a level three hours ago in the lake and another one now."""
    home = Home.here()
    # a lake of its own: its tables live in the same database, so they are made and dropped here
    lake = connect(home)
    numbers, rows = [], []
    for index in range(3):
        thing = Thing.objects.create(
            code=f"T{index}", name=f"试{index}", region="431181", geometry=point(112, 26), origin="synthetic"
        )
        number = 990_000_000 + index
        Datastream.objects.create(
            number=number,
            thing=thing,
            door="sl651",
            station=f"T{index}",
            element="39",
            observed="level",
            limit=100.0 + index,
        )
        Latest.objects.create(datastream=number, phenomenon=NOW, result=101.5, origin="synthetic", received=NOW)
        numbers.append(number)
        rows.append(number)
    table = pa.table(
        {
            "datastream": pa.array(rows, pa.int64()),
            "phenomenon": pa.array([AGO] * 3).cast(pa.timestamp("us", tz="UTC")),
            "result": pa.array([99.25, 98.0, 97.0]),
            "flag": pa.array([1] * 3, pa.int8()),
            "seq": pa.array([0] * 3, pa.uint64()),
            "frame": pa.nulls(3, pa.binary(16)),
            "received": pa.array([AGO] * 3).cast(pa.timestamp("us", tz="UTC")),
            "origin": ["synthetic"] * 3,
        },
        schema=OBSERVATION,
    )
    lake.append(table, FRAME.empty_table(), stream=f"cockpit-test-{NOW.timestamp()}", incarnation=NOW, last_seq=1)
    yield numbers
    with lake.cursor() as cursor:
        cursor.execute(f"delete from lake.observation where datastream in ({', '.join(map(str, numbers))})")
    lake.close()
    catalogue.close_readers()


def test_levels_now_and_then(client_of: Any, gauges: list[int]) -> None:
    client = client_of("duty")
    now = {f["properties"]["id"]: f["properties"] for f in client.get("/cockpit/stations.geojson").json()["features"]}
    at = (AGO + timedelta(minutes=10)).isoformat()
    past = {
        f["properties"]["id"]: f["properties"]
        for f in client.get("/cockpit/stations.geojson", {"at": at}).json()["features"]
    }
    assert now[gauges[0]]["level"] == 101.5
    assert now[gauges[0]]["callout"] == "试0站"
    assert past[gauges[0]]["level"] == 99.25
    assert "callout" not in past[gauges[0]]
    assert "+1.50" in client.get("/cockpit/widget/level").content.decode()


def test_queries_do_not_grow_with_rows(client_of: Any, gauges: list[int]) -> None:
    for number in range(30):
        matter(f"险情{number}", steps=[(AGO, "reported"), (AGO, "handling")])
    client = client_of("duty")
    client.get("/cockpit/")
    at = {"at": (AGO + timedelta(minutes=10)).isoformat()}
    for address, most in (
        ("widget/level", 8),
        ("widget/events", 8),
        ("stations.geojson", 8),
        ("events.geojson", 6),
        ("", 40),
    ):
        with queries(max=most):
            assert client.get(f"/cockpit/{address}", at).status_code == 200


def test_events_on_the_map_open_their_page(client_of: Any) -> None:
    row = matter("险情", steps=[(AGO, "reported"), (AGO, "handling")])
    found = client_of("duty").get("/cockpit/events.geojson").json()["features"]
    own = next(f["properties"] for f in found if f["properties"]["id"] == str(row.pk))
    assert own["href"] == f"/desk/grid_governance/event/{row.pk}/"
    assert own["state"] == "处置中"


def test_a_county_officer_sees_his_county_only(client_of: Any) -> None:
    matter("祁阳的事", steps=[(AGO, "reported")])
    matter("东安的事", region="431122102", steps=[(AGO, "reported")])
    page = client_of("officer_431122").get("/cockpit/widget/events").content.decode()
    assert "东安的事" in page
    assert "祁阳的事" not in page


@pytest.mark.parametrize("login", ["outsider", "citizen", "grid_worker"])
@pytest.mark.parametrize(
    "address",
    ["", "widget/rain", "stations.geojson", "events.geojson", "values.json", "timeline.json", "counties.geojson"],
)
def test_outsiders_are_refused(client_of: Any, login: str, address: str) -> None:
    assert client_of(login).get(f"/cockpit/{address}").status_code == 403


def test_a_visitor_must_sign_in() -> None:
    assert Client().get("/cockpit/").status_code == 302
    assert Client().get("/cockpit/values.json").status_code == 401


@pytest.mark.parametrize("at", ["gestern", "2026-06-18", "1999-01-01T00:00:00+08:00"])
def test_a_moment_that_cannot_be_shown_says_why(client_of: Any, at: str) -> None:
    answer = client_of("duty").get("/cockpit/values.json", {"at": at})
    assert answer.status_code == 400
    assert re.search("[一-鿿]", answer.json()["title"])


def test_geometry_is_sent_once(client_of: Any) -> None:
    client = client_of("duty")
    first = client.get("/cockpit/counties.geojson")
    body = json.loads(first.content)
    assert len(body["features"]) == 11
    assert all(len(feature["properties"]["label"]) == 2 for feature in body["features"])
    assert client.get("/cockpit/counties.geojson", headers={"If-None-Match": first["ETag"]}).status_code == 304


def test_the_timeline_covers_a_day(client_of: Any, gauges: list[int]) -> None:
    matter("大事", steps=[(AGO, "reported")])
    answer = client_of("duty").get("/cockpit/timeline.json").json()
    assert answer["limit"] == 100.0
    assert answer["level"][-1][1] == 101.5
    assert [event["title"] for event in answer["events"]] == ["大事"]

"""Pages and what their maps and charts read: guarded, at a moment, in a bounded number of queries."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from yongzhou.core.people.models import Login
from yongzhou.core.things.models import Datastream, Latest
from yongzhou.systems.governance.water.models import FlashFloodVillage, FloodWarning, HydroStation
from yongzhou.systems.governance.water.series import step_for
from yongzhou.systems.governance.water.situation import situation
from yongzhou.systems.governance.water.tests.test_indicators import append
from yongzhou.testing import queries

pytestmark = pytest.mark.django_db
BAISHUI, FAR = "99431107", "99431101"  # in 431181, in 431122


@pytest.fixture
def as_(client, db):
    def sign_in(login):
        session = client.session
        session["person"] = str(Login.objects.get(name=login).person_id)
        session.save()
        return client

    return sign_in


@pytest.fixture
def rain(db):
    """白水 has risen 0.3 m within the hour and had 24 mm; its latest value stands in things_latest."""
    now = datetime.now(UTC)
    append(
        [(BAISHUI, "39", ago, 74.62 - 0.005 * ago, 1) for ago in range(0, 70, 5)]
        + [(BAISHUI, "20", ago, 2.0, 1) for ago in range(2, 60, 5)]
    )
    number = Datastream.objects.get(station=f"00{BAISHUI}", element="39").number
    Latest.objects.create(
        datastream=number, phenomenon=now, result=74.62, flag=1, origin="synthetic", frame=uuid4(), received=now
    )
    return HydroStation.objects.get(code=BAISHUI)


def test_a_stranger_must_sign_in(client):
    assert client.get("/desk/water/").status_code == 302
    assert client.get("/desk/water/stations.geojson").status_code == 401


@pytest.mark.parametrize("address", ["/desk/water/", "/desk/water/villages/", "/desk/water/stations.geojson"])
def test_who_has_no_grant_is_told_why(as_, address):
    answer = as_("citizen").get(address)
    assert answer.status_code == 403
    assert "没有权限" in answer.content.decode()


def test_the_situation_of_all_stations_in_few_queries(cast, rain):
    with queries(max=4):
        lines = situation(cast.duty, datetime.now(UTC))
    line = next(line for line in lines if line.station.code == BAISHUI)
    assert (line.over_m, line.grade, line.trend, line.rain_1h) == (0.62, 1, "涨", 24.0)
    assert line.trend_mh == pytest.approx(0.3, abs=0.03)
    assert len(lines) == 26


def test_a_county_sees_its_own_stations(cast, db):
    append([])
    assert {line.station.region[:6] for line in situation(cast.officer_431181, datetime.now(UTC))} == {"431181"}


def test_overview_shows_level_trend_and_source(as_, rain):
    page = as_("duty").get("/desk/water/").content.decode()
    for words in ("1 站超警戒", "+0.62", "模拟数据", 'data-live="latest:', "无数据源"):
        assert words in page, words


def test_station_page(as_, rain):
    page = as_("duty").get(f"/desk/water/stations/{rain.pk}/").content.decode()
    for words in ("白水", "+0.62", "这个数从哪里来", "还没有收到报文", "东川村", "0099431107/39"):
        assert words in page, words


def test_another_countys_station_is_not_found(as_, db):
    append([])
    far = HydroStation.objects.get(code=FAR)
    assert as_("officer_431181").get(f"/desk/water/stations/{far.pk}/").status_code == 404
    assert as_("officer_431181").get(f"/desk/water/stations/{far.pk}/series.json").status_code == 404


def test_series_at_a_moment(as_, rain):
    address = f"/desk/water/stations/{rain.pk}/series.json"
    now = as_("duty").get(address, {"hours": 6}).json()
    assert [one["kind"] for one in now["series"]] == ["level", "rain"]
    assert now["limits"] == [{"name": "警戒", "value": 74.0}, {"name": "保证", "value": 76.0}]
    assert (now["origin"], now["series"][0]["points"][-1][1]) == ("synthetic", 74.62)
    past = as_("duty").get(address, {"hours": 6, "at": (datetime.now(UTC) - timedelta(minutes=31)).isoformat()}).json()
    assert past["series"][0]["points"][-1][1] < 74.5


@pytest.mark.parametrize("words", [{"hours": "0"}, {"hours": "x"}, {"at": "gestern"}, {"at": "2026-06-18T03:00:00"}])
def test_a_wrong_address_says_what_is_possible(as_, rain, words):
    answer = as_("duty").get(f"/desk/water/stations/{rain.pk}/series.json", words)
    assert answer.status_code == 400
    assert "应为" in answer.json()["title"]


def test_map_draws_only_what_has_a_level(as_, rain):
    features = as_("duty").get("/desk/water/stations.geojson").json()["features"]
    assert [(one["properties"]["name"], one["properties"]["level"]) for one in features] == [("白水", 74.62)]


def test_map_of_the_past_comes_from_the_lake(as_, rain):
    at = (datetime.now(UTC) - timedelta(minutes=31)).isoformat()
    level = as_("duty").get("/desk/water/stations.geojson", {"at": at}).json()["features"][0]["properties"]["level"]
    assert level == pytest.approx(74.445, abs=0.03)


def test_phones_are_masked_and_ask_for_a_purpose(as_, rain):
    village = FlashFloodVillage.objects.get(name="东川村")
    FloodWarning.objects.create(
        village=village, level="move", raised_at=datetime.now(UTC), rain_mm=66, origin="synthetic"
    )
    page = as_("duty").get("/desk/water/villages/").content.decode()
    assert "1 条还没叫应" in page
    assert "161****0001" in page
    assert "16100010001" not in page
    assert f"/desk/water/flashfloodvillage/{village.pk}/reveal/phone/" in page


def test_steps_keep_charts_small():
    assert [step_for(hours) for hours in (6, 24, 168, 720)] == [60, 300, 1800, 3600]

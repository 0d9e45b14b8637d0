"""Every own page: it opens for who may, refuses who may not, and answers bad questions in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from yongzhou.core.data.geometry import point
from yongzhou.core.matters.models import Matter
from yongzhou.core.people.models import Login
from yongzhou.systems.governance.city_operations import operations, response
from yongzhou.systems.governance.city_operations.compute import compute_states
from yongzhou.systems.governance.city_operations.models import (
    Advice,
    Anomaly,
    OperationReport,
    Scenario,
    SimulationRun,
)
from yongzhou.systems.governance.city_operations.operations import scenarios
from yongzhou.systems.governance.city_operations.series import full_hour
from yongzhou.testing import people, run

pytestmark = [pytest.mark.django_db, pytest.mark.urls("yongzhou.systems.governance.city_operations.tests.addresses")]
NOW = datetime.now(UTC).replace(microsecond=0)
PAGES = ("anomalies/", "what-if/", "reports/", "mine/", "twin/", "frames/", "?region=431181", "domains/?region=431181")
BASE = "/desk/city_operations/"


@pytest.fixture
def as_user(cast: object) -> Any:
    def signed_in(login: str) -> Client:
        client = Client()
        session = client.session
        session["person"] = str(Login.objects.get(name=login).person_id)
        session["seen"] = int(NOW.timestamp())
        session.save()
        return client

    return signed_in


@pytest.fixture
def duty(as_user: Any) -> Client:
    compute_states(NOW, ["4311", "431181", "431181107"])
    client: Client = as_user("duty")
    return client


@pytest.mark.parametrize("address", PAGES)
def test_pages_open_for_the_duty_officer_and_the_leader(duty: Client, as_user: Any, address: str) -> None:
    assert duty.get(BASE + address).status_code == 200
    assert as_user("leader").get(BASE + address).status_code == 200


@pytest.mark.parametrize("address", [*PAGES, "towns.geojson?county=431181"])
def test_pages_are_closed_to_who_has_no_right(as_user: Any, address: str) -> None:
    assert as_user("outsider").get(BASE + address).status_code == 403
    assert Client().get(BASE + address).status_code in (302, 401, 403)


def test_a_county_shows_its_towns(duty: Client) -> None:
    page = duty.get(BASE, {"region": "431181"}).content.decode()
    assert "towns.geojson?county=431181" in page
    assert "白水镇" in page
    towns = duty.get(BASE + "towns.geojson", {"county": "431181"}).json()["features"]
    assert {one["properties"]["code"][:6] for one in towns} == {"431181"}
    assert duty.get(BASE + "towns.geojson", {"county": "1"}).json()["features"] == []


def anomaly(**given: Any) -> Anomaly:
    hour = full_hour(NOW)
    return Anomaly.objects.create(
        **{"source": "indicator", "series": "city_operations.overdue_matters", "title": "超时未办结",
           "region": "431181", "unit": "件", "digits": 0, "method": "level", "state": "firing", "since": hour,
           "last_at": hour, "hours": 2, "value": 34, "expected": 9, "low": 3, "high": 15, "z": 8.3, "p": 1e-5,
           "adjusted": 0.002, "tests": 840,
           "reasons": {"kind": "周一", "hour": 9, "days": 20, "basis": "同组日子本小时",
           "related": [{"title": "雨量", "series": "x", "region": "431181", "lag_h": -3, "correlation": 0.6}]}, **given}
    )  # fmt: skip


def test_an_anomaly_shows_its_evidence(duty: Client, as_user: Any) -> None:
    row = anomaly()
    page = duty.get(f"{BASE}anomaly/{row.pk}/").content.decode()
    for words in ("偏高", "凭 20 天", "840 次检验", "它晚 3 小时", "判定", "要建议"):
        assert words in page
    assert "判定</a>" not in as_user("leader").get(f"{BASE}anomaly/{row.pk}/").content.decode()
    assert duty.get(f"{BASE}anomaly/{row.pk}/course.json").json()["series"] == []
    assert as_user("officer_431122").get(f"{BASE}anomaly/{row.pk}/").status_code == 404
    assert "超时未办结" in duty.get(BASE + "anomalies/").content.decode()


def test_a_case_is_tried_kept_and_compared(duty: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scenarios, "model_checks", lambda: (response.Check("waited", 4 / 9, 0.4, 0.5),))
    form = {"title": "夜间减员", "calls_per_hour": "6", "teams": "4", "night_teams": "2", "work_minutes": "25",
            "road_minutes": "5", "hours": "24", "seed": "1"}  # fmt: skip
    first = duty.post(BASE + "what-if/run?kind=response", form).url
    second = duty.post(BASE + "what-if/run?kind=response", {**form, "teams": "8"}).url
    assert "95% 区间" in duty.get(first).content.decode()
    one, two = (url.rstrip("/").rsplit("/", 1)[1] for url in (first, second))
    page = duty.get(BASE + "what-if/compare/", {"first": one, "second": two}).content.decode()
    assert "teams：4 → 8" in page
    state = duty.post(BASE + "what-if/run?kind=state", {"set.city_operations.open_grave_matters": "5", "seed": "1"}).url
    assert "得分变化的地方" in duty.get(state).content.decode()
    assert SimulationRun.objects.count() == 3


@pytest.mark.parametrize("kind", ["response", "state"])
def test_a_run_without_its_result_says_so(duty: Client, kind: str) -> None:
    scenario = Scenario.objects.create(title="旧档", kind=kind, region="4311", made_at=NOW)
    given = {"kind": kind, "region": "4311", "at": NOW, "cut": NOW, "model": f"{kind}-1", "seed": 1}
    one, two = (SimulationRun.objects.create(scenario=scenario, number=f"TY-{n}", **given) for n in (1, 2))
    assert "没有完整的结果" in duty.get(f"{BASE}simulationrun/{one.pk}/").content.decode()
    assert "没有完整的结果" in duty.get(BASE + "what-if/").content.decode()
    page = duty.get(BASE + "what-if/compare/", {"first": one.pk, "second": two.pk}).content.decode()
    assert "至少一次没有完整的结果" in page


@pytest.mark.parametrize(
    ("kind", "form", "words"),
    [
        ("response", {"teams": "many"}, "应为数字"),
        ("state", {}, "还没有改任何指标"),
        ("state", {"set.no.such": "1"}, "没有体征"),
    ],
)
def test_a_wrong_case_is_told_beside_the_form(duty: Client, kind: str, form: dict[str, str], words: str) -> None:
    answer = duty.post(f"{BASE}what-if/run?kind={kind}", {"calls_per_hour": "1", **form})
    assert answer.status_code == 422
    assert words in answer.content.decode()


def test_who_may_not_simulate_is_told_so(as_user: Any) -> None:
    assert as_user("leader").post(BASE + "what-if/run?kind=state", {"set.x": "1"}).status_code == 403
    assert as_user("duty").get(BASE + "what-if/compare/", {"first": "x", "second": "y"}).status_code == 404


def test_advice_shows_options_and_decision(duty: Client) -> None:
    cast = people()
    made = run(operations.advise, cast.duty, anomaly=anomaly().pk)
    row = Advice.objects.get(pk=made.advice)
    page = duty.get(f"{BASE}advice/{row.pk}/").content.decode()
    assert row.options[0]["title"] in page
    run(operations.decide_advice, cast.duty, advice=row.pk, adopted=True, option=row.options[0]["title"], reason="可行")
    run(operations.measure_effect, cast.duty, advice=row.pk)
    page = duty.get(f"{BASE}advice/{row.pk}/").content.decode()
    assert "没有读数" in page
    assert duty.get(f"{BASE}advice/{row.pk}/course.json").status_code == 200


def test_a_report_is_a_document(duty: Client, as_user: Any) -> None:
    made = run(operations.generate_report, people().duty, day=(NOW - timedelta(days=2)).date().isoformat())
    row = OperationReport.objects.get(pk=made.report)
    page = duty.get(f"{BASE}operationreport/{row.pk}/").content.decode()
    for words in ("综合研判", "总体态势", "各县区", "打印", "签发", "数据截面"):
        assert words in page
    assert as_user("officer_431181").get(f"{BASE}operationreport/{row.pk}/").status_code == 404
    assert "永州市城市运行日报" in duty.get(BASE + "reports/").content.decode()


def test_my_place_says_what_is_low_and_why(duty: Client, as_user: Any) -> None:
    page = duty.get(BASE + "mine/").content.decode()
    assert "无数据源" in page
    assert "接入市交通运行监测调度中心" in page
    assert as_user("officer_431181").get(BASE + "mine/").status_code == 200
    assert as_user("officer_431181").get(BASE + "mine/", {"region": "431102"}).status_code == 404


def test_a_circle_and_an_area_find_what_lies_inside(duty: Client, as_user: Any) -> None:
    Matter.objects.all().delete()
    for number, lon in (("SJ-M-1", 111.9000), ("SJ-M-2", 111.9300)):
        Matter.objects.create(number=number, kind="event", steward="grid_governance", title=number, region="431181107",
                              opened_at=NOW, geometry=point(lon, 26.45))  # fmt: skip
    near = {"lon": "111.9", "lat": "26.45", "radius": "1000"}
    found = duty.get(BASE + "within.json", near).json()
    assert (found["matters"]["count"], found["matters"]["rows"][0]["metres"]) == (1, 0)
    assert found["area_km2"] == pytest.approx(3.14, abs=0.01)
    assert duty.get(BASE + "within.json", {**near, "radius": "5000"}).json()["matters"]["count"] == 2
    ring = "111.89,26.44;111.91,26.44;111.91,26.46;111.89,26.46"
    assert duty.get(BASE + "within.json", {"ring": ring}).json()["matters"]["count"] == 1
    assert as_user("officer_431122").get(BASE + "within.json", near).json()["matters"]["count"] == 0


@pytest.mark.parametrize(
    "query",
    [
        {}, {"lon": "a", "lat": "1", "radius": "1"}, {"lon": "26.45", "lat": "111.9", "radius": "100"},
        {"lon": "111.9", "lat": "26.4", "radius": "-1"}, {"lon": "111.9", "lat": "26.4", "radius": "9e9"},
        {"lon": "nan", "lat": "26.4", "radius": "10"}, {"ring": "111.9,26.4;111.8,26.4"}, {"ring": "111.9;26.4;x"},
        {"ring": "111.8,26.4;111.9,26.5;111.9,26.4;111.8,26.5"},
    ],
)  # fmt: skip
def test_a_question_that_cannot_be_is_told(duty: Client, query: dict[str, str]) -> None:
    answer = duty.get(BASE + "within.json", query)
    assert answer.status_code == 400
    assert answer.json()["title"]

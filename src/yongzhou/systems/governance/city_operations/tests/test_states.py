"""States written from readings, their pages and operations, on real PostgreSQL."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client

from yongzhou.core.indicators.definition import indicators
from yongzhou.core.indicators.models import Reading
from yongzhou.core.people.models import Login
from yongzhou.core.things.models import Thing
from yongzhou.systems.governance.city_operations import operations
from yongzhou.systems.governance.city_operations.compute import check_twin, compute_states, places_of_state
from yongzhou.systems.governance.city_operations.models import DomainRule, StateVector, TwinLink, VitalSign
from yongzhou.testing import queries, refused, run

pytestmark = [pytest.mark.django_db, pytest.mark.urls("yongzhou.systems.governance.city_operations.tests.addresses")]
NOW = datetime.now(UTC).replace(microsecond=0)
GRAVE = "city_operations.open_grave_matters"


def reading(name: str, value: float, at: datetime = NOW, region: str = "4311", origin: str = "synthetic") -> None:
    Reading.objects.update_or_create(
        indicator=name, period=at, region=region, defaults={"value": value, "origin": origin, "computed_at": at}
    )


def state(domain: str, region: str = "4311") -> StateVector:
    return StateVector.objects.filter(region=region, domain=domain).latest("at")


def test_every_vital_sign_is_an_indicator() -> None:
    assert set(VitalSign.objects.values_list("indicator", flat=True)) <= set(indicators())
    assert DomainRule.objects.count() == 6


def test_a_reading_becomes_a_state_with_its_reason() -> None:
    reading(GRAVE, 4)
    reading("city_operations.open_alarms", 0)
    compute_states(NOW, ["4311"])
    row = state("safety")
    # weights 2 and 1: (0.2^2 * 1)^(1/3)
    assert row.score == pytest.approx(100 * 0.2 ** (2 / 3), abs=0.05)
    assert row.severity == "4"
    assert row.confidence == 50
    assert (row.reasons[0]["indicator"], row.reasons[0]["share"]) == (GRAVE, 100)
    assert row.origin == "synthetic"
    assert {reason["value"] for reason in row.reasons[2:]} == {None}


def test_a_domain_without_signs_has_no_number() -> None:
    compute_states(NOW, ["4311"])
    row = state("economy")
    assert (row.score, row.severity, row.confidence, row.reasons) == (None, "-1", 0, [])


def test_an_old_reading_is_missing_data() -> None:
    reading(GRAVE, 5, at=NOW - timedelta(hours=3))
    compute_states(NOW, ["4311"])
    assert state("safety").score is None


def test_what_holds_is_confirmed_not_written_again() -> None:
    reading(GRAVE, 4)
    assert compute_states(NOW, ["4311"]) == 6
    assert compute_states(NOW + timedelta(minutes=1), ["4311"]) == 0
    assert state("safety").confirmed_at == NOW + timedelta(minutes=1)


def test_a_level_is_left_only_after_three_periods() -> None:
    reading(GRAVE, 4)
    compute_states(NOW, ["4311"])
    reading(GRAVE, 0)
    shown = []
    for minute in (1, 2, 3):
        compute_states(NOW + timedelta(minutes=minute), ["4311"])
        shown.append(state("safety").severity)
    assert shown == ["4", "4", "0"]


def test_all_places_are_one_batch_of_queries() -> None:
    places = places_of_state()
    assert len(places) >= 12
    for region in places:
        reading(GRAVE, 1, region=region)
    with queries(max=9):
        compute_states(NOW, places)
    assert StateVector.objects.filter(at=NOW).count() == 6 * len(places)


def test_two_hundred_places_take_less_than_two_seconds() -> None:
    places = [f"4311{number:05}" for number in range(200)]
    began = time.perf_counter()
    compute_states(NOW, places)
    assert time.perf_counter() - began < 2


def test_the_twin_says_what_a_thing_lacks() -> None:
    thing = Thing.objects.create(code="T1", name="无主", region="431181")
    check_twin(NOW)
    link = TwinLink.objects.get(thing=thing)
    assert (link.located, link.owned) == (False, False)
    assert check_twin(NOW) == 0


def test_judge_answers_by_todays_rules(cast: SimpleNamespace) -> None:
    answer = run(operations.judge, cast.duty, domain="safety", values={GRAVE: 5})
    assert (answer.score, answer.word) == (0, "红 I")
    assert run(operations.judge, cast.duty, domain="traffic", values={}).word == "无数据源"
    refused(operations.judge, cast.duty, "unknown_sign", domain="safety", values={"no.such": 1})
    refused(operations.judge, cast.duty, "unknown_domain", domain="weather", values={})


def test_bad_input_changes_no_state(cast: SimpleNamespace) -> None:
    refused(operations.compute_state, cast.duty, "unknown_domain", domains=["weather"])
    assert (
        refused(operations.compute_state, cast.duty, "invalid", domains=["safety"] * 7).errors[0]["field"] == "domains"
    )
    given = {"domain": "safety", "values": {GRAVE: "many"}}
    assert refused(operations.judge, cast.duty, "invalid", **given).errors[0]["field"].startswith("values")
    assert not StateVector.objects.exists()


def test_operations_ask_for_the_right(cast: SimpleNamespace) -> None:
    assert run(operations.compute_state, cast.duty).places >= 12
    refused(operations.compute_state, cast.leader, "forbidden")
    refused(operations.judge, cast.outsider, "forbidden", domain="safety", values={})


@pytest.fixture
def client_of(cast: SimpleNamespace) -> Any:
    def signed_in(login: str) -> Client:
        client = Client()
        session = client.session
        session["person"] = str(Login.objects.get(name=login).person_id)
        session["seen"] = int(NOW.timestamp())
        session.save()
        return client

    return signed_in


def test_pages_show_score_reason_and_absence(client_of: Any) -> None:
    reading(GRAVE, 4)
    compute_states(NOW, ["4311", "431181"])
    client = client_of("duty")
    for address in ("", "domains/", "reasons"):
        page = client.get(f"/desk/city_operations/{address}")
        assert page.status_code == 200
        assert "未闭环橙色以上" in page.content.decode()
        assert "无数据源" in page.content.decode()
    assert client.get("/desk/city_operations/values.json").json()["values"]["4311"] == round(state("safety").score or 0)


def test_a_past_moment_gives_the_past_state(client_of: Any) -> None:
    before = NOW - timedelta(hours=1)
    reading(GRAVE, 5, at=before)
    compute_states(before, ["4311"])
    reading(GRAVE, 0)
    compute_states(NOW, ["4311"])
    client = client_of("duty")
    at = {"at": (before + timedelta(minutes=1)).isoformat()}
    assert client.get("/desk/city_operations/values.json", at).json()["values"] == {"4311": 0}
    assert client.get("/desk/city_operations/values.json").json()["values"] == {"4311": 100}


def test_a_county_sees_its_own_state(client_of: Any) -> None:
    for region in ("4311", "431122", "431181"):
        reading(GRAVE, 4, region=region)
    compute_states(NOW, ["4311", "431122", "431181"])
    seen = client_of("officer_431181").get("/desk/city_operations/values.json").json()["values"]
    assert set(seen) == {"431181"}
    assert set(client_of("duty").get("/desk/city_operations/values.json").json()["values"]) > {"431122", "431181"}


@pytest.mark.parametrize("address", ["", "domains/", "reasons"])
def test_who_is_not_signed_in_is_asked_to(client: Client, address: str) -> None:
    assert client.get(f"/desk/city_operations/{address}").url.startswith("/login/")


@pytest.mark.parametrize("address", ["", "domains/", "reasons", "values.json"])
def test_outsiders_are_refused(client_of: Any, address: str) -> None:
    assert client_of("outsider").get(f"/desk/city_operations/{address}").status_code == 403
    assert client_of("duty").get(f"/desk/city_operations/{address}", {"at": "gestern"}).status_code == 400

"""Warnings: one a village and level, within the scope of who warns."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from yongzhou.core.data.actor import system
from yongzhou.core.operations.context import Context
from yongzhou.systems.governance.water.hears import AlarmFact, on_cleared, on_raised
from yongzhou.systems.governance.water.models import (
    FlashFloodVillage,
    FloodWarning,
    HydroStation,
    StageGrade,
    WaterMatter,
)
from yongzhou.systems.governance.water.operations import acknowledge_warning, lift_warning, raise_warning
from yongzhou.testing import events, refused, run

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 6, 17, 19, 6, tzinfo=UTC)
RAISED = "ev.water.flood_warning.raised"


@pytest.fixture
def village(db):
    return FlashFloodVillage.objects.get(code="431181107257")  # 东川村, station 白水


@pytest.fixture
def sample(village):
    return {"village": village.pk, "level": "move", "rain_mm": 66.0, "frame": "0190"}


def test_second_is_the_same(cast, sample):
    first, second = run(raise_warning, cast.duty, **sample), run(raise_warning, cast.duty, **sample)
    assert first.warning == second.warning
    assert (first.new, second.new) == (True, False)
    assert len(events(RAISED)) == 1


def test_another_level_is_another_warning(cast, sample):
    assert (
        run(raise_warning, cast.duty, **sample).warning
        != run(raise_warning, cast.duty, **{**sample, "level": "prepare"}).warning
    )


def test_scope(cast, sample):
    refused(raise_warning, cast.officer_431122, because="没有", **sample)
    refused(raise_warning, cast.outsider, because="没有", **sample)
    assert run(raise_warning, cast.duty, **sample).new


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"rain_mm": -1}, "rain_mm"),
        ({"rain_mm": 701}, "rain_mm"),
        ({"level": "run"}, "level"),
        ({"window_h": 0}, "window_h"),
        ({"village": "东川村"}, "village"),
        ({"frame": "0" * 37}, "frame"),
    ],
)
def test_bad_input_names_the_field(cast, sample, change, field):
    assert refused(raise_warning, cast.duty, because="invalid", **{**sample, **change}).errors[0]["field"] == field
    assert not FloodWarning.objects.exists()


def test_no_such_village_or_warning(cast, sample):
    refused(raise_warning, cast.duty, because="not_found", **{**sample, "village": uuid4()})
    refused(acknowledge_warning, cast.duty, because="not_found", warning=uuid4(), note="已接听")
    refused(lift_warning, cast.water_officer, because="not_found", warning=uuid4(), reason="雨停")
    assert not FloodWarning.objects.exists()


def test_answer_and_end_need_words(cast, sample):
    warning = run(raise_warning, cast.duty, **sample).warning
    note = refused(acknowledge_warning, cast.duty, because="invalid", warning=warning, note="")
    reason = refused(lift_warning, cast.water_officer, because="invalid", warning=warning, reason="")
    assert [one.errors[0]["field"] for one in (note, reason)] == ["note", "reason"]
    row = FloodWarning.objects.get(pk=warning)
    assert (row.acknowledged_at, row.lifted_at) == (None, None)


def test_a_lifted_warning_is_not_answered(cast, sample):
    warning = run(raise_warning, cast.duty, **sample).warning
    run(lift_warning, cast.water_officer, warning=warning, reason="雨停")
    refused(acknowledge_warning, cast.duty, because="not_now", warning=warning, note="已接听")
    assert FloodWarning.objects.get(pk=warning).acknowledged_at is None


def test_acknowledge_and_lift(cast, sample):
    warning = run(raise_warning, cast.duty, **sample).warning
    assert run(acknowledge_warning, cast.water_officer, warning=warning, note="已接听").new
    assert not run(acknowledge_warning, cast.water_officer, warning=warning, note="又接听").new
    run(lift_warning, cast.water_officer, warning=warning, reason="雨停")
    refused(lift_warning, cast.water_officer, because="not_now", warning=warning, reason="雨停")
    assert run(raise_warning, cast.duty, **sample).new  # a lifted one does not stand in the way
    assert FloodWarning.objects.get(pk=warning).acknowledged_by_id == cast.water_officer.id


def alarm(station, rule, value, level, raised=True):
    fact = AlarmFact(
        alarm=uuid4(),
        rule_name=f"{rule}·{station.name}",
        thing=station.pk,
        level=level,
        value=value,
        at=NOW,
        origin="synthetic",
    )
    ctx = Context(actor=system("test"), now=NOW, op_id=uuid4())
    (on_raised if raised else on_cleared)(ctx, fact)
    return [event for event in ctx.events if event.subject == "ev.water.stage.graded"]


def test_a_stage_is_graded_once_a_crossing(db):
    station = HydroStation.objects.get(code="99431107")
    told = alarm(station, "水位超警戒", 74.1, 3) + alarm(station, "水位超警戒 0.5 米", 74.6, 2)
    told += alarm(station, "水位超保证", 76.2, 1) + alarm(station, "水位超警戒", 73.8, 3, raised=False)
    assert [row.grade for row in StageGrade.objects.order_by("pk")] == ["1", "2", "0"]
    assert [event.grade for event in told] == [1, 2, 0]
    assert not WaterMatter.objects.exists()  # a river's level is one event of grid governance, whatever its colour


def test_a_reservoir_is_waters_own_matter(db):
    station = HydroStation.objects.get(code="99431117")
    alarm(station, "库水位超汛限", 168.2, 3)
    alarm(station, "库水位超正常蓄水位", 170.1, 2)
    matter = WaterMatter.objects.get()
    assert (matter.state, matter.level, matter.unit.code) == ("assigned", 2, "431123-SL")
    assert matter.due == NOW + timedelta(hours=2)  # the graver alarm tightened it from four
    assert matter.steward == "water"


def test_a_strange_rule_is_not_waters(db):
    alarm(HydroStation.objects.get(code="99431117"), "别的规则", 168.2, 3)
    assert not WaterMatter.objects.exists()

"""What the city's files become: stations, datastreams, villages, rules."""

import pytest

from yongzhou.core.data.present import present
from yongzhou.core.home import Home
from yongzhou.core.things.models import Datastream
from yongzhou.engines.telemetry.models import Rule
from yongzhou.systems.governance.water.city import load
from yongzhou.systems.governance.water.models import FlashFloodVillage, HydroStation
from yongzhou.systems.governance.water.rules import lines, steward_of

pytestmark = pytest.mark.django_db


def test_every_station_is_addressed_as_on_the_wire(db):
    station = HydroStation.objects.get(code="99431107")
    stream = Datastream.objects.get(station="0099431107", element="39")
    assert stream.thing_id == station.pk
    assert (stream.observed, stream.limit, stream.limit_high) == ("level", 74.0, 76.0)
    assert Datastream.objects.get(station="0099431117", element="3B").observed == "reservoir_level"  # a reservoir's


def test_replayed_station_says_so(db):
    assert HydroStation.objects.get(code="99210001").origin == "replay"


def test_loading_twice_changes_nothing(db):
    count = (
        HydroStation.objects.count(),
        Datastream.objects.count(),
        Rule.objects.count(),
        FlashFloodVillage.objects.count(),
    )
    load(Home.here().city_folder)
    after = (
        HydroStation.objects.count(),
        Datastream.objects.count(),
        Rule.objects.count(),
        FlashFloodVillage.objects.count(),
    )
    assert count == after
    assert count[0] == 26
    assert count[3] == 40


def test_rain_rule_is_the_lowest_of_its_villages(db):
    rule = Rule.objects.get(name="雨量达准备转移 1 h·白水")
    lowest = min(FlashFloodVillage.objects.filter(station__code="99431107").values_list("prepare_1h", flat=True))
    assert (rule.value, rule.window_s, rule.aggregate) == (lowest, 3600, "sum")


def test_half_a_metre_above_warning_is_orange(db):
    rule = Rule.objects.get(name="水位超警戒 0.5 米·白水")
    assert (rule.value, rule.level) == (74.5, "2")


def test_each_rule_has_one_steward():
    assert [steward_of(f"{line.name}·某站") for line in lines()] == [line.steward for line in lines()]
    assert steward_of("别人的规则") is None


def test_phone_is_sealed_and_masked(cast):
    village = FlashFloodVillage.objects.get(code="431181107257")
    assert village.phone.open() == "16100010001"
    assert "16100010001" not in str(village.phone)
    assert present(village, cast.water_officer)["phone"].text == "161****0001"

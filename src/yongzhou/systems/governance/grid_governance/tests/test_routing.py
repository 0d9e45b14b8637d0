"""The decision table `alarm_routing`, and its way over the bus."""

from __future__ import annotations

from datetime import datetime
from types import SimpleNamespace

import pytest

from yongzhou.core.calendar import SHANGHAI
from yongzhou.core.crypto.identity import uuid7
from yongzhou.core.data.geometry import point
from yongzhou.core.things.models import Thing
from yongzhou.engines.decisions import check_table
from yongzhou.engines.telemetry.models import Alarm, Rule
from yongzhou.systems.governance.grid_governance.models import Event, EventType
from yongzhou.systems.governance.grid_governance.responsible import parse
from yongzhou.systems.governance.grid_governance.routing import route, table
from yongzhou.testing import deliver

NIGHT, NOON = (datetime(2026, 6, 18, hour, 6, tzinfo=SHANGHAI) for hour in (3, 12))


@pytest.mark.parametrize(
    ("kind", "level", "region", "at", "steward", "unit", "hours"),
    [
        ("level", 1, "431181107", NIGHT, "grid_governance", "city:SL;county:SL", 2),
        ("reservoir_level", 2, "431123", NIGHT, "water", "city:SL", 2),
        ("level", 3, "431181107903", NIGHT, "grid_governance", "county:SL;city:SL", 4),
        ("level", 4, "431103", NIGHT, "grid_governance", "city:SL;county:SL", 6),
        ("rain", 1, "431181107", NIGHT, "grid_governance", "town:ZF;county:YJ;city:YJ", 1),
        ("rain", 4, "431181107", NIGHT, "grid_governance", "town:ZF;county:SL;city:SL", 3),
        ("rain", 4, "431181107", NOON, "grid_governance", "town:ZF;county:SL;city:SL", 6),
        ("silence", 4, "431181", NOON, "grid_governance", "county:SL;city:SWZX", 24),
        ("silence", 4, "431181", NIGHT, "grid_governance", "city:SWZX;county:SL", 24),
        ("voltage", 4, "431181", NOON, "iot_sensing", "city:SWZX", 72),
        ("noise", 3, "431181", NOON, "grid_governance", "county:WG;city:WG", 24),
    ],
)
def test_where_an_alarm_goes(kind: str, level: int, region: str, at: datetime, steward: str, unit: str, hours: float):
    found = route(kind, level, region, at)
    assert (found.steward, found.unit_rule, found.limit_hours) == (steward, unit, hours)


def test_every_row_names_a_known_type_and_a_readable_rule(cast: SimpleNamespace):
    known = set(EventType.objects.values_list("code", flat=True))
    for rule in table().rules:
        parse(str(rule.outputs[1]))
        assert rule.outputs[2] in known
    assert len(table().rules) >= 10


def test_the_table_is_read_from_the_top():
    assert check_table(table()).overlaps == () or table().policy == "FIRST"


@pytest.fixture
def station(cast: SimpleNamespace) -> Thing:
    made = Thing(code="test-bai", name="白水站", region="431181107", geometry=point(111.985, 26.455))
    made.save()
    return made


def raised(station: Thing, rule: Rule, subject: str = "ev.telemetry.alarm.raised", **more: object) -> None:
    fact = {
        "alarm": uuid7(),
        "rule": rule.pk,
        "rule_name": rule.name,
        "thing": station.pk,
        "thing_name": station.name,
        "datastream": 1,
        "value": 74.1,
        "at": NIGHT,
        "region": station.region,
        "origin": "synthetic",
        "level": 3,
    }
    deliver(subject, **{**fact, **more})


def level_rule(observed: str = "level") -> Rule:
    rule = Rule(name="水位超警戒", observed=observed, level="3")
    rule.save()
    return rule


def test_an_alarm_on_the_bus_ends_with_the_grids_worker(cast: SimpleNamespace, station: Thing):
    rule = level_rule()
    raised(station, rule)
    raised(station, rule)
    event = Event.objects.get(source="alarm")
    assert (event.title, event.unit.code, event.handler_id) == ("白水站水位超警戒", "431181-SL", cast.grid_worker.id)
    assert (event.origin, event.region, event.thing_id) == ("synthetic", "431181107903", station.pk)


def test_a_sector_that_answers_itself_is_left_alone(station: Thing):
    raised(station, level_rule(observed="reservoir_level"), level=2)
    assert not Event.objects.filter(source="alarm").exists()


def test_a_cleared_alarm_is_noted(station: Thing):
    rule = level_rule()
    raised(station, rule)
    raised(station, rule, subject="ev.telemetry.alarm.cleared", value=73.8)
    assert Event.objects.get(source="alarm").cleared


def test_all_windows_of_one_rain_are_one_event(station: Thing):
    rules = [
        Rule(name=f"雨量 {hours} h", observed="rain", aggregate="sum", window_s=3600 * hours, level="2")
        for hours in (1, 3)
    ]
    for rule in rules:
        rule.save()
        raised(station, rule, level=2)
    event = Event.objects.get(source="alarm")
    Alarm(rule=rules[1], thing=station, datastream=1, level="2", value=80, raised_at=NIGHT).save()
    raised(station, rules[0], subject="ev.telemetry.alarm.cleared")
    event.refresh_from_db()
    assert not event.cleared  # the three hours still stand

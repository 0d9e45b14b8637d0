"""自动上报: an alarm is one event or its sector's own affair; a graver one tightens the limit."""

from __future__ import annotations

from types import SimpleNamespace

from yongzhou.core.crypto.identity import uuid7
from yongzhou.core.data.actor import system
from yongzhou.core.inbox.models import Message
from yongzhou.systems.governance.grid_governance import operations as ops
from yongzhou.systems.governance.grid_governance.models import Event
from yongzhou.systems.governance.grid_governance.tests.test_loop import HERE, photo, state
from yongzhou.testing import run

ALARM = {
    "cause": "rule:thing",
    "kind": "level",
    "level": 3,
    "region": "431181107",
    "title": "白水站水位超警戒",
    "text": "实测 74.62",
}


def alarm(**more: object) -> dict[str, object]:
    return {"alarm": uuid7(), **ALARM, **more}


def test_a_yellow_level_comes_to_the_county_and_a_reservoir_to_the_water_system(cast: SimpleNamespace):
    own = run(ops.auto_report, system("alarm"), **alarm())
    event = Event.objects.get(pk=own.event)
    assert (own.steward, event.unit.code, event.state, event.handle_hours) == (
        "grid_governance",
        "431181-SL",
        "assigned",
        4.0,
    )
    sector = run(ops.auto_report, system("alarm"), **alarm(kind="reservoir_level", level=2, cause="other"))
    assert (sector.steward, sector.event, Event.objects.count()) == ("water", None, 1)


def test_one_open_event_a_cause(cast: SimpleNamespace):
    first, second = (run(ops.auto_report, system("alarm"), **alarm()) for _ in range(2))
    assert (first.event, first.new, second.new) == (second.event, True, False)


def test_a_graver_alarm_of_the_same_cause_tightens_the_limit(cast: SimpleNamespace):
    rain = {"kind": "rain", "cause": "rain:station"}
    first = run(ops.auto_report, system("alarm"), **alarm(**rain, level=4))
    before = Event.objects.get(pk=first.event)
    again = run(ops.auto_report, system("alarm"), **alarm(**rain, level=1))
    after = Event.objects.get(pk=first.event)
    assert (again.event, after.level, after.due < before.due, after.first_due) == (
        first.event,
        1,
        True,
        before.first_due,
    )
    assert Message.objects.filter(unit=after.unit, text__contains="告警升级").exists()


def test_the_sensor_closes_what_is_done(cast: SimpleNamespace):
    given = alarm()
    got = run(ops.auto_report, system("alarm"), **given)
    run(ops.clear_alarm, system("alarm"), alarm=given["alarm"])
    assert state(got.event) == "assigned"  # only noted: nobody has looked at the river yet
    run(ops.sign, cast.water_431181, event=got.event)
    run(ops.report_done, cast.water_431181, event=got.event, text="已巡堤", photos=[photo()], **HERE)
    run(ops.clear_alarm, system("alarm"), alarm=given["alarm"])
    assert state(got.event) == "closed"

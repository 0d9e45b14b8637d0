"""Registration, judgement, quarantine: what is refused, and what happens twice."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from yongzhou.core.bus import quarantine as bus_quarantine
from yongzhou.core.bus.models import Quarantine
from yongzhou.core.data.actor import system
from yongzhou.core.people.models import Unit
from yongzhou.core.things.models import Datastream, Thing
from yongzhou.engines.telemetry.models import Alarm, Rule
from yongzhou.systems.foundation.iot_sensing import periodic
from yongzhou.systems.foundation.iot_sensing.models import AlarmHandling, DeviceCredential, MaintenanceOrder
from yongzhou.systems.foundation.iot_sensing.operations import (
    acknowledge_alarm,
    drop_quarantined,
    issue_credential,
    judge_alarm,
    register_datastream,
    register_thing,
    replay_quarantined,
    retire_thing,
)
from yongzhou.testing import events, refused, run

pytestmark = pytest.mark.django_db
HOUSE = system("test")
THING = {"scheme": "test", "code": "T-1", "name": "路灯 1", "region": "431103"}
STREAM = {
    "door": "mqtt",
    "station": "lamp-1",
    "element": "lux",
    "observed": "illuminance",
    "name": "照度",
    "unit": "lx",
}


def test_same_code_twice_is_the_same_thing(db):
    first, second = run(register_thing, HOUSE, **THING), run(register_thing, HOUSE, **THING)
    assert first.thing == second.thing
    assert (first.new, second.new) == (True, False)


def test_a_department_registers_its_own_only(cast):
    unit = Unit.objects.get(code="4311-SL")
    assert run(register_thing, cast.dept_admin, **THING, owner=unit.pk).new
    other = {**THING, "code": "T-2", "owner": Unit.objects.get(code="4311-CG").pk}
    refused(register_thing, cast.dept_admin, because="forbidden", **other)
    refused(register_thing, cast.citizen, because="forbidden", **other)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("station", "lamp 1"),
        ("station", "lamp.*"),
        ("station", "up>"),
        ("element", "a/b"),
        ("element", "#"),
        ("station", "灯"),
    ],
)
def test_a_name_that_would_break_the_bus_is_refused(db, field, value):
    thing = run(register_thing, HOUSE, **THING).thing
    problem = refused(register_datastream, HOUSE, because="invalid", thing=thing, **{**STREAM, field: value})
    assert value in problem.errors[0]["message"]
    assert run(register_datastream, HOUSE, thing=thing, **STREAM).new


def test_an_address_belongs_to_one_thing(db):
    one, other = (run(register_thing, HOUSE, **{**THING, "code": code}).thing for code in ("T-1", "T-2"))
    first = run(register_datastream, HOUSE, thing=one, **STREAM)
    assert run(register_datastream, HOUSE, thing=one, **STREAM).number == first.number
    refused(register_datastream, HOUSE, because="taken", thing=other, **STREAM)


def test_numbers_go_on(db):
    thing = run(register_thing, HOUSE, **THING).thing
    numbers = [run(register_datastream, HOUSE, thing=thing, **{**STREAM, "element": name}).number for name in "abc"]
    assert numbers == list(range(numbers[0], numbers[0] + 3))


def test_retired_means_silent_and_keyless(db):
    thing = run(register_thing, HOUSE, **THING).thing
    run(register_datastream, HOUSE, thing=thing, **STREAM)
    key = run(issue_credential, HOUSE, thing=thing, name="lamp-1")
    assert key.secret not in DeviceCredential.objects.get().secret_hash
    done = run(retire_thing, HOUSE, thing=thing, reason="拆除")
    assert (done.datastreams, done.credentials) == (1, 1)
    refused(retire_thing, HOUSE, because="not_now", thing=thing, reason="拆除")
    refused(register_datastream, HOUSE, because="retired", thing=thing, **{**STREAM, "element": "x"})


@pytest.fixture
def alarm(db):
    thing = Thing.objects.get(scheme="sl502", code="99431107")
    rule = Rule.objects.filter(thing=thing).first()
    return Alarm.objects.create(
        rule=rule,
        thing=thing,
        region=thing.region,
        datastream=1,
        level="3",
        value=74.6,
        raised_at=datetime.now(UTC),
        origin="synthetic",
    )


def test_a_false_alarm_becomes_a_repair(cast, alarm):
    said = {"alarm": alarm.pk, "verdict": "false", "reason": "水尺读数 73.1 m", "repair": True}
    assert run(judge_alarm, cast.duty, **said).new
    assert not run(judge_alarm, cast.duty, **said).new
    assert MaintenanceOrder.objects.get().cause == "false_alarm"
    assert [event["verdict"] for event in events("ev.iot_sensing.alarm.judged")] == ["false"]


def test_alarms_are_judged_within_ones_scope(cast, alarm):
    refused(judge_alarm, cast.officer_431122, because="没有", alarm=alarm.pk, verdict="true", reason="属实")
    refused(acknowledge_alarm, cast.citizen, because="没有", alarm=alarm.pk)
    assert run(acknowledge_alarm, cast.duty, alarm=alarm.pk).new
    assert not run(acknowledge_alarm, cast.duty, alarm=alarm.pk).new
    assert AlarmHandling.objects.get().acknowledged_by_id == cast.duty.id


@bus_quarantine.replay_handler("iot_sensing.test")
def takes_even_lengths(payload, row):
    if len(payload) != 2:
        raise bus_quarantine.ReplayError("应为两个字节")


def put(**values):
    return bus_quarantine.quarantine(
        "gateway.test", b"\x01", **{"reason": "短", "where": "第 1 字节", "replay": "iot_sensing.test", **values}
    )


def test_mend_and_replay(db):
    item = put()
    answer = run(replay_quarantined, HOUSE, item=item, hex="01 02 03")
    assert (answer.replayed, "两个字节" in answer.why) == (False, True)
    assert bus_quarantine.payload_of(Quarantine.objects.get(pk=item)) == b"\x01\x02\x03"  # kept for the next try
    assert run(replay_quarantined, HOUSE, item=item, hex="0102").replayed
    refused(replay_quarantined, HOUSE, because="not_found", item=item)


@pytest.mark.parametrize("hex", ["0g", "012", ""])
def test_what_is_no_hex_is_refused(db, hex):
    assert refused(replay_quarantined, HOUSE, because="invalid", item=put(), hex=hex).errors[0]["field"] == "hex"


def test_dropping_needs_a_reason(cast, db):
    item = put()
    refused(drop_quarantined, HOUSE, because="invalid", item=item, note="")
    refused(drop_quarantined, cast.citizen, because="没有", item=item, note="坏报文")
    run(drop_quarantined, HOUSE, item=item, note="坏报文")
    assert Quarantine.objects.get(pk=item).note == "坏报文"


def test_what_waited_for_its_registration_is_replayed(db):
    item = bus_quarantine.quarantine(
        "telemetry.mqtt",
        b"\x01\x02",
        reason="地址未登记:请登记",
        where="地址",
        replay="iot_sensing.test",
        station="lamp-1",
    )
    periodic.replay_registered()
    assert Quarantine.objects.get(pk=item).state == "open"
    thing = run(register_thing, HOUSE, **THING).thing
    number = run(register_datastream, HOUSE, thing=thing, **STREAM).number
    periodic.replay_registered()
    assert Quarantine.objects.get(pk=item).state == "open"  # telemetry does not know it yet
    Datastream.objects.filter(number=number).update(created_at=datetime.now(UTC) - timedelta(seconds=20))
    periodic.replay_registered()
    assert Quarantine.objects.get(pk=item).state == "replayed"


def test_an_unknown_item_is_not_found(db):
    refused(replay_quarantined, HOUSE, because="not_found", item=uuid4())

"""Each refusal by its code and field, and that nothing was changed."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from yongzhou.core.bus import quarantine as bus_quarantine
from yongzhou.core.bus.models import DeadLetter, Quarantine
from yongzhou.core.crypto import seal
from yongzhou.core.data.actor import system
from yongzhou.core.things.models import Datastream, Thing
from yongzhou.engines.telemetry.models import Alarm, Rule
from yongzhou.systems.foundation.iot_sensing.models import AlarmHandling, DeviceCredential, MaintenanceOrder
from yongzhou.systems.foundation.iot_sensing.operations import (
    acknowledge_alarm,
    drop_letter,
    drop_quarantined,
    issue_credential,
    judge_alarm,
    register_datastream,
    register_thing,
    replay_quarantined,
    retire_thing,
    retry_letter,
)
from yongzhou.testing import refused, run

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


@pytest.fixture
def thing(db):
    return run(register_thing, HOUSE, **THING).thing


@pytest.fixture
def alarm(db):
    thing = Thing.objects.get(scheme="sl502", code="99431107")
    rule = Rule.objects.filter(thing=thing).first()
    return Alarm.objects.create(
        rule=rule, thing=thing, region=thing.region, datastream=1, level="3", value=74.6, raised_at=datetime.now(UTC)
    )


@pytest.fixture
def letter(db):
    now = datetime.now(UTC)
    return DeadLetter.objects.create(
        consumer="gone",
        event_id=uuid4(),
        subject="ev.a.b.done",
        payload=seal("{}", "core.dead_letter"),
        error="ValueError: 没有这个站",
        tries=5,
        state="parked",
        first_at=now,
        last_at=now,
    )


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"code": ""}, "code"),
        ({"region": "永州"}, "region"),
        ({"lon": 11.6, "lat": 26.4}, "lon"),
        ({"lon": 111.6}, ""),
        ({"parent": "上级"}, "parent"),
    ],
)
def test_a_wrong_thing(db, wrong, field):
    problem = refused(register_thing, HOUSE, because="invalid", **{**THING, **wrong})
    assert [line["field"] for line in problem.errors] == [field]
    assert not Thing.objects.filter(scheme="test").exists()


def test_an_unknown_owner_and_parent(db):
    owner = refused(register_thing, HOUSE, because="invalid", **THING, owner=uuid4())
    assert [line["field"] for line in owner.errors] == ["owner"]
    refused(register_thing, HOUSE, because="not_found", **THING, parent=uuid4())
    assert not Thing.objects.filter(scheme="test").exists()


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"low": 5, "high": 5}, ""),
        ({"door": "modbus"}, "door"),
        ({"observed": "照度"}, "observed"),
        ({"period_s": 0}, "period_s"),
        ({"station": " lamp-1"}, "station"),
        ({"max_rate": -1}, "max_rate"),
    ],
)
def test_a_wrong_datastream(thing, wrong, field):
    problem = refused(register_datastream, HOUSE, because="invalid", thing=thing, **{**STREAM, **wrong})
    assert [line["field"] for line in problem.errors] == [field]
    assert not Datastream.objects.filter(thing=thing).exists()


def test_a_datastream_of_no_thing(db):
    refused(register_datastream, HOUSE, because="not_found", thing=uuid4(), **STREAM)
    assert not Datastream.objects.filter(station="lamp-1").exists()


@pytest.mark.parametrize("name", ["la", "灯", "lamp 1", "x" * 65])
def test_a_wrong_name_gets_no_key(thing, name):
    problem = refused(issue_credential, HOUSE, because="invalid", thing=thing, name=name)
    assert [line["field"] for line in problem.errors] == ["name"]
    assert not DeviceCredential.objects.exists()


def test_a_taken_name_gets_no_key_and_the_old_one_stays(thing):
    other = run(register_thing, HOUSE, **{**THING, "code": "T-2"}).thing
    run(issue_credential, HOUSE, thing=thing, name="lamp-1")
    run(issue_credential, HOUSE, thing=other, name="lamp-2")
    refused(issue_credential, HOUSE, because="conflict", thing=other, name="lamp-1")
    assert set(DeviceCredential.objects.filter(revoked_at=None).values_list("name", flat=True)) == {"lamp-1", "lamp-2"}


def test_retiring_needs_a_reason(thing):
    refused(retire_thing, HOUSE, because="invalid", thing=thing, reason="")
    assert Thing.objects.get(pk=thing).lifecycle == "installed"


@pytest.mark.parametrize(("wrong", "field"), [({"verdict": "maybe"}, "verdict"), ({"reason": "误"}, "reason")])
def test_a_wrong_judgement(alarm, wrong, field):
    said = {"alarm": alarm.pk, "verdict": "false", "reason": "水尺读数 73.1 m", "repair": True}
    problem = refused(judge_alarm, HOUSE, because="invalid", **{**said, **wrong})
    assert [line["field"] for line in problem.errors] == [field]
    assert not AlarmHandling.objects.exists()
    assert not MaintenanceOrder.objects.exists()


def test_no_such_alarm(db):
    refused(acknowledge_alarm, HOUSE, because="not_found", alarm=uuid4())
    refused(judge_alarm, HOUSE, because="not_found", alarm=uuid4(), verdict="true", reason="属实")
    assert not AlarmHandling.objects.exists()


def test_an_item_that_nobody_can_replay(db):
    item = bus_quarantine.quarantine("gateway.gone", b"\x01", reason="短", where="第 1 字节", replay="gone")
    refused(replay_quarantined, HOUSE, because="no_handler", item=item, hex="0102")
    row = Quarantine.objects.get(pk=item)
    assert (row.state, bus_quarantine.payload_of(row)) == ("open", b"\x01")


def test_nothing_to_drop(db):
    refused(drop_quarantined, HOUSE, because="not_found", item=uuid4(), note="坏报文")
    refused(drop_letter, HOUSE, because="not_found", letter=uuid4())
    refused(retry_letter, HOUSE, because="not_found", letter=uuid4())


def test_a_letter_without_a_subscriber_is_only_dropped(letter):
    refused(retry_letter, HOUSE, because="no_handler", letter=letter.pk)
    letter.refresh_from_db()
    assert (letter.state, letter.tries) == ("parked", 5)
    assert run(drop_letter, HOUSE, letter=letter.pk).done
    refused(drop_letter, HOUSE, because="not_found", letter=letter.pk)

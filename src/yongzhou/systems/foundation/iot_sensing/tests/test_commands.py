"""Commands: who may send, the second person, what the device says, what runs out, and region scope of mending."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from yongzhou.core.bus.quarantine import quarantine
from yongzhou.core.data.actor import Actor, Grant, system
from yongzhou.core.operations.run import countersign
from yongzhou.core.operations.run import run as carry_out
from yongzhou.core.people.models import Login
from yongzhou.core.things.models import Thing
from yongzhou.systems.foundation.iot_sensing import operations as ops
from yongzhou.systems.foundation.iot_sensing.commanding import Answer
from yongzhou.systems.foundation.iot_sensing.models import Command
from yongzhou.systems.foundation.iot_sensing.scope import within
from yongzhou.testing import deliver, events, refused, run

pytestmark = pytest.mark.django_db
HOUSE = system("test")


@pytest.fixture
def pump(db):
    thing = run(ops.register_thing, HOUSE, scheme="test", code="P-1", name="一号泵站", region="431102").thing
    run(ops.issue_credential, HOUSE, thing=thing, name="pump-1")
    return Thing.objects.get(pk=thing)


def ask(thing, **changes):
    given = {"thing": thing.pk, "action": "read", "reason": "核对读数", **changes}
    return Command.objects.get(pk=run(ops.send_command, HOUSE, **given).command)


def say(command, state, detail="好", **changes):
    Command.objects.filter(pk=command.pk, state="queued").update(state="sent", sent_at=datetime.now(UTC))
    fact = Answer(
        command=command.pk, door=command.door, device=command.device, state=state, detail=detail, at=datetime.now(UTC)
    ).model_copy(update=changes)
    deliver("ev.iot_sensing.command.answered", **fact.model_dump(mode="json"), region="431102", origin="synthetic")
    command.refresh_from_db()
    return command.state


def test_a_command_finds_its_door_and_is_told_to_the_bus(pump):
    command = ask(pump, action="set_period", seconds=60)
    assert (command.door, command.device, command.parameters) == ("mqtt", "pump-1", {"seconds": 60})
    assert [fact["command"] for fact in events("ev.iot_sensing.command.queued")] == [str(command.pk)]


@pytest.mark.parametrize(
    ("given", "because"),
    [
        ({"action": "set_period"}, "invalid"),
        ({"action": "read", "seconds": 5}, "invalid"),
        ({"action": "explode"}, "invalid"),
        ({"valid_s": 1}, "invalid"),
        ({"thing": str(uuid4())}, "not_found"),
    ],
)
def test_a_wrong_command_is_refused(pump, given, because):
    refused(ops.send_command, HOUSE, because=because, **{"thing": pump.pk, "action": "read", "reason": "核对", **given})


def test_a_station_on_sl651_can_only_be_read(db):
    station = Thing.objects.get(scheme="sl502", code="99431107")
    assert ask(station).door == "sl651"
    refused(ops.send_command, HOUSE, because="not_spoken", thing=station.pk, action="restart", reason="卡死")


def test_states_go_forward_only_and_strangers_are_not_heard(pump):
    command = ask(pump)
    assert say(command, "done", device="pump-2") == "sent"
    assert say(command, "done", "开到位") == "done"
    assert say(command, "received") == "done"  # the PUBACK comes after the receipt
    assert command.detail == "开到位"
    assert [fact["state"] for fact in events("ev.iot_sensing.command.settled")] == ["done"]


def test_what_nobody_took_or_answered_runs_out(pump):
    never, silent = ask(pump), ask(pump)
    past = datetime.now(UTC) - timedelta(hours=1)
    Command.objects.filter(pk=silent.pk).update(state="sent", sent_at=past)
    Command.objects.update(expires=past)
    assert run(ops.run_out_commands, HOUSE).commands == 2
    never.refresh_from_db()
    assert "没有发出" in never.detail
    assert say(silent, "done") == "done"  # what really happened counts, also late
    assert "迟到" in silent.detail


def test_withdrawn_in_time_only(pump):
    command = ask(pump)
    run(ops.withdraw_command, HOUSE, command=command.pk)
    sent = ask(pump)
    Command.objects.filter(pk=sent.pk).update(state="sent")
    refused(ops.withdraw_command, HOUSE, because="not_now", command=sent.pk)


def test_a_pump_moves_only_when_a_second_person_agrees(pump, cast):
    data = {"thing": pump.pk, "actuator": "pump", "on": True, "reason": "排涝"}
    proposal = carry_out(ops.operate_actuator, cast.water_officer, data).proposal
    assert not Command.objects.exists()
    refused_by_self = pytest.raises(Exception, match="复核人不能是提出人")
    with refused_by_self:
        countersign(ops.operate_actuator, cast.water_officer, proposal)
    second = _second(cast.water_officer)
    countersign(ops.operate_actuator, second, proposal)
    command = Command.objects.get()
    assert (command.action, command.parameters, command.asked_by_id) == ("pump", {"on": True}, cast.water_officer.id)
    assert command.agreed_by_id == second.id


def _second(first: Actor) -> Actor:
    person = Login.objects.exclude(person_id=first.id).first().person_id
    return Actor("person", person, "另一人", grants=first.grants)


def test_the_desk_shows_commands_and_withdraws(client, pump, cast):
    command = ask(pump)
    session = client.session
    session["person"] = str(Login.objects.get(name="water_officer").person_id)
    session.save()
    page = client.get("/desk/iot_sensing/commands/").content.decode()
    assert "一号泵站" in page
    assert "待发" in page
    client.post(f"/desk/iot_sensing/commands/{command.pk}/withdraw/")
    command.refresh_from_db()
    assert command.state == "withdrawn"


def test_a_county_mends_its_own_input_only(db):
    stations = {"0099431107": None, "lost": None}
    rows = {
        name: quarantine("gateway.sl651", b"x", reason="r", where="w", replay="gateway.sl651", station=name)
        for name in stations
    }
    home = Thing.objects.get(scheme="sl502", code="99431107").region
    county = Grant("county", "*", "iot_sensing.*", 2, region=home[:6])
    other = Grant("county", "*", "iot_sensing.*", 2, region="431199")
    city = Grant("city", "*", "iot_sensing.*", 2, region="4311")
    assert set(within([county]).values_list("pk", flat=True)) == {rows["0099431107"]}
    assert not within([other]).exists()
    assert set(within([city]).values_list("pk", flat=True)) == set(rows.values())
    stranger = Actor("person", uuid4(), "别县", grants=(other,))
    refused(ops.drop_quarantined, stranger, because="not_found", item=rows["0099431107"], note="不要了")

"""Commands over MQTT: sent once, acknowledged, answered, and never twice after kill -9."""

from __future__ import annotations

import json

from yongzhou.core.bus.events import Envelope
from yongzhou.gateways.mqtt.tests.support import queue_command, state_of, until


class Valve:
    """A device that obeys: what it heard, and a receipt for each."""

    def __init__(self, one, name: str) -> None:
        self.heard: list[dict] = []
        self.one, self.name = one, name
        one.client.on_message = self._obey
        one.client.on_connect = self._connect
        if one.connected.is_set():
            self._listen()

    def _connect(self, client, data, flags, code, properties):
        if not code.is_failure:
            self.one.connected.set()
            self._listen()

    def _listen(self):
        self.one.client.subscribe(f"down/{self.name}/command", qos=1)

    def _obey(self, client, data, message):
        said = json.loads(message.payload)
        self.heard.append(said)
        receipt = {"id": said["id"], "state": "done", "detail": "开到位"}
        client.publish(f"up/{self.name}/receipt", json.dumps(receipt), qos=1)


def facts(house):
    async def read(js):
        last = (await js.stream_info("EVENTS")).state.last_seq
        found = [(await js.get_msg("EVENTS", n)).data for n in range(1, last + 1)]
        return [Envelope.model_validate_json(message).data for message in found]  # as the house's inbox reads them

    return house.ask(read)


def test_a_command_goes_out_once_and_its_receipt_comes_back(house, door_process, database, device):
    valve = Valve(device("pump-1"), "pump-1")
    command = queue_command(house, database, "pump-1", copies=3)
    until(lambda: len(facts(house)) == 2)  # in the order of the device: receipt in the callback, PUBACK after it
    assert {(fact["state"], fact["detail"]) for fact in facts(house)} == {
        ("received", "设备已收到"),
        ("done", "开到位"),
    }
    assert {(fact["command"], fact["door"], fact["device"]) for fact in facts(house)} == {
        (str(command.id), "mqtt", "pump-1")
    }
    assert [said["action"] for said in valve.heard] == ["valve"]
    assert state_of(database, command) == "sent"

    async def left(js):
        return (await js.stream_info("COMMANDS")).state.messages

    until(lambda: house.ask(left) == 0)
    assert len(valve.heard) == 1


def test_a_command_waits_until_its_device_listens_and_not_beyond_its_time(house, door_process, database, device):
    waiting = queue_command(house, database, "pump-2")
    late = queue_command(house, database, "pump-2", seconds=-1)
    valve = Valve(device("pump-2"), "pump-2")
    until(lambda: valve.heard)
    until(lambda: state_of(database, waiting) == "sent")
    assert [said["id"] for said in valve.heard] == [str(waiting.id)]
    assert state_of(database, late) == "queued"  # the house lets it run out


def test_at_most_once_after_kill_9_of_door_and_bus(house, door_process, database, device):
    valve = Valve(device("pump-1"), "pump-1")
    commands = []
    for n in range(12):
        commands.append(queue_command(house, database, "pump-1"))
        if n in (3, 8):
            door_process.kill()
            door_process.start()
        if n == 5:
            house.kill()
            house.start()
    until(lambda: all(state_of(database, command) == "sent" for command in commands), 30)
    until(lambda: len(valve.heard) >= 10, 10)  # one may be lost with each killed door: claimed, never sent
    ids = [said["id"] for said in valve.heard]
    assert len(ids) == len(set(ids))


def test_a_receipt_that_says_nothing_is_put_aside(house, door_process, device):
    one = device("pump-1")
    one.report("up/pump-1/receipt", "done")
    until(lambda: one.acknowledged)
    assert "回执" in str(house.last("QUARANTINE", "obs-quarantine.mqtt")["reason"])

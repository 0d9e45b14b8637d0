"""The MQTT door with real clients, a real bus, a real table of credentials: kept, refused, recovered."""

from __future__ import annotations

import time
from dataclasses import replace

from yongzhou.core.streams import STREAMS
from yongzhou.gateways.mqtt.tests.support import DoorProcess, House, revoke, until


def values(house: House) -> list[float]:
    return [row["result"][0] for row in house.frames() if row["result"]]


def test_a_report_is_an_observation_of_obs_when_its_puback_comes(house, door_process, device):
    one = device("pump-1")
    one.report("up/pump-1/level", "12.5")
    until(lambda: one.acknowledged)
    row = house.frames()[0]
    assert (row["station"], row["element"], row["result"], row["function"]) == ("pump-1", ["level"], [12.5], "publish")
    assert row["raw"] == b"12.5"


def test_equal_bytes_without_time_are_two_reports_with_time_one(house, door_process, device):
    one = device("pump-1")
    for _ in range(2):
        one.report("up/pump-1/level", "12.5")
        one.report("up/pump-1/level", '{"t": "2026-06-18T03:06:05+08:00", "v": 1}')
    until(lambda: len(house.frames()) == 4)
    frames = house.frames()
    assert len({row["frame"] for row in frames if row["raw"] == b"12.5"}) == 2
    assert len({row["frame"] for row in frames if row["raw"] != b"12.5"}) == 1


def test_wrong_secret_is_refused_and_five_times_locks_the_device(house, door_process, device):
    wrong = device("pump-1", "guess")
    until(lambda: len(wrong.refused) >= 5)
    wrong.close()
    right = device("pump-1")
    until(lambda: right.refused)
    assert not right.connected.is_set()
    assert "locked" in door_process.log.read_text()


def test_unknown_devices_and_users_of_the_house_are_refused(house, door_process, device):
    clients = [device("nobody"), device("house", house.home.secret("nats_house")), device("pump 1"), device("*")]
    until(lambda: all(client.refused for client in clients))
    assert not any(client.connected.is_set() for client in clients)


def test_nobody_logs_in_while_the_door_is_away(house, device):
    one = device("pump-1")
    time.sleep(2)
    assert not one.connected.is_set()


def test_a_client_id_of_another_device_is_refused(house, door_process, device):
    thief = device("pump-1", client_id="pump-2")
    until(lambda: thief.refused)


def test_what_a_device_says_in_another_name_is_put_aside(house, door_process, device):
    one = device("pump-1")
    for topic in ("up/pump-2/level", "obs/mqtt/0", "ev/core/x", "up/pump-1/level"):
        one.report(topic, "7")
    until(lambda: len(one.acknowledged) == 4)
    assert [row["station"] for row in house.frames()] == ["pump-1"]

    async def count(js):
        return (await js.stream_info("QUARANTINE")).state.messages, (await js.stream_info("OBS")).state.messages

    assert house.ask(count) == (3, 1)


def test_a_device_may_hear_its_own_commands_only(house, door_process, device):
    one = device("pump-1")
    assert one.connected.wait(15)
    granted: list[int] = []
    one.client.on_subscribe = lambda client, data, mid, codes, properties: granted.extend(c.value for c in codes)
    one.client.subscribe([("up/#", 0), ("#", 1), ("down/pump-2/command", 1), ("down/pump-1/command", 2)])
    until(lambda: granted)
    assert granted == [0x80, 0x80, 0x80, 1]


def test_a_payload_that_says_nothing_is_put_aside_and_counts_as_done(house, door_process, device):
    one = device("pump-1")
    one.report("up/pump-1/level", "twelve")
    one.report("up/pump-1/level", "12")
    until(lambda: len(one.acknowledged) == 2)
    item = house.last("QUARANTINE", "obs-quarantine.mqtt")
    assert item is not None
    assert (item["station"], item["hex"]) == ("pump-1", b"twelve".hex())
    assert "数字" in str(item["reason"])


def test_a_revoked_device_is_put_out(house, door_process, database, device):
    one = device("pump-1")
    assert one.connected.wait(15)
    revoke(database, "pump-1")
    until(lambda: one.refused, 20)


def test_3000_of_3000_acknowledged_reports_outlive_kill_9_of_door_and_bus(house, door_process, device):
    devices = [device(f"d{n}") for n in range(10)]
    assert all(one.connected.wait(20) for one in devices)
    sent = set()
    for n in range(3000):
        one = n % 10
        devices[one].report(f"up/d{one}/count", str(n))
        sent.add(float(n))
        if n in (700, 1900):
            door_process.kill()
            door_process.start()
        if n in (1200, 2400):
            house.kill()
            house.start()
        if n % 100 == 0:
            time.sleep(0.05)
    until(lambda: sum(len(one.acknowledged) for one in devices) == 3000, 90)
    assert sent <= set(values(house))


def test_no_puback_once_the_store_is_full(house, door_process, device):
    one = device("pump-1")
    one.report("up/pump-1/level", "0")
    until(lambda: one.acknowledged)

    async def shrink(js):
        await js.update_stream(replace(STREAMS["OBS"], max_bytes=3_000))

    house.ask(shrink)
    for n in range(60):
        one.report("up/pump-1/level", f"{n}.5")
        time.sleep(0.01)
    time.sleep(1)
    assert len(one.acknowledged) < 60
    assert {float(raw) for raw in one.acknowledged} <= set(values(house))


def test_one_flooding_device_is_slowed_and_harms_nobody(house, database, device):
    door_process = DoorProcess(house.home, database, MQTT_RATE="20", MQTT_BURST="100")
    try:
        flood, calm = device("flood"), device("pump-1")
        assert flood.connected.wait(15)
        assert calm.connected.wait(15)
        for n in range(3000):
            flood.report("up/flood/x", str(n))
        delays = []
        for n in range(5):
            began = time.monotonic()
            calm.report("up/pump-1/level", str(n))
            until(lambda n=n: any(row["station"] == "pump-1" and row["raw"] == b"%d" % n for row in house.frames()))
            delays.append(time.monotonic() - began)
        assert max(delays) < 3.0
        assert len(flood.acknowledged) < 1000
    finally:
        door_process.kill()

"""The open door over real TCP, UDP and a real bus: answers, quarantine, floods, kill -9."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from nats.js import JetStreamContext

from simulator.mischief import LABELS, bad_frame
from simulator.sl651_device import (
    BEIJING,
    Device,
    body,
    modbus_crc,
    number,
    read_answer,
    upward,
    upward_ascii,
    upward_packets,
)
from yongzhou.core import wire
from yongzhou.gateways.kit.commands import Command, subject
from yongzhou.gateways.kit.door import Door
from yongzhou.gateways.kit.limiter import Limiter
from yongzhou.gateways.kit.testing import NatsServer
from yongzhou.gateways.sl651 import server as server_module
from yongzhou.gateways.sl651.frame import Control, frame_at
from yongzhou.gateways.sl651.server import NAME, listening

STATION = "0099431119"
HOST = "127.0.0.1"


def report(serial: int, station: str = STATION, function: int = 0x32) -> bytes:
    now = datetime.now(BEIJING)
    return upward(function, station, body(serial, now, station, "H", now, number("39", serial / 1000, 4, 3)))


async def rows(js: JetStreamContext) -> list[dict[str, object]]:
    """All frames of OBS in order."""
    info = await js.stream_info("OBS")
    found: list[dict[str, object]] = []
    for seq in range(info.state.first_seq, info.state.last_seq + 1):
        message = await js.get_msg("OBS", seq)
        found += wire.decode(message.data or b"").to_pylist()
    return found


async def put_aside(js: JetStreamContext) -> list[dict[str, object]]:
    info = await js.stream_info("QUARANTINE")
    first, last = info.state.first_seq, info.state.last_seq
    return [json.loads((await js.get_msg("QUARANTINE", seq)).data or b"") for seq in range(first, last + 1)]


def js_of(door: Door) -> JetStreamContext:
    return door.bus.jetstream()


async def _tcp(server: NatsServer) -> tuple[bytes, list[dict[str, object]]]:
    async with listening(server.home) as door:
        reader, writer = await asyncio.open_connection(HOST, server.home.port_of(NAME))
        raw = report(1234)
        writer.write(raw[:20])
        await asyncio.sleep(0.05)
        writer.write(raw[20:] + raw)  # half a frame, its rest, and the same frame again
        answers = await read_answer(reader), await read_answer(reader)
        writer.close()
        assert answers[0] == answers[1]
        assert [row["raw"] for row in await rows(js_of(door))] == [raw, raw]
        return answers[0], await rows(js_of(door))


def test_report_is_stored_and_answered_also_when_repeated(nats_server):
    answer, found = asyncio.run(_tcp(nats_server))
    assert frame_at(answer).end == Control.ESC
    assert found[0]["frame"] == found[1]["frame"]
    assert (found[0]["station"], found[0]["function"], found[0]["serial"]) == (STATION, "32", 1234)
    assert (found[0]["element"], found[0]["result"], found[0]["flag"]) == (["39"], [1.234], [2])


async def _udp(server: NatsServer) -> tuple[bytes, list[dict[str, object]]]:
    async with listening(server.home) as door:
        loop = asyncio.get_running_loop()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
            peer.setblocking(False)
            peer.connect((HOST, server.home.port_of(NAME)))
            await loop.sock_sendall(peer, report(7))
            answer = await asyncio.wait_for(loop.sock_recv(peer, 2000), 5)
            await loop.sock_sendall(peer, report(8)[:-1])
            await asyncio.sleep(0.2)
        await door.quarantine.drain()
        return answer, await put_aside(js_of(door))


def test_udp_is_answered_and_half_a_datagram_is_junk(nats_server):
    answer, junk = asyncio.run(_udp(nats_server))
    assert frame_at(answer).body[:2] == b"\x00\x07"
    assert [item["reason"] for item in junk] == ["报文中断:报文长 46 字节,只收到 45 字节"]


async def _ascii(server: NatsServer) -> bytes:
    async with listening(server.home):
        reader, writer = await asyncio.open_connection(HOST, server.home.port_of(NAME))
        writer.write(upward_ascii(0x32, STATION, "0007260701080000 PJ 0.5 "))
        answer = await asyncio.wait_for(reader.readexactly(45), 5)
        writer.close()
        return answer


def test_ascii_is_answered_in_ascii(nats_server):
    answer = frame_at(asyncio.run(_ascii(nats_server)))
    assert (answer.ascii, answer.down, answer.body) == (True, True, b"0007260701080000")


async def _bad(server: NatsServer) -> tuple[list[dict[str, object]], int]:
    async with listening(server.home) as door:
        for label in LABELS:
            device = Device(STATION, "H", HOST, server.home.port_of(NAME))
            await device.send_raw(bad_frame(label, STATION, "H", datetime.now(BEIJING)))
            await asyncio.sleep(0.05)
            await device.close()
        other = Device(STATION, "H", HOST, server.home.port_of(NAME))
        attempts = await other.report(0x32, datetime.now(BEIJING), number("39", 1.0, 4, 3))
        await other.close()
        await asyncio.sleep(0.1)
        await door.quarantine.drain()
        return await put_aside(js_of(door)), attempts


def test_each_bad_frame_is_put_aside_and_stops_nobody(nats_server):
    items, attempts = asyncio.run(_bad(nats_server))
    reasons = [str(item["reason"]) for item in items]
    assert attempts == 1
    for word in ("CRC 校验错误", "不存在", "BCD", "报文中断"):
        assert any(word in reason for reason in reasons), word
    assert len(items) == len(LABELS)


async def _impossible(server: NatsServer) -> tuple[bytes, list[dict[str, object]], int]:
    async with listening(server.home) as door:
        reader, writer = await asyncio.open_connection(HOST, server.home.port_of(NAME))
        writer.write(bad_frame("不存在的日期", STATION, "H", datetime.now(BEIJING)))
        answer = await asyncio.wait_for(read_answer(reader), 5)
        writer.close()
        js = js_of(door)
        return answer, await put_aside(js), (await js.stream_info("OBS")).state.messages


def test_impossible_date_is_answered_after_quarantine_and_not_stored(nats_server):
    answer, items, stored = asyncio.run(_impossible(nats_server))
    assert answer[14:16] == b"\xba\xd0"
    assert (items[0]["station"], items[0]["where"], stored) == (STATION, "发报时间(偏移 16)", 0)


async def _old(server: NatsServer) -> list[dict[str, object]]:
    async with listening(server.home) as door:
        reader, writer = await asyncio.open_connection(HOST, server.home.port_of(NAME))
        writer.write(
            bytes.fromhex(
                "7E7E010012345678123430002B020003591011154947F1F1001234567848"
                "F0F0591011154920190000052619000005392300000127381211150320FA"
            )
        )
        assert await read_answer(reader) == bytes.fromhex("7E7E00123456780112343080080200035910111549471B75D4")
        writer.close()
        return await rows(js_of(door))


def test_published_frame_of_1959_is_stored_as_suspect_clock(nats_server):
    (row,) = asyncio.run(_old(nats_server))
    assert (row["station"], row["flag"], row["source_flag"]) == ("0012345678", [3] * 4, ["clock"] * 4)
    assert row["result"] == [0.5, 0.5, 0.127, 11.15]


async def _idle(server: NatsServer) -> list[dict[str, object]]:
    async with listening(server.home) as door:
        reader, writer = await asyncio.open_connection(HOST, server.home.port_of(NAME))
        writer.write(b"\x7e\x7e\x01" + bytes(8) + b"\x0f\xff\x02" + report(5))  # a start that claims 4095 bytes
        assert frame_at(await asyncio.wait_for(read_answer(reader), 3)).body[:2] == b"\x00\x05"
        writer.close()
        return await put_aside(js_of(door))


def test_started_frame_without_new_bytes_is_junk_and_frees_the_next(nats_server, monkeypatch):
    monkeypatch.setattr(server_module, "IDLE_S", 0.3)
    (item,) = asyncio.run(_idle(nats_server))
    assert (item["hex"], str(item["reason"])[:4]) == ("7e7e0100000000000000000fff02", "报文中断")


async def _picture(server: NatsServer) -> tuple[bytes, bytes, list[dict[str, object]]]:
    async with listening(server.home) as door:
        reader, writer = await asyncio.open_connection(HOST, server.home.port_of(NAME))
        now = datetime.now(BEIJING)
        content = body(77, now, STATION, "H", now, b"\xf3\xf3" + bytes(3000))
        frames = upward_packets(0x36, STATION, content, 500)
        writer.write(b"".join([*frames[:3], *frames[4:]]))
        asked = await asyncio.wait_for(read_answer(reader), 5)
        before = (await js_of(door).stream_info("OBS")).state.messages
        writer.write(frames[3])
        done = await asyncio.wait_for(read_answer(reader), 5)
        writer.close()
        assert before == 0
        return asked, done, await rows(js_of(door))


def test_missing_packet_is_asked_for_and_the_picture_stored_whole(nats_server):
    asked, done, found = asyncio.run(_picture(nats_server))
    assert (frame_at(asked).end, frame_at(asked).index) == (Control.NAK, 4)
    assert frame_at(done).end == Control.ESC
    assert [frame_at(row["raw"]).index for row in found] == list(range(1, 8))  # type: ignore[arg-type]


async def _flood(server: NatsServer) -> tuple[list[float], list[str], int]:
    async with listening(server.home, limiter=Limiter(rate=20, burst=50)) as door:
        port = server.home.port_of(NAME)
        _, flood = await asyncio.open_connection(HOST, port)
        flood.write(b"".join(report(n, "0000000666") for n in range(2000)))
        calm = [Device(f"00{n:08d}", "H", HOST, port) for n in range(10)]
        times = []
        for _ in range(5):
            begin = time.perf_counter()
            await asyncio.gather(*(d.report(0x32, datetime.now(BEIJING), b"") for d in calm))
            times.append(time.perf_counter() - begin)
        flooders = door.limiter.flooders(time.monotonic())
        stored = door.publisher.stored
        flood.transport.abort()
        for device in calm:
            await device.close()
        return times, flooders, stored


def test_one_flooding_device_is_slowed_and_shown_and_harms_nobody(nats_server):
    times, flooders, stored = asyncio.run(_flood(nats_server))
    assert flooders == ["0000000666"]
    assert stored < 200
    assert max(times) < 1.0


async def _kill(server: NatsServer) -> tuple[set[tuple[str, int]], set[tuple[object, object]]]:
    """Devices report while the bus is killed three times; what was confirmed and what is stored."""
    confirmed: set[tuple[str, int]] = set()
    async with listening(server.home) as door:
        stop = asyncio.Event()

        async def live(station: str) -> None:
            device = Device(station, "H", HOST, server.home.port_of(NAME), timeout=15)
            while not stop.is_set():
                await device.report(0x32, datetime.now(BEIJING), number("39", 1.0, 4, 3))
                confirmed.add((station, device.serial))
                await asyncio.sleep(0.05)  # stay below the limit of one station
            await device.close()

        tasks = [asyncio.create_task(live(f"00{n:08d}")) for n in range(20)]
        for _ in range(3):
            await asyncio.sleep(0.5)
            await asyncio.to_thread(server.kill)
            at_kill = len(confirmed)
            await asyncio.sleep(0.3)
            assert len(confirmed) - at_kill <= len(tasks)  # answers already on their way, none after
            await asyncio.to_thread(server.start)
        await asyncio.sleep(1.0)
        stop.set()
        await asyncio.gather(*tasks)
        found = await rows(js_of(door))
    return confirmed, {(row["station"], row["serial"]) for row in found}


def test_kill_9_of_the_bus_loses_no_confirmed_frame(nats_server):
    confirmed, stored = asyncio.run(_kill(nats_server))
    assert len(confirmed) > 60
    assert confirmed <= stored


def test_the_bit_by_bit_crc_of_the_device_is_the_published_one():
    assert modbus_crc(b"123456789") == 0x4B37


class Given:
    """`Claims` that gives each command once."""

    def __init__(self) -> None:
        self.given: set[UUID] = set()

    async def claim(self, command: UUID) -> bool:
        if command in self.given:
            return False
        self.given.add(command)
        return True


async def _command(server: NatsServer) -> tuple[Device, list[dict[str, object]], list[dict[str, object]]]:
    async with listening(server.home, claims=Given()) as door:
        soon = datetime.now(BEIJING) + timedelta(minutes=1)
        command = Command(uuid4(), STATION, "read", {}, soon, "431102", "synthetic")
        for _ in range(2):
            await js_of(door).publish(subject(NAME, STATION), command.wire())
        device = Device(STATION, "H", HOST, server.home.port_of(NAME), now=lambda: number("39", 74.25, 4, 3))
        await device.report(0x32, datetime.now(BEIJING), number("39", 74.0, 4, 3))
        await device.listen(1.5)
        await device.close()
        await door.publisher.drain()
        facts = [json.loads((await js_of(door).get_msg("EVENTS", 1)).data or b"")["data"]]
        return device, facts, await rows(js_of(door))


def test_a_query_reaches_the_station_once_and_its_response_is_stored_and_told(nats_server):
    device, facts, found = asyncio.run(_command(nats_server))
    assert device.answered == 1
    assert [(fact["state"], fact["device"]) for fact in facts] == [("done", STATION)]
    assert [(row["function"], row["result"]) for row in found] == [("32", [74.0]), ("37", [74.25])]

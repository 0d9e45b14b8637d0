"""Time policy, limits, batches, streams: the shared parts of every door against a real bus."""

from __future__ import annotations

import asyncio
import json

import pytest
from nats.js.errors import NotFoundError

from yongzhou.core import wire
from yongzhou.core.streams import STREAMS, ensure_streams
from yongzhou.gateways.kit.door import connect, open_door
from yongzhou.gateways.kit.frame import DAY_US, DeviceFrame, judge
from yongzhou.gateways.kit.limiter import Limiter
from yongzhou.gateways.kit.publisher import BATCH_WEIGHT, Publisher, frames_to_table
from yongzhou.gateways.kit.quarantine import Rejected
from yongzhou.gateways.kit.testing import NatsServer

NOW = 1_700_000_000_000_000


def frame(n: int = 0, **changes: object) -> DeviceFrame:
    given = {"station": f"{n:010d}", "function": "32", "serial": n, "received": NOW, "peer": "t", "raw": b"raw%d" % n}
    return DeviceFrame(**{**given, **changes})  # type: ignore[arg-type]


class Listener:
    def __init__(self) -> None:
        self.heard: list[bytes] = []

    def answer(self, answers: list[bytes]) -> None:
        self.heard += answers


def test_time_within_a_day_is_not_evaluated():
    assert judge([NOW - DAY_US], [1.0], NOW) == ([2], [""])


@pytest.mark.parametrize("shift", [DAY_US + 1, -DAY_US - 1])
def test_time_more_than_a_day_away_is_suspect_clock(shift):
    assert judge([NOW + shift], [1.0], NOW) == ([3], ["clock"])


def test_missing_result_is_flag_9_whatever_the_clock():
    assert judge([NOW, 0], [None, None], NOW) == ([9, 9], ["", "clock"])


def test_sender_word_is_kept():
    assert judge([NOW], [1.0], NOW, ["停电"]) == ([2], ["停电"])


def test_table_is_a_wire_message():
    rows = [frame(1, elements=["20", "39"], phenomena=[NOW, 0], results=[0.5, None]), frame(2)]
    back = wire.decode(wire.encode(frames_to_table(rows))).to_pylist()
    assert back[0]["element"] == ["20", "39"]
    assert back[0]["result"] == [0.5, None]
    assert back[0]["flag"] == [2, 9]
    assert back[0]["frame"] == wire.frame_identity(b"raw1")
    assert back[1]["element"] == []


def test_limiter_slows_only_the_flooder():
    limiter = Limiter(rate=10, burst=5)
    waits = [limiter.take("flood", 0.0) for _ in range(6)]
    assert waits[:5] == [0.0] * 5
    assert waits[5] == pytest.approx(0.1)
    assert limiter.take("calm", 0.0) == 0.0
    assert limiter.flooders(1.0) == ["flood"]
    assert limiter.take("flood", 0.2) == 0.0
    assert limiter.flooders(100.0) == []


def test_all_streams_refuse_when_full():
    assert {name: config.discard.value for name, config in STREAMS.items() if name != "EVENTS"} == dict.fromkeys(
        ("OBS", "QUARANTINE", "COMMANDS"), "new"
    )


async def _streams(server: NatsServer) -> list[str]:
    bus = await connect(server.home)
    js = bus.jetstream()
    with pytest.raises(NotFoundError):
        await js.stream_info("OBS")
    await asyncio.gather(ensure_streams(js), ensure_streams(js))
    await ensure_streams(js)
    subjects = (await js.stream_info("OBS")).config.subjects
    await bus.close()
    return subjects


def test_streams_are_made_once(nats_server):
    assert asyncio.run(_streams(nats_server)) == ["obs.sl651.*", "obs.mqtt.*", "obs.sta.*"]


async def _batch(server: NatsServer) -> tuple[int, list[bytes], int]:
    async with open_door(server.home, "sl651") as door:
        listener = Listener()
        for n in range(90):
            door.publisher.submit([frame(n)], listener, b"a%d" % n)
        early = len(listener.heard)
        await door.publisher.stored_together([frame(90)])
        info = await door.bus.jetstream().stream_info("OBS")
        return early, listener.heard, info.state.messages


def test_frames_of_one_moment_are_one_message_and_answered_in_order(nats_server):
    early, heard, messages = asyncio.run(_batch(nats_server))
    assert early == 0
    assert heard == [b"a%d" % n for n in range(90)]
    assert messages == 1


async def _big(server: NatsServer) -> int:
    async with open_door(server.home, "sl651") as door:
        raw = bytes(BATCH_WEIGHT // 2)
        await asyncio.gather(*(door.publisher.stored_together([frame(n, raw=raw)]) for n in range(3)))
        with pytest.raises(ValueError, match="do not fit"):
            door.publisher.submit([frame(raw=bytes(BATCH_WEIGHT))])
        return (await door.bus.jetstream().stream_info("OBS")).state.messages


def test_big_frames_are_split_below_the_limit_of_a_message(nats_server):
    assert asyncio.run(_big(nats_server)) == 3


async def _full(server: NatsServer) -> tuple[list[bytes], list[bytes]]:
    bus = await connect(server.home)
    js = bus.jetstream()
    await ensure_streams(js, obs_bytes=2_000)
    publisher, listener = Publisher(js, "sl651"), Listener()
    publisher.submit([frame(raw=bytes(5_000))], listener, b"yes")
    await asyncio.sleep(0.5)
    before = list(listener.heard)
    config = STREAMS["OBS"]
    await js.update_stream(config)
    await publisher.drain(5)
    await bus.close()
    return before, listener.heard


def test_full_stream_answers_nobody_until_there_is_room(nats_server):
    before, after = asyncio.run(_full(nats_server))
    assert before == []
    assert after == [b"yes"]


async def _quarantine(server: NatsServer) -> dict[str, object]:
    async with open_door(server.home, "sl651") as door:
        told: list[bool] = []
        door.quarantine.put(
            Rejected("1.2.3.4:5", NOW, "CRC 校验错误", "偏移 0", b"\x7e", "01"), lambda: told.append(True)
        )
        await door.quarantine.drain()
        assert told == [True]
        message = await door.bus.jetstream().get_last_msg("QUARANTINE", "obs-quarantine.sl651")
        found: dict[str, object] = json.loads(message.data or b"")
        return found


def test_quarantine_holds_reason_and_bytes(nats_server):
    item = asyncio.run(_quarantine(nats_server))
    assert item == {
        "door": "sl651",
        "station": "01",
        "peer": "1.2.3.4:5",
        "received": "2023-11-14T22:13:20.000+00:00",
        "reason": "CRC 校验错误",
        "where": "偏移 0",
        "hex": "7e",
    }


async def _presence(server: NatsServer) -> dict[str, object]:
    async with open_door(server.home, "sl651") as door:
        shown = await door.bus.subscribe("live.door.sl651")
        figures: dict[str, object] = json.loads((await shown.next_msg(timeout=3)).data)
        return figures


def test_presence_is_shown_every_second(nats_server):
    assert asyncio.run(_presence(nats_server))["door"] == "sl651"

"""OBS on a real NATS: order, gaps, purging behind the lake only."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from nats.js import JetStreamContext
from nats.js.errors import ServiceUnavailableError

from tests.support.homes import free_home
from yongzhou.core import wire
from yongzhou.core.bus.connection import connect
from yongzhou.core.home import Home
from yongzhou.core.streams import OBS, ensure_streams
from yongzhou.engines.telemetry import stream
from yongzhou.house.family import postgres_and_nats


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    home = free_home(Path(tmp_path_factory.mktemp("stream")))
    with postgres_and_nats(home):
        yield home


def on_ten_messages(home: Home, work: Callable[[JetStreamContext], Awaitable[object]]) -> object:
    """Run on a new OBS with messages 1 to 10."""

    async def run() -> object:
        bus = await connect(home, "test")
        js = bus.jetstream()
        await ensure_streams(js, [OBS])
        await js.delete_stream(wire.STREAM)
        await ensure_streams(js, [OBS])
        for number in range(10):
            await js.publish("obs.sl651.1", f"{number}".encode())
        try:
            return await work(js)
        finally:
            await bus.close()

    return asyncio.run(run())


def test_feed_begins_where_it_is_told(home: Home) -> None:
    async def work(js: JetStreamContext) -> list[int]:
        feed = await stream.Feed.open(js, 4)
        return [message.seq for message in await feed.window(0.3)]

    assert on_ten_messages(home, work) == [4, 5, 6, 7, 8, 9, 10]


@pytest.mark.parametrize(("safe", "tail", "first"), [(8, 3, 6), (8, 0, 9), (8, 100, 1), (10, 0, 11), (99, 0, 11)])
def test_purge_keeps_the_tail_and_all_beyond_the_safe_sequence(home: Home, safe: int, tail: int, first: int) -> None:
    async def work(js: JetStreamContext) -> int:
        await stream.purge(js, safe, tail=tail)
        return (await stream.standing(js)).first_seq

    assert on_ten_messages(home, work) == first


def test_a_vanished_consumer_is_a_gap(home: Home) -> None:
    async def work(js: JetStreamContext) -> None:
        feed = await stream.Feed.open(js, 1)
        await feed.window(0.2)
        await js.delete_consumer(wire.STREAM, feed._name)
        feed._heard -= 60
        await feed.window(0.2)

    with pytest.raises((stream.GapError, ServiceUnavailableError)):
        on_ten_messages(home, work)


def test_an_mqtt_topic_cannot_enter(home: Home) -> None:
    """A topic obs/x is the subject obs.x: OBS lists its doors."""

    async def work(js: JetStreamContext) -> list[str]:
        return list((await js.stream_info(wire.STREAM)).config.subjects or [])

    assert on_ten_messages(home, work) == ["obs.sl651.*", "obs.mqtt.*", "obs.sta.*"]

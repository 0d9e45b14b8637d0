"""T3, the bus: its store is full, so devices get no answer and keep their data; when space returns nothing is lost."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace

import pytest

from tests.survival.city import City, until
from tests.survival.devices import ELEMENTS, Stations
from yongzhou.core.bus.connection import connect
from yongzhou.core.streams import OBS

pytestmark = pytest.mark.family

STATIONS = [f"0073{n:06d}" for n in range(20)]
ROOM = 60_000  # bytes that the stream may still take


async def limit(city: City, room: int | None) -> int:
    """Let OBS grow by `room` bytes (None: as the house made it); its limit in bytes before."""
    bus = await connect(city.home, "survival")
    try:
        js = bus.jetstream()
        info = await js.stream_info(OBS)
        before = info.config.max_bytes or 0
        size = 8_000_000_000 if room is None else info.state.bytes + room
        await js.update_stream(replace(info.config, max_bytes=size))
        return before
    finally:
        await bus.close()


def test_full_store_leaves_devices_unanswered_and_loses_nothing(city: City) -> None:
    city.register(STATIONS, ELEMENTS)
    asyncio.run(limit(city, ROOM))
    try:
        with Stations(city.home, STATIONS, pause=0.02) as stations:
            full = until(lambda: _stands_still(stations), 30, "the stream is full")
            held = len(stations.acknowledged)
            assert "maximum bytes exceeded" in (city.home.data / "logs" / "sl651.log").read_text()
            asyncio.run(limit(city, None))
            until(lambda: len(stations.acknowledged) > held + len(STATIONS), 20, "devices are answered again")
    finally:
        asyncio.run(limit(city, None))
    print(f"full after {full:.1f} s and {held} frames; {len(stations.acknowledged)} in the end")
    assert not stations.failures
    until(lambda: stations.acknowledged.keys() <= city.frames_in_lake("0073")[1], 30, "all frames are in the lake", 1.0)
    rows, identities = city.frames_in_lake("0073")
    assert rows == len(identities)


def _stands_still(stations: Stations) -> bool:
    before = len(stations.acknowledged)
    time.sleep(1.5)
    return len(stations.acknowledged) == before > 0

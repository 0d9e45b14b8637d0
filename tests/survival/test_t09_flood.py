"""T9: one device floods; the others do not notice, and the screens name it."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from statistics import median

import numpy as np
import pytest

from tests.survival.city import City
from tests.survival.devices import ELEMENTS, Stations, report
from yongzhou.core.bus.connection import connect

pytestmark = pytest.mark.family

STATIONS = [f"0079{n:06d}" for n in range(30)]
FLOODER = "0079999999"
ROUND_S = 4.0
ROUNDS = 3
FACTOR = 2.0
GRAIN_S = 0.02  # below this the clock of a shared machine says nothing


def quiet(city: City) -> float:
    """Seconds until 99 % of the others' reports are confirmed."""
    with Stations(city.home, STATIONS, pause=0.05) as stations:
        time.sleep(ROUND_S)
    assert not stations.failures
    return float(np.quantile(list(stations.acknowledged.values()), 0.99))


def flooded(city: City) -> float:
    """The same while one device sends as fast as it can."""
    stop = threading.Event()

    async def flood() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", city.home.port_of("sl651"))
        from datetime import datetime, timedelta

        begin, serial = datetime.now() - timedelta(hours=12), 0
        drain = asyncio.create_task(reader.read(-1))
        while not stop.is_set():
            for _ in range(10):
                writer.write(report(FLOODER, serial, begin + timedelta(seconds=serial)))
                serial += 1
            try:
                await asyncio.wait_for(writer.drain(), 0.05)
            except TimeoutError:
                continue  # the door reads no more: what a flooder feels
            await asyncio.sleep(0.01)  # 1,000 a second
        drain.cancel()
        writer.transport.abort()

    thread = threading.Thread(target=lambda: asyncio.run(flood()))
    thread.start()
    try:
        return quiet(city)
    finally:
        stop.set()
        thread.join()


async def shown(city: City) -> dict[str, object]:
    """The next presence of the door."""
    bus = await connect(city.home, "survival")
    try:
        heard = await bus.subscribe("live.door.sl651")
        found: dict[str, object] = json.loads((await heard.next_msg(timeout=10)).data)
        return found
    finally:
        await bus.close()


def test_others_do_not_notice_and_the_flooder_is_named(city: City) -> None:
    city.register([*STATIONS, FLOODER], ELEMENTS)
    quiet(city)
    pairs = [(quiet(city), flooded(city)) for _ in range(ROUNDS)]
    presence = asyncio.run(shown(city))
    before, during = (median(each) for each in zip(*pairs, strict=True))
    print(f"p99 {before * 1000:.0f} ms alone, {during * 1000:.0f} ms beside the flood; shown: {presence}")
    assert presence["flooding"] == [FLOODER]
    assert int(str(presence["throttled"])) > 0
    assert during <= FACTOR * max(before, GRAIN_S)

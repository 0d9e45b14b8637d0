"""From a frame at the SL 651 door to the page: 1,000 frames a second, seconds until a browser at the live role has it.

The whole way: door, bus, telemetry (lake, latest values), live role, server-sent event. A value that a newer one of
the same datastream has overtaken on the way counts when the newer one arrives. Run: `python -m benchmarks.live_page`.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from datetime import datetime, timedelta
from typing import Final

import numpy as np
import psycopg

from benchmarks.homes import members, own_home
from benchmarks.result import tell
from simulator.sl651_device import BEIJING, body, number, read_answer, upward
from yongzhou.core.bus.live import ticket
from yongzhou.core.home import Home
from yongzhou.house.family import Family

RATE: Final = int(os.environ.get("BENCH_RATE") or 1000)
DEVICES: Final = 200
SECONDS: Final = float(os.environ.get("BENCH_SECONDS") or 10)
WARM_UP_S: Final = 2.0
REGISTERED_S: Final = 6.0  # telemetry looks for new datastreams every 5 s
BAR_S: Final = 2.0
_REGISTER: Final = """
with thing as (
  insert into things_thing (id, origin, created_at, row_version, scheme, code, name, region, lifecycle, health,
    health_cause)
  select gen_random_uuid(), 'synthetic', now(), 1, 'bench', '007' || lpad(n::text, 7, '0'), n::text, '431103',
    'installed', 'unknown', '' from generate_series(0, %s) n returning id, code)
insert into things_datastream (id, origin, created_at, row_version, number, thing_id, door, station, element, observed,
  name, unit, digits, period_s, flat_count, active)
select gen_random_uuid(), 'synthetic', now(), 1, 700000 + right(code, 7)::int, id, 'sl651', code, '39', 'level', '39',
  'm', 3, 300, 0, true from thing
"""


class Clock:
    """When each device's n-th value left, and when a page first showed it or a newer one."""

    def __init__(self) -> None:
        self.sent: list[list[float]] = [[] for _ in range(DEVICES)]
        self.shown: list[int] = [0] * DEVICES
        self.delays: list[float] = []
        self.counted_from = float("inf")

    def seen(self, device: int, count: int) -> None:
        """A page shows the `count`-th value."""
        now = time.perf_counter()
        for index in range(self.shown[device], count):
            if self.sent[device][index] >= self.counted_from:
                self.delays.append(now - self.sent[device][index])
        self.shown[device] = max(self.shown[device], count)


async def device(home: Home, place: int, clock: Clock, until: float) -> None:
    """Report `RATE / DEVICES` times a second, a minute of device time each; reads answers as they come."""
    reader, writer = await asyncio.open_connection("127.0.0.1", home.port_of("sl651"))

    async def answers() -> None:
        while True:
            await read_answer(reader)

    listening = asyncio.create_task(answers())
    station, every = f"007{place:07}", DEVICES / RATE
    moment = datetime.now(BEIJING).replace(second=0, microsecond=0) - timedelta(hours=12)
    due = time.perf_counter() + every * place / DEVICES
    while due < until:
        await asyncio.sleep(due - time.perf_counter())
        count = len(clock.sent[place]) + 1
        at = moment + timedelta(minutes=count)
        frame = upward(0x32, station, body(count, at, station, "H", at, number("39", count / 1000, 4, 3)))
        clock.sent[place].append(time.perf_counter())
        writer.write(frame)
        due += every
    await asyncio.sleep(3)
    listening.cancel()
    writer.close()


async def page(home: Home, clock: Clock) -> None:
    """A browser that looks at the latest values."""
    reader, writer = await asyncio.open_connection("127.0.0.1", home.port_of("live"), limit=1 << 24)
    path = f"/live/latest?ticket={ticket('bench', ['latest'], [''])}"
    writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    while line := await reader.readline():
        if line.startswith(b"data: {"):
            for stream, _, value, *_ in json.loads(line[6:])["data"]["rows"]:
                clock.seen(stream - 700_000, round(value * 1000))


async def run(home: Home) -> Clock:
    """All devices and one page."""
    clock = Clock()
    looking = asyncio.create_task(page(home, clock))
    await asyncio.sleep(1)
    begin = time.perf_counter()
    clock.counted_from = begin + WARM_UP_S
    await asyncio.gather(*(device(home, n, clock, begin + WARM_UP_S + SECONDS) for n in range(DEVICES)))
    looking.cancel()
    return clock


def main() -> None:
    """A small family of its own, one line."""
    with own_home() as home, Family(home, members("postgres", "nats", "prepare", "telemetry", "live", "sl651")):
        with psycopg.connect(home.dsn(), autocommit=True) as database:
            database.execute(_REGISTER, [DEVICES - 1])
        time.sleep(REGISTERED_S)
        clock = asyncio.run(run(home))
    late = sum(sent >= clock.counted_from for each in clock.sent for sent in each) - len(clock.delays)
    delays = np.array(clock.delays + [float("inf")] * late)  # what no page ever showed counts as never
    tell(
        f"frame in to page, 95 % of {RATE} frames a second",
        ours=float(np.quantile(delays, 0.95, method="lower")),
        peer=None,
        ratio=None,
        bar=f"ours <= {BAR_S}",
        unit="s",
    )


if __name__ == "__main__":
    main()

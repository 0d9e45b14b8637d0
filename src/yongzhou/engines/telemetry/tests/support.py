"""What the tests of telemetry share: frames on the wire, registered stations, a reader as a process."""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
import sys
import threading
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pyarrow as pa
from nats.errors import Error as NatsError
from nats.js import JetStreamContext

from yongzhou.core import wire
from yongzhou.core.bus.connection import connect as connect_bus
from yongzhou.core.home import Home
from yongzhou.core.lake import Lake
from yongzhou.engines.telemetry.batch import Registry

NOW = datetime(2026, 7, 1, 4, tzinfo=UTC)
Row = tuple[str, datetime, float | None, int]  # element, phenomenon, result, flag


def frame(
    station: str, rows: Sequence[Row], *, raw: bytes | None = None, received: datetime = NOW
) -> dict[str, object]:
    """One row of `wire.FRAME`."""
    raw = raw or repr((station, rows)).encode()
    return {
        "station": station, "frame": wire.frame_identity(raw), "function": "32", "serial": 1, "received": received,
        "peer": "127.0.0.1:5000", "raw": raw,
        "element": [row[0] for row in rows], "phenomenon": [row[1] for row in rows],
        "result": [row[2] for row in rows], "flag": [row[3] for row in rows], "source_flag": ["" for _ in rows],
    }  # fmt: skip


def message(frames: Iterable[dict[str, object]]) -> bytes:
    """One message of the bus."""
    return wire.encode(pa.Table.from_pylist(list(frames), wire.FRAME))


def registry(*streams: dict[str, object]) -> Registry:
    """A registry of datastreams; what is not given has no limits."""
    common = {"door": "sl651", "thing": "", "region": "431103", "origin": "measured", "low": None, "high": None,
              "max_rate": None, "flat_count": 0, "period_s": 300, "observed": "level",
              "limit": None, "limit_high": None}  # fmt: skip
    rows = [{**common, **stream} for stream in streams]
    schema = pa.schema(
        [(name, pa.float64()) for name in ("low", "high", "max_rate", "limit", "limit_high")]
        + [(name, pa.int64()) for name in ("number", "flat_count", "period_s")]
        + [(name, pa.string()) for name in ("door", "station", "element", "thing", "region", "origin", "observed")]
    )
    return Registry(pa.Table.from_pylist(rows, schema))


def start_reader(log: str) -> subprocess.Popen[bytes]:
    """The role as a process of its own, on the home and database of this test."""
    with open(log, "ab") as out:
        return subprocess.Popen(
            [sys.executable, "-m", "yongzhou.engines.telemetry.role"], env={**os.environ}, stdout=out, stderr=out
        )


STATIONS = 40


@dataclass
class Publisher:
    """Publishes frames as a gateway does, up to 500 in flight; remembers what was acknowledged."""

    home: Home
    prefix: str
    acknowledged: set[bytes] = field(default_factory=set)
    poison: int = 0
    unknown: set[bytes] = field(default_factory=set)
    latest: dict[str, tuple[datetime, float]] = field(default_factory=dict)
    stop: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        asyncio.run(self._run())

    async def _run(self) -> None:
        bus = await connect_bus(self.home, "publisher")
        js = bus.jetstream()
        flight = asyncio.Semaphore(500)
        chance = random.Random(651)
        pending: set[asyncio.Task[None]] = set()
        number, turn, echo = 0, 0, []
        while not self.stop.is_set():
            frames = []
            for _ in range(20):
                number += 1
                frames.append(self._frame(number, chance))
            # an unanswered device repeats itself in the next batch, and sends nothing else before it is answered
            repeated, echo = echo, []
            turn += 1
            if turn % 100 == 1:
                number += 1
                echo = [self._frame(number, chance, station=f"{self.prefix}{STATIONS - 1:02}")]
                frames += echo
            await flight.acquire()
            task = asyncio.create_task(self._send(js, flight, frames + repeated))
            pending.add(task)
            task.add_done_callback(pending.discard)
            if chance.random() < 0.02:
                with suppress(OSError, NatsError, TimeoutError):
                    await js.publish("obs.sl651.3", f"poison {uuid4()}".encode())
                    self.poison += 1
            await asyncio.sleep(0.004)
        await asyncio.gather(*pending)
        await bus.close()

    def _frame(self, number: int, chance: random.Random, station: str = "") -> dict[str, object]:
        known = chance.random() > 0.01
        usual = f"{self.prefix}{number % (STATIONS - 1):02}" if known else f"{self.prefix}xx"
        station = station or usual
        now = datetime.now(UTC)
        at = (
            now.replace(microsecond=0)
            - timedelta(seconds=chance.randrange(600))
            + timedelta(microseconds=number % 1_000_000)
        )
        return frame(
            station,
            [("39", at, float(number), 1), ("F4", at, 0.5, 1)],
            raw=f"{self.prefix}{number}".encode(),
            received=now,
        )

    async def _send(self, js: JetStreamContext, flight: asyncio.Semaphore, frames: list[dict[str, object]]) -> None:
        """As a gateway: the same message with the same id until it is acknowledged."""
        data, id = message(frames), uuid4().hex
        while True:
            try:
                await js.publish("obs.sl651.3", data, headers={"Nats-Msg-Id": id}, timeout=3)
                break
            except (OSError, NatsError, TimeoutError):
                await asyncio.sleep(0.1)
        flight.release()
        for one in frames:
            if str(one["station"]).endswith("xx"):
                self.unknown.add(one["frame"])
                continue
            self.acknowledged.add(one["frame"])
            at, value = one["phenomenon"][0], one["result"][0]
            self.latest[one["station"]] = max(self.latest.get(one["station"], (at, value)), (at, value))


def register_stations(prefix: str) -> None:
    """40 stations `<prefix>nn` with a level and a rain datastream, numbers from 1,000,000 on."""
    from yongzhou.core.things.models import Datastream, Thing

    things = [Thing(scheme="test", code=f"{prefix}{n:02}", name=f"站 {n}", region="431103") for n in range(STATIONS)]
    Thing.objects.bulk_create(things)
    Datastream.objects.bulk_create(
        Datastream(
            number=1_000_000 + 2 * n + k, thing=thing, door="sl651", station=f"{prefix}{n:02}", element=element,
            observed=("level", "rain_5min")[k], name=element, unit="m", period_s=0, limit=50.0 if k else None,
        )
        for n, thing in enumerate(things)
        for k, element in enumerate(("39", "F4"))
    )  # fmt: skip


def ask(lake: Lake, sql: str) -> tuple[object, ...]:
    with lake.cursor() as cursor:
        return cursor.execute(sql).fetchone() or ()


def assert_all_once(lake: Lake, publisher: Publisher) -> int:
    """Each acknowledged frame is in the lake, no frame twice, each with both its observations; returns how many.

    A frame may be there whose acknowledgement a kill has cut off: stored, and never promised.
    """
    assert len(publisher.acknowledged) > 1000
    mine = f"FROM lake.frame WHERE station LIKE '{publisher.prefix}%'"
    with lake.cursor() as cursor:
        stored = [row[0].bytes for row in cursor.execute(f"SELECT frame {mine}").fetchall()]
    expected = len(stored)
    twice = f"SELECT frame, station, list(seq), max(received) {mine} GROUP BY 1, 2 HAVING count(*) > 1 LIMIT 5"
    with lake.cursor() as cursor:
        assert expected == len(set(stored)), f"frames twice: {cursor.execute(twice).fetchall()}"
    assert not publisher.acknowledged - set(stored), "an acknowledged frame is lost"
    of_mine = f"FROM lake.observation WHERE frame IN (SELECT frame {mine})"
    once = ask(lake, f"SELECT count(*), count(DISTINCT (frame, datastream)) {of_mine}")
    assert once == (2 * expected, 2 * expected)
    return expected

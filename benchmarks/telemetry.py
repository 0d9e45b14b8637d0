"""The reader of OBS against a bare one: fetch, read Arrow, append the same columns to the same lake.

Ours also drops repeated frames, resolves addresses, flags, fsyncs before the commit, keeps latest values and judges
rules. Run: `python -m benchmarks.telemetry`. Prints one line of JSON {name, ours, peer, ratio, bar}: observations a
second, median of 5 rounds that alternate.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from benchmarks.result import tell
from yongzhou.core import wire
from yongzhou.core.bus.connection import connect as connect_bus
from yongzhou.core.home import Home
from yongzhou.core.lake import Lake, connect
from yongzhou.core.streams import OBS, ensure_streams
from yongzhou.engines.telemetry import stream
from yongzhou.house.family import postgres_and_nats

if TYPE_CHECKING:
    from yongzhou.engines.telemetry.batch import Message

    Step = Callable[[list[Message]], Awaitable[None]]
    Rest = Callable[[], Awaitable[None]]

MESSAGES: Final = int(os.environ.get("BENCH_MESSAGES") or 1000)
FRAMES: Final = 40  # a message
ELEMENTS: Final = ("20", "26", "39", "38")
STATIONS: Final = 2000
ROUNDS: Final = 5
BAR: Final = 0.5


def messages(round_: int) -> list[bytes]:
    """A round's messages; every frame is new."""
    made = []
    now = datetime.now(UTC)
    for number in range(MESSAGES):
        first = (round_ * MESSAGES + number) * FRAMES
        numbers = range(first, first + FRAMES)
        raw = [f"frame {n} ".encode() * 8 for n in numbers]
        at = [now + timedelta(milliseconds=n // STATIONS) for n in numbers]
        made.append(
            wire.encode(
                pa.table(
                    {
                        "station": [f"00{n % STATIONS:08}" for n in numbers],
                        "frame": [wire.frame_identity(one) for one in raw],
                        "function": ["32"] * FRAMES,
                        "serial": list(numbers),
                        "received": at,
                        "peer": ["127.0.0.1:5000"] * FRAMES,
                        "raw": raw,
                        "element": [ELEMENTS] * FRAMES,
                        "phenomenon": [[moment] * 4 for moment in at],
                        "result": np.random.default_rng(number).random((FRAMES, 4)).tolist(),
                        "flag": [[1] * 4] * FRAMES,
                        "source_flag": [[""] * 4] * FRAMES,
                    },
                    schema=wire.FRAME,
                )
            )
        )
    return made


def bare_append(lake: Lake, window: list[Message]) -> None:
    """The peer's step: the same columns in one DuckLake transaction, nothing else."""
    tables = [pa.ipc.open_stream(message.data).read_all() for message in window]
    frames = pa.concat_tables(tables).combine_chunks()
    parent = pc.list_parent_indices(frames["element"].combine_chunks())
    size = len(parent)
    observations = pa.table(
        {
            "datastream": np.arange(size) % (STATIONS * 4),
            "phenomenon": pc.list_flatten(frames["phenomenon"].combine_chunks()),
            "result": pc.list_flatten(frames["result"].combine_chunks()),
            "flag": pc.list_flatten(frames["flag"].combine_chunks()),
            "seq": np.full(size, window[-1].seq, np.uint64),
            "frame": _uuid(frames["frame"].combine_chunks().take(parent)),
            "received": frames["received"].combine_chunks().take(parent),
            "origin": pa.repeat("measured", size),
        }
    )
    stored = pa.table(
        {
            "frame": _uuid(frames["frame"].combine_chunks()),
            "door": pa.repeat("sl651", frames.num_rows),
            **{name: frames[name] for name in ("station", "function", "serial", "received", "peer")},
            "seq": np.full(frames.num_rows, window[-1].seq, np.uint64),
            "raw": frames["raw"],
        }
    )
    with lake.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.register("observations", observations)
        cursor.execute("INSERT INTO lake.observation SELECT * FROM observations")
        cursor.register("stored", stored)
        cursor.execute("INSERT INTO lake.frame SELECT * FROM stored")
        cursor.execute("INSERT INTO lake.reader_position VALUES ('PEER', now(), ?)", [window[-1].seq])
        cursor.execute("COMMIT")


def _uuid(identity: pa.Array) -> pa.Array:
    return pa.ExtensionArray.from_storage(pa.uuid(), identity)


def register(count: int) -> None:
    """Stations with four datastreams each, with limits, and one rule."""
    from yongzhou.core.things.models import Datastream, Thing
    from yongzhou.engines.telemetry.models import Rule

    things = [Thing(scheme="bench", code=f"00{n:08}", name=f"站 {n}", region="431103") for n in range(count)]
    Thing.objects.bulk_create(things)
    Datastream.objects.bulk_create(
        Datastream(
            number=n * 4 + k, thing=thing, door="sl651", station=thing.code, element=element, observed=element,
            name=element, unit="m", low=0.0, high=10.0, max_rate=1e9, limit=2.0,
        )
        for n, thing in enumerate(things)
        for k, element in enumerate(ELEMENTS)
    )  # fmt: skip
    Rule.objects.create(name="超限", observed="39", threshold="limit")


async def _nobody(told: object) -> None:
    """No screen looks."""


async def _nothing() -> None:
    """The peer has no second step."""


async def rounds(home: Home) -> tuple[list[float], list[float]]:
    """Observations a second of ours and of the peer, round by round."""
    from yongzhou.engines.telemetry.conveyor import Conveyor
    from yongzhou.engines.telemetry.pipeline import Pipeline
    from yongzhou.engines.telemetry.stores import HouseStores

    bus = await connect_bus(home, "benchmark")
    js = bus.jetstream()
    await ensure_streams(js, [OBS])
    incarnation = (await stream.standing(js)).incarnation
    ours: list[float] = []
    peer: list[float] = []
    lake = connect(home)
    total = MESSAGES * FRAMES * len(ELEMENTS)
    for round_ in range(ROUNDS):
        start = (await stream.standing(js)).last_seq
        await asyncio.gather(*(js.publish("obs.sl651.1", data, timeout=60) for data in messages(round_)))
        last = start + MESSAGES

        async def drain(step: Step, rest: Rest, start: int = start, last: int = last) -> float:
            feed = await stream.Feed.open(js, start + 1)
            began = time.perf_counter()
            seen = start
            coming = asyncio.create_task(feed.window(0.3))
            while seen < last:
                window = await coming
                coming = asyncio.create_task(feed.window(0.3))
                if window:
                    await step(window)
                    seen = window[-1].seq
            await rest()
            spent = time.perf_counter() - began
            coming.cancel()
            await asyncio.gather(coming, return_exceptions=True)
            await feed.close()
            return total / spent

        conveyor = Conveyor(_nobody)
        pipeline = await conveyor.aside(lambda: Pipeline(lake, HouseStores(), incarnation))

        async def take(window: list[Message], pipeline: Pipeline = pipeline, conveyor: Conveyor = conveyor) -> None:
            await conveyor.take(pipeline, window)

        async def bare(window: list[Message]) -> None:
            await asyncio.to_thread(bare_append, lake, window)

        runs: list[tuple[list[float], Step, Rest]] = [(ours, take, conveyor.rest), (peer, bare, _nothing)]
        for rates, step, rest in runs if round_ % 2 else reversed(runs):
            rates.append(await drain(step, rest))
        await conveyor.close()
    await bus.close()
    lake.close()
    return ours, peer


def main() -> None:
    """A home of its own, all rounds, one line."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(
            DATA=folder, PORT=os.environ.get("BENCH_PORT") or "9290", DJANGO_SETTINGS_MODULE="yongzhou.house.settings"
        )
        os.environ.pop("DATABASE", None)
        home = Home.here()
        with postgres_and_nats(home):
            import django

            django.setup()
            from yongzhou.house.prepare import prepare

            prepare(home, city=False)
            register(STATIONS)
            ours, peer = asyncio.run(rounds(home))
    tell(
        "telemetry against bare fetch and append",
        ours=median(ours),
        peer=median(peer),
        ratio=median(ours) / median(peer),
        bar=f"ratio >= {BAR}",
        unit="observations/s",
    )


if __name__ == "__main__":
    main()

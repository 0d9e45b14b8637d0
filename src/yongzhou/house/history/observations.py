"""Past observations of the registered gauges, straight into the lake."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from django.db.models import F

from yongzhou.core.lake import Lake
from yongzhou.core.lake.tables import FRAME, OBSERVATION
from yongzhou.core.things.models import Datastream
from yongzhou.house.history import weather
from yongzhou.systems.governance.water.models import HydroStation

STREAM: Final = "history"
INCARNATION: Final = datetime(2026, 1, 1, tzinfo=UTC)
SEED: Final = 4311
GOOD: Final = 1
_CHUNK: Final = 2 * 86400 // weather.STEP_S  # steps an append
_LEVELS: Final = ("level", "reservoir_level")


@dataclass(frozen=True, slots=True)
class Past:
    """What was made: gauges, ends of steps (epoch s), rain (stations, times), level (stations, times)."""

    gauges: weather.Gauges
    times: weather.Floats
    rain: weather.Floats
    level: weather.Floats


def make(start: datetime, end: datetime) -> Past:
    """The synthetic weather of the registered synthetic stations in (start, end]."""
    rows = list(HydroStation.objects.exclude(origin="replay").order_by("river", "order_on_river"))
    nan = float("nan")
    gauges = weather.Gauges(
        code=[row.code for row in rows],
        region=[row.region for row in rows],
        lon=np.array([_place(row)[0] for row in rows]),
        lat=np.array([_place(row)[1] for row in rows]),
        river=[row.river for row in rows],
        reservoir=np.array([row.kind == "RR" for row in rows]),
        warning=np.array([nan if row.warning_m is None else row.warning_m for row in rows], dtype=np.float64),
        base=np.array([nan if row.base_m is None else row.base_m for row in rows], dtype=np.float64),
    )
    step = weather.STEP_S
    times = np.arange(start.timestamp() // step * step + step, end.timestamp() // step * step + 1, step)
    cells = weather.storms(SEED, start.timestamp(), end.timestamp())
    depth = weather.rain(cells, gauges, times)
    return Past(gauges, times, depth, weather.level(depth, gauges))


def _place(row: HydroStation) -> tuple[float, float]:
    from yongzhou.core.data.geometry import lon_lat

    return lon_lat(row.geometry) or (111.6, 26.2)


def load(lake: Lake, past: Past) -> int:
    """Append rain, level and voltage; returns how many observations. A broken load goes on where it stopped."""
    done = lake.position(STREAM, INCARNATION) or 0
    streams = _streams(past.gauges.code)
    rows = 0
    empty = FRAME.empty_table()
    for begin in range(0, len(past.times), _CHUNK):
        part = slice(begin, begin + _CHUNK)
        times = past.times[part]
        if times[-1] <= done:
            continue
        table = _table(past, streams, part)
        lake.append(table, empty, stream=STREAM, incarnation=INCARNATION, last_seq=int(times[-1]))
        rows += table.num_rows
    return rows


def _streams(codes: list[str]) -> dict[str, list[tuple[int, int]]]:
    """For each property the stations (row) that measure it and their datastream."""
    row = {code: index for index, code in enumerate(codes)}
    wanted = Datastream.objects.filter(
        thing__scheme="sl502", thing__code__in=codes, observed__in=("rain", "voltage", *_LEVELS)
    ).annotate(code=F("thing__code")).values_list("observed", "code", "number")  # fmt: skip
    found: dict[str, list[tuple[int, int]]] = {"rain": [], "level": [], "voltage": []}
    for observed, code, number in wanted:
        found["level" if observed in _LEVELS else observed].append((row[code], number))
    return found


def _table(past: Past, streams: dict[str, list[tuple[int, int]]], part: slice) -> pa.Table:
    hour = past.times[part] % 3600 == 0
    pieces = []
    for name, listed in streams.items():
        if not listed:
            continue
        rows, numbers = (np.array(column) for column in zip(*listed, strict=True))
        times = past.times[part][hour] if name == "voltage" else past.times[part]
        if name == "voltage":
            local = (times / 3600 + 8) % 24
            values = np.tile(np.round(12.4 + 0.5 * np.sin((local - 8) / 24 * 2 * np.pi), 2), (len(rows), 1))
        else:
            values = (past.rain if name == "rain" else past.level)[rows][:, part]
        pieces.append((np.repeat(numbers, len(times)), np.tile(times, len(rows)), values.ravel()))
    datastream, at, value = (np.concatenate(column) for column in zip(*pieces, strict=True))
    micros = (at * 1_000_000).astype(np.int64)
    size = len(at)
    time = pa.timestamp("us", tz="UTC")
    columns = {
        "datastream": pa.array(datastream, pa.int64()),
        "phenomenon": pa.array(micros).cast(time),
        "result": pa.array(value, pa.float64()),
        "flag": pa.repeat(pa.scalar(GOOD, pa.int8()), size),
        "seq": pa.repeat(pa.scalar(0, pa.uint64()), size),
        "frame": pa.nulls(size, pa.binary(16)),
        "received": pa.array(micros + 20_000_000).cast(time),
        "origin": pa.repeat(pa.scalar("synthetic"), size),
    }
    return pa.table(columns, schema=OBSERVATION)


def first_live(lake: Lake, since: datetime, until: datetime) -> datetime | None:
    """The first observation that came by a door in a period: history ends before it."""
    counts = lake.counts(since, until)
    first = pc.min(counts["first"]).as_py() if counts.num_rows else None
    return first - timedelta(seconds=weather.STEP_S) if first else None

"""Rain and level out of the lake, as arrays on a common grid of 5 minutes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import duckdb
import numpy as np
import pyarrow as pa

from yongzhou.core.catalogue.reader import reader
from yongzhou.core.lake.queries import QueriesMixin
from yongzhou.systems.governance.water.flash_flood import Floats, Ints, antecedent_index

STEP_S: Final = 300
API_DAYS: Final = 15


class History(QueriesMixin):
    """The lake as everybody may read it."""

    @contextmanager
    def cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A read-only cursor of this process."""
        with reader() as cursor:
            yield cursor


@dataclass(frozen=True, slots=True)
class Rain:
    """`depth` (stations, steps of 5 min, oldest first) in mm, NaN without a report; `index` (stations,) in mm.

    `frames` are the newest reports of rain.
    """

    depth: Floats
    index: Floats
    frames: tuple[str, ...]


def rain_before(streams: Sequence[Sequence[int]], at: datetime, hours: int = 6, *, wetness: bool = True) -> Rain:
    """Rain of some stations in the `hours` before `at`, and their antecedent index over 15 days.

    `streams` names the rain datastreams of each station; of several (current rain, 5-minute rain) the larger counts.
    Without `wetness` the index is not read and stays NaN.
    """
    place = {number: row for row, numbers in enumerate(streams) for number in numbers}
    numbers = sorted(place)
    steps = hours * 3600 // STEP_S
    depth = np.full((len(streams), steps), np.nan)
    frames = [""] * len(streams)
    history = History()
    table = history.history(numbers, at - timedelta(hours=hours), at + timedelta(seconds=1))
    for number, (step, sums, frame) in _slots(table, at, steps).items():
        row = place[number]
        depth[row, step] = np.fmax(depth[row, step], sums)
        frames[row] = frame
    index = _index(history, place, len(streams), at) if wetness else np.full(len(streams), np.nan)
    return Rain(depth, index, tuple(frames))


def _slots(table: pa.Table, at: datetime, steps: int) -> Mapping[int, tuple[Ints, Floats, str]]:
    """By datastream: steps that have a report, their sums, the newest frame. A missing or failed value is no report."""
    stream = table["datastream"].to_numpy()
    result, flag = table["result"].to_numpy(), table["flag"].to_numpy()
    moment = table["phenomenon"].cast(pa.int64()).to_numpy()
    frame = table["frame"].to_pylist()
    ago = (int(at.timestamp() * 1e6) - moment) // (STEP_S * 1_000_000)
    step = steps - 1 - ago
    good = (flag < 4) & ~np.isnan(result) & (step >= 0) & (step < steps)
    found: dict[int, tuple[Ints, Floats, str]] = {}
    for number in np.unique(stream[good]):
        own = good & (stream == number)
        where, back = np.unique(step[own], return_inverse=True)
        newest = int(np.flatnonzero(own)[-1])
        found[int(number)] = (where, np.bincount(back, weights=result[own]).astype(np.float64), str(frame[newest]))
    return found


def _index(history: History, place: Mapping[int, int], size: int, at: datetime) -> Floats:
    daily = np.full((size, API_DAYS), np.nan)
    table = history.history(sorted(place), at - timedelta(days=API_DAYS), at, step=86_400, origin=at)
    first = at - timedelta(days=API_DAYS)
    for number, bucket, average, valid in zip(
        *(table[name].to_pylist() for name in ("datastream", "bucket", "avg", "valid")), strict=True
    ):
        day = int((bucket - first).total_seconds() // 86_400)
        if valid and 0 <= day < API_DAYS:
            row = place[number]
            daily[row, day] = np.fmax(daily[row, day], average * valid)
    return antecedent_index(daily)

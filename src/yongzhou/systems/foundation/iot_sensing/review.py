"""One datastream's last hours judged again: what each test would flag at today's settings, and whether it drifts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import duckdb
import numpy as np
import pyarrow as pa

from yongzhou.core.catalogue.reader import reader
from yongzhou.core.lake.queries import QueriesMixin
from yongzhou.core.things.models import Datastream
from yongzhou.systems.foundation.iot_sensing import quality
from yongzhou.systems.foundation.iot_sensing.control_chart import ewma_chart

FLAGS: Final = {1: "正常", 2: "未评定", 3: "可疑", 4: "不合格", 9: "缺测"}
TESTS: Final = {"range": "量程", "spike": "尖峰", "rate": "变率", "flat": "卡死", "clock": "时钟停走"}


class History(QueriesMixin):
    """The lake as everybody may read it."""

    @contextmanager
    def cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A read-only cursor of this process."""
        with reader() as cursor:
            yield cursor


@dataclass(frozen=True, slots=True)
class Review:
    """`rows` observations were judged; `flagged` counts by test; `drift` in words, "" where it cannot be said."""

    rows: int
    flagged: dict[str, int]
    drift: str


def observations(number: int, end: datetime, hours: int) -> pa.Table:
    """Observations of one datastream in the `hours` before `end`: the columns of `Lake.history`."""
    return History().history([number], end - timedelta(hours=hours), end + timedelta(seconds=1))


def review(stream: Datastream, table: pa.Table) -> Review:
    """Run the tests at the datastream's settings: range, spike (a tenth of the range), rate, flat line, clock."""
    value = np.where(
        table["flag"].to_numpy() == quality.MISSING,
        np.nan,
        table["result"].to_numpy(zero_copy_only=False).astype(float),
    )[None, :]
    at = table["phenomenon"].cast(pa.int64()).to_numpy()[None, :] / 1e6
    received = table["received"].cast(pa.int64()).to_numpy()[None, :] / 1e6
    low = -np.inf if stream.low is None else stream.low
    high = np.inf if stream.high is None else stream.high
    width = (high - low) / 10
    found = {"range": quality.gross_range(value, low, high), "clock": quality.stuck_clock(at, received)}
    if np.isfinite(width):
        found["spike"] = quality.spike(value, width, 2 * width)
    if stream.max_rate is not None:
        found["rate"] = quality.rate_of_change(value, at, stream.max_rate / 3600)
    if stream.flat_count > 0:
        found["flat"] = quality.flat_line(value, stream.flat_count, 2 * stream.flat_count)
    bad = {name: int(np.isin(flag, (quality.SUSPECT, quality.FAIL)).sum()) for name, flag in found.items()}
    return Review(value.shape[1], {TESTS[name]: bad[name] for name in TESTS if name in bad}, _drift(value[0]))


def _drift(value: quality.Floats) -> str:
    """EWMA chart of the later half against mean and spread of the earlier one."""
    known = value[~np.isnan(value)]
    half = len(known) // 2
    if half < 30:
        return ""
    sigma = float(np.std(known[:half], ddof=1))
    if sigma == 0:
        return "前半段恒定，无法判断"
    chart = ewma_chart(known[half:], float(np.mean(known[:half])), sigma)
    if not chart.out.any():
        return "未见漂移"
    return (
        "后半段持续偏高"
        if chart.ewma[-1] > chart.upper
        else "后半段持续偏低"
        if chart.ewma[-1] < chart.lower
        else "曾短暂偏离"
    )


def timeline(table: pa.Table, end: datetime, hours: int, steps: int = 48) -> list[dict[str, object]]:
    """Worst flag a step: `start`, `flag` (0 where nothing came), `count`; oldest first."""
    begin = end - timedelta(hours=hours)
    length = hours * 3600 / steps
    moment = table["phenomenon"].cast(pa.int64()).to_numpy() / 1e6
    step = np.clip(((moment - begin.timestamp()) / length).astype(int), 0, steps - 1)
    rank = np.array([0, 2, 1, 3, 5, 5, 5, 5, 5, 4])
    back = np.array([0, 2, 1, 3, 9, 4])
    worst = np.zeros(steps, dtype=int)
    np.maximum.at(worst, step, rank[np.clip(table["flag"].to_numpy(), 0, 9)])
    count = np.bincount(step, minlength=steps)
    return [
        {"start": begin + timedelta(seconds=length * n), "flag": int(back[worst[n]]), "count": int(count[n]), "x": n}
        for n in range(steps)
    ]


def chart(stream: Datastream, table: pa.Table) -> dict[str, object]:
    """JSON of `look/chart.mjs`: sound values as a line, a gap where nothing came for three periods."""
    points: list[tuple[str, float | None]] = []
    before: datetime | None = None
    rows = table.select(["phenomenon", "result", "flag", "origin"]).to_pylist()
    thin = max(1, len(rows) // 1500)  # a chart has some thousand pixels
    for row in rows[::thin]:
        at = row["phenomenon"]
        if before is not None and (at - before).total_seconds() > 3 * max(stream.period_s, 60) * thin:
            points.append(((before + timedelta(seconds=stream.period_s)).isoformat(), None))
        points.append(
            (
                at.isoformat(),
                round(row["result"], stream.digits) if row["flag"] < 4 and row["result"] is not None else None,
            )
        )
        before = at
    lines = (("警戒", stream.limit), ("保证", stream.limit_high))
    return {
        "series": [{"name": stream.name, "unit": stream.unit, "kind": "level", "points": points}],
        "limits": [{"name": name, "value": value} for name, value in lines if value is not None],
        "origin": stream.origin,
    }

"""Learn what is normal for every series: a centre and a scale for each kind of day and hour."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, Field

from yongzhou.core.calendar import WorkCalendar
from yongzhou.core.home import Home
from yongzhou.core.operations.context import Context
from yongzhou.core.operations.registry import operation
from yongzhou.systems.governance.city_operations import baseline
from yongzhou.systems.governance.city_operations.models import Baseline
from yongzhou.systems.governance.city_operations.series import Series, full_hour, panel

Floats = NDArray[np.float64]

LEARN_DAYS: Final = 35


@cache
def calendar() -> WorkCalendar:
    """The city's calendar of holidays and swapped days."""
    return WorkCalendar.load(Home.here().city_folder)


class Train(BaseModel):
    """How far back to learn from."""

    days: int = Field(default=LEARN_DAYS, ge=2, le=400, title="学习天数")


class Trained(BaseModel):
    """What was learned."""

    series: int = Field(title="序列数")
    hours: int = Field(title="小时数")


@operation("city_operations.train_baselines", title="学习基线", on=Baseline, action="train")
def train_baselines(ctx: Context, data: Train) -> Trained:
    """Learn what is normal for every series from the days before now; what was learned before is replaced."""
    end = full_hour(ctx.now)
    start = end - timedelta(days=data.days)
    seen = panel(start, end)
    rows = [row for row, values in enumerate(seen.values) if (~np.isnan(values)).sum() >= baseline.ENOUGH]
    keys = [seen.keys[row] for row in rows]
    values = seen.values[rows]
    kinds, hours = baseline.cells(start, values.shape[1], calendar())
    learned = baseline.train(values, kinds, hours, resolution(keys))
    Baseline.objects.bulk_create(
        [_row(one, index, learned, values[index], end) for index, one in enumerate(keys)],
        update_conflicts=True,
        unique_fields=["source", "series", "region"],
        update_fields=["title", "unit", "digits", "days", "memory", "profile", "trained_until", "origin"],
        batch_size=500,
    )
    ctx.notes["series"] = len(keys)
    return Trained(series=len(keys), hours=int(values.shape[1]) if len(keys) else 0)


def resolution(keys: list[Series]) -> Floats:
    """The smallest step of each series: one in its last shown digit."""
    return np.array([10.0**-one.digits for one in keys], dtype=np.float64)


def _row(one: Series, index: int, learned: baseline.Baseline, values: Floats, end: datetime) -> Baseline:
    def plain(cells: Floats) -> list[list[float | None]]:
        return [[None if np.isnan(cell) else round(float(cell), one.digits + 3) for cell in row] for row in cells]

    known = ~np.isnan(values)
    first = int(np.argmax(known)) if known.any() else len(values)
    return Baseline(
        source=one.source, series=one.name, title=one.title, region=one.region, unit=one.unit, digits=one.digits,
        days=round((len(values) - first) / 24), memory=round(float(learned.memory[index]), 3), origin=one.origin,
        trained_until=end,
        profile={
            "centre": plain(learned.centre[index]), "scale": plain(learned.scale[index]),
            "freedom": plain(learned.freedom[index]),
            "days": learned.days[index].tolist(), "basis": learned.basis[index].tolist(),
        },
    )  # fmt: skip


def as_arrays(rows: list[Baseline]) -> baseline.Baseline:
    """Stored baselines as arrays, in the order of the rows."""

    def cells(name: str, empty: float) -> Floats:
        listed = [row.profile[name] for row in rows]
        return np.array(listed, dtype=np.float64).reshape(len(rows), 9, 24) if rows else np.full((0, 9, 24), empty)

    return baseline.Baseline(
        centre=cells("centre", np.nan),
        scale=cells("scale", np.nan),
        days=cells("days", 0).astype(np.int64),
        freedom=cells("freedom", 0),
        basis=cells("basis", -1).astype(np.int64),
        memory=np.array([row.memory for row in rows], dtype=np.float64),
    )

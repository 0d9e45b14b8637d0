"""Our flags against IOOS' own implementation of its manual, on a series of 10^5 points."""

from __future__ import annotations

import numpy as np
import pytest
from ioos_qc import qartod

from yongzhou.engines.telemetry.quality import Flags, Floats, Series, gross_range
from yongzhou.testing import reference

POINTS = 100_000
MINUTE = 60  # s
START = 1_782_000_000  # s since 1970
NONE = np.array([np.nan])
SOURCE = "ioos_qc 3.0.0, the implementation of the QARTOD manual by IOOS"


@pytest.fixture(scope="module")
def level() -> Floats:
    """A level in whole centimetres, each minute: it walks, stands still, and now and then jumps."""
    chance = np.random.default_rng(431103)
    step = np.where(chance.random(POINTS) < 0.6, 0, chance.integers(-3, 4, POINTS))
    jump = np.where(chance.random(POINTS) < 0.002, chance.integers(-400, 400, POINTS), 0)
    return 98.0 + np.round(np.cumsum(step + jump) * 0.01, 2)


def ours(value: Floats, *, rate: float = np.nan, flat: int = 0) -> Flags:
    moments = (START + MINUTE * np.arange(len(value))) * 1_000_000
    good = np.ones(len(value), np.int8)
    return Series(1).check(
        np.zeros(len(value), np.int64), moments, moments, value, good,
        low=NONE, high=NONE, max_rate=np.array([rate]), flat_count=np.array([flat]),
    )  # fmt: skip


def differing(mine: Flags, theirs: np.ma.MaskedArray) -> int:
    kinds = set(np.unique(mine).tolist())
    assert len(kinds) > 1, f"a series that knows only {kinds} compares nothing"
    return int((mine != np.asarray(theirs)).sum())


@reference(kind="recomputed", source=SOURCE, clause="test 4, gross range: FAIL outside the sensor's span")
def test_gross_range(level: Floats) -> None:
    holed = np.where(np.arange(POINTS) % 97 == 0, np.nan, level)
    low, high = np.percentile(level, [5, 95])
    mine = gross_range(holed, np.full(POINTS, low), np.full(POINTS, high))
    assert differing(mine, qartod.gross_range_test(holed, (low, high))) == 0


@reference(kind="recomputed", source=SOURCE, clause="test 7, rate of change: SUSPECT above the threshold")
def test_rate_of_change(level: Floats) -> None:
    theirs = qartod.rate_of_change_test(level, START + MINUTE * np.arange(POINTS), 0.505 / MINUTE)
    assert differing(ours(level, rate=0.505 * 60), theirs) == 0  # ours is an hour's, theirs a second's


@reference(kind="recomputed", source=SOURCE, clause="test 8, flat line: SUSPECT from the window's last point on")
def test_flat_line(level: Floats) -> None:
    times = START + MINUTE * np.arange(POINTS)
    theirs = qartod.flat_line_test(level, times, 5 * MINUTE, POINTS * MINUTE, tolerance=0.001)
    assert differing(ours(level, flat=6), theirs) == 0

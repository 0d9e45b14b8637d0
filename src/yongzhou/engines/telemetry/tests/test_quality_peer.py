"""Our flags on a series of 10^5 points against those of IOOS' own implementation of its manual.

What ioos_qc gave for this series stands here as numbers of flags and SHA-256 of the flags (one byte each): installed,
it brings pandas, which pyarrow then loads into every process.
"""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from yongzhou.engines.telemetry.quality import Flags, Floats, Series, gross_range
from yongzhou.testing import reference

POINTS = 100_000
MINUTE_US = 60_000_000
START_US = 1_782_000_000_000_000
NONE = np.array([np.nan])
SOURCE = "ioos_qc 3.0.0, the implementation of the QARTOD manual by IOOS, run on the series of this test"


@pytest.fixture(scope="module")
def level() -> Floats:
    """A level in m, each minute, in whole centimetres: it walks, stands still, and now and then jumps."""
    numbers, x = np.empty(2 * POINTS, np.int64), 431103
    for n in range(len(numbers)):
        x = (1664525 * x + 1013904223) % 2**32
        numbers[n] = x >> 8
    steps, jumps = numbers[::2], numbers[1::2]
    walk = np.where(steps % 10 < 6, 0, steps % 7 - 3) + np.where(jumps % 500 == 0, jumps % 800 - 400, 0)
    return (9800 + np.cumsum(walk)) / 100


def moved(value: Floats, *, rate: float = np.nan, flat: int = 0) -> Flags:
    at = START_US + MINUTE_US * np.arange(len(value))
    return Series(1).check(
        np.zeros(len(value), np.int64), at, at, value, np.ones(len(value), np.int8),
        low=NONE, high=NONE, max_rate=np.array([rate]), flat_count=np.array([flat]),
    )  # fmt: skip


def told(flags: Flags) -> tuple[dict[int, int], str]:
    values, counts = np.unique(flags, return_counts=True)
    digest = hashlib.sha256(flags.astype(np.uint8).tobytes()).hexdigest()[:32]
    return dict(zip(values.tolist(), counts.tolist(), strict=True)), digest


@reference(kind="recomputed", source=SOURCE, clause="gross_range_test, fail_span (-29.77, 89.49), each 97th missing")
def test_gross_range(level: Floats) -> None:
    holed = np.where(np.arange(POINTS) % 97 == 0, np.nan, level)
    flags = gross_range(holed, np.full(POINTS, -29.77), np.full(POINTS, 89.49))
    assert told(flags) == ({1: 89_078, 4: 9_891, 9: 1_031}, "942da41ecc11f357609c005f81ef07d2")


@reference(kind="recomputed", source=SOURCE, clause="rate_of_change_test, threshold 0.505 m a minute")
def test_rate_of_change(level: Floats) -> None:
    assert told(moved(level, rate=0.505 * 60)) == ({1: 99_819, 3: 181}, "43ea6b07c796ae7ce475ad4b40cfc466")


@reference(kind="recomputed", source=SOURCE, clause="flat_line_test, suspect_threshold 300 s, tolerance 0.001 m")
def test_flat_line(level: Floats) -> None:
    assert told(moved(level, flat=6)) == ({1: 87_824, 3: 12_176}, "3627ecfb1709dae4cbb225bd3cf25267")

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from yongzhou.engines.telemetry.quality import FAIL, GOOD, MISSING, NOT_EVALUATED, SUSPECT, Series, gross_range, worst

HOUR = 3_600_000_000
T0 = 1_782_000_000_000_000
NAN = np.nan


def check(series: Series, at: list[int], value: list[float], *, low=NAN, high=NAN, rate=NAN, flat=0, late=0, sender=1):
    moments = np.array(at) + T0
    return series.check(
        np.zeros(len(at), np.int64), moments, moments + late, np.array(value), np.full(len(at), sender, np.int8),
        low=np.array([low]), high=np.array([high]), max_rate=np.array([rate]), flat_count=np.array([flat]),
    ).tolist()  # fmt: skip


def test_gross_range_fails_outside_and_passes_on_the_limits() -> None:
    flags = gross_range(np.array([-0.1, 0.0, 5.0, 120.0, 120.1, NAN]), np.zeros(6), np.full(6, 120.0))
    assert flags.tolist() == [FAIL, GOOD, GOOD, GOOD, FAIL, MISSING]


def test_no_limit_is_not_evaluated() -> None:
    assert gross_range(np.array([5.0]), np.array([NAN]), np.array([NAN])).tolist() == [NOT_EVALUATED]


def test_rate_of_change_is_suspect_above_the_limit_only() -> None:
    assert check(Series(1), [0, HOUR, 2 * HOUR, 3 * HOUR], [0.0, 5.0, 10.1, 10.1], rate=5.0) == [1, 1, 3, 1]


def test_rate_of_change_remembers_the_last_window() -> None:
    series = Series(1)
    check(series, [0], [0.0], rate=5.0)
    assert check(series, [HOUR], [9.0], rate=5.0) == [SUSPECT]


def test_flat_line_from_the_nth_equal_value_on() -> None:
    series = Series(1)
    assert check(series, [0, HOUR], [1.0, 1.0], flat=3) == [1, 1]
    assert check(series, [2 * HOUR, 3 * HOUR, 4 * HOUR], [1.0, 1.0, 2.0], flat=3) == [3, 3, 1]


def test_a_moment_sent_again_is_no_flat_line() -> None:
    series = Series(1)
    assert [check(series, [0], [1.0], flat=3) for _ in range(4)] == [[1]] * 4


@pytest.mark.parametrize(("days", "flag"), [(1, GOOD), (1.01, SUSPECT), (-1.01, SUSPECT)])
def test_clock_more_than_a_day_off_is_suspect(days: float, flag: int) -> None:
    late = int(timedelta(days=days).total_seconds() * 1_000_000)
    assert check(Series(1), [0], [1.0], low=0, high=9, late=late) == [flag]


def test_a_failed_value_does_not_move_the_rate() -> None:
    assert check(Series(1), [0, HOUR, 2 * HOUR], [1.0, 999.0, 1.5], high=100.0, rate=1.0) == [1, FAIL, 1]


def test_the_worst_of_sender_and_tests_stands() -> None:
    sender = np.array([1, 2, 3, 4, 9, 2, 1], np.int8)
    ours = np.array([2, 1, 1, 1, 1, 2, 3], np.int8)
    assert worst(sender, ours).tolist() == [1, 1, 3, 4, 9, 2, 3]

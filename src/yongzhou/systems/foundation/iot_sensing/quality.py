"""Quality tests of a series by QARTOD, vectorised over series and time. No Django; usable as a library.

IOOS QARTOD, Manual for Real-Time Quality Control (Water Level, Temperature/Salinity): test 4 gross range, 6 spike,
7 rate of change, 8 flat line. Flags 1 good, 2 not evaluated, 3 suspect, 4 fail, 9 missing. Values are (series, time),
oldest first, NaN missing; limits are scalars or (series, 1).
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.int8]

GOOD: Final = 1
NOT_EVALUATED: Final = 2
SUSPECT: Final = 3
FAIL: Final = 4
MISSING: Final = 9


def _flags(
    value: Floats, suspect: npt.NDArray[np.bool_], fail: npt.NDArray[np.bool_], unknown: npt.NDArray[np.bool_]
) -> Flags:
    flag = np.where(fail, FAIL, np.where(suspect, SUSPECT, np.where(unknown, NOT_EVALUATED, GOOD)))
    return np.where(np.isnan(value), MISSING, flag).astype(np.int8)


def gross_range(
    value: Floats,
    sensor_low: Floats | float,
    sensor_high: Floats | float,
    user_low: Floats | float = -np.inf,
    user_high: Floats | float = np.inf,
) -> Flags:
    """Test 4: fail outside the sensor's range, suspect outside the operator's."""
    with np.errstate(invalid="ignore"):
        fail = (value < sensor_low) | (value > sensor_high)
        suspect = (value < user_low) | (value > user_high)
    return _flags(value, suspect, fail, np.zeros(value.shape, dtype=bool))


def spike(value: Floats, low: Floats | float, high: Floats | float) -> Flags:
    """Test 6: |x(n) - (x(n-1) + x(n+1)) / 2| above `low` suspect, above `high` fail; the ends are not evaluated."""
    middle = np.full(value.shape, np.nan)
    if value.shape[1] > 2:
        middle[:, 1:-1] = (value[:, :-2] + value[:, 2:]) / 2
    off = np.abs(value - middle)
    with np.errstate(invalid="ignore"):
        return _flags(value, off > low, off > high, np.isnan(off))


def rate_of_change(value: Floats, at_s: Floats, limit: Floats | float) -> Flags:
    """Test 7: suspect where |x(n) - x(n-1)| a second exceeds `limit`; the first and after a gap: not evaluated."""
    rate = np.full(value.shape, np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        rate[:, 1:] = np.abs(np.diff(value, axis=1)) / np.diff(at_s, axis=1)
        return _flags(value, rate > limit, np.zeros(value.shape, dtype=bool), np.isnan(rate))


def flat_line(value: Floats, suspect_count: int = 3, fail_count: int = 5, eps: Floats | float = 0.0) -> Flags:
    """Test 8: suspect where the value equals its `suspect_count` predecessors within `eps`, fail for `fail_count`."""
    return _flags(
        value, _still(value, suspect_count, eps), _still(value, fail_count, eps), _early(value, suspect_count)
    )


def _still(value: Floats, count: int, eps: Floats | float) -> npt.NDArray[np.bool_]:
    still = np.zeros(value.shape, dtype=bool)
    if value.shape[1] > count:
        before = sliding_window_view(value, count, axis=1)[:, :-1]  # the `count` predecessors of each later element
        width = np.asarray(eps, dtype=float)
        with np.errstate(invalid="ignore"):
            still[:, count:] = (np.abs(value[:, count:, None] - before) <= width[..., None]).all(axis=-1)
    return still


def _early(value: Floats, count: int) -> npt.NDArray[np.bool_]:
    early = np.zeros(value.shape, dtype=bool)
    early[:, :count] = True
    return early


def stuck_clock(at_s: Floats, received_s: Floats, count: int = 3) -> Flags:
    """House test: suspect from the `count`-th receipt on that carries one and the same observation time."""
    same = np.zeros(at_s.shape, dtype=bool)
    same[:, 1:] = (np.diff(at_s, axis=1) == 0) & (np.diff(received_s, axis=1) > 0)
    run = np.zeros(at_s.shape, dtype=np.int64)
    for column in range(1, at_s.shape[1]):
        run[:, column] = np.where(same[:, column], run[:, column - 1] + 1, 0)
    return _flags(at_s, run >= count - 1, np.zeros(at_s.shape, dtype=bool), np.zeros(at_s.shape, dtype=bool))


def worst(*flags: Flags) -> Flags:
    """The worst flag of several tests: fail, suspect, good, not evaluated; missing is missing in all."""
    rank = np.array([0, 1, 0, 2, 3, 3, 3, 3, 3, 4])
    back = np.array([NOT_EVALUATED, GOOD, SUSPECT, FAIL, MISSING], dtype=np.int8)
    return back[np.maximum.reduce([rank[flag] for flag in flags])]

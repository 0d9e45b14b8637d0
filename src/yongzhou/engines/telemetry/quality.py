"""Quality flags of observations, vectorised: gross range, rate of change, flat line, clock.

Flags are QARTOD's (IOOS, Manual for the Use of Real-Time Oceanographic Data Quality Control Flags, 2020): 1 good,
2 not evaluated, 3 suspect, 4 fail, 9 missing. The worst of the sender's flag and the tests stands.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from yongzhou.engines.telemetry.batch import US_DAY

GOOD: Final = 1
NOT_EVALUATED: Final = 2
SUSPECT: Final = 3
FAIL: Final = 4
MISSING: Final = 9

_US_HOUR: Final = 3_600_000_000

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Flags = npt.NDArray[np.int8]


def clock_suspect(phenomenon: Ints, received: Ints) -> Bools:
    """A moment more than a day from its receipt: stored, but never latest over a sound value, and no alarm. (n,) us."""
    far: Bools = np.abs(phenomenon - received) > US_DAY
    return far


def sound(flag: Flags, phenomenon: Ints, received: Ints) -> Bools:
    """Values that may be shown as the latest and judged by rules: neither fail nor missing, with a credible clock."""
    return (flag < FAIL) & ~clock_suspect(phenomenon, received)


def worst(*flags: Flags) -> Flags:
    """The worst of flags, element by element; good is worse than not evaluated, for it says more."""
    rank = np.array([1, 1, 0, 2, 3, 3, 3, 3, 3, 4])  # by flag 0..9; unknown numbers count as fail
    back = np.array([NOT_EVALUATED, GOOD, SUSPECT, FAIL, MISSING], dtype=np.int8)
    ranks = [rank[np.clip(flag, 0, 9)] for flag in flags]
    return back[np.maximum.reduce(ranks)]


def gross_range(value: Floats, low: Floats, high: Floats) -> Flags:
    """QARTOD test 4: fail outside [low, high]; NaN limits test nothing, a NaN value is missing. (n,) each."""
    flag = np.where(np.isnan(low) & np.isnan(high), NOT_EVALUATED, GOOD)
    flag = np.where((value < low) | (value > high), FAIL, flag)
    return np.where(np.isnan(value), MISSING, flag).astype(np.int8)


class Series:
    """What the tests remember of each datastream of a registry: last sound moment and value, length of a flat line."""

    def __init__(self, size: int) -> None:
        self.phenomenon = np.full(size, np.iinfo(np.int64).min)
        self.value = np.full(size, np.nan)
        self.equal = np.zeros(size, dtype=np.int64)

    def check(
        self,
        row: Ints,
        phenomenon: Ints,
        received: Ints,
        value: Floats,
        sender: Flags,
        *,
        low: Floats,
        high: Floats,
        max_rate: Floats,
        flat_count: Ints,
    ) -> Flags:
        """Flags of a window. `row` (n,) says which datastream; limits (size,) are those of all datastreams.

        Rate of change (QARTOD test 7): suspect if the value moved faster than `max_rate` per hour since the
        datastream's last sound moment. Flat line (test 8, by count): suspect from the `flat_count`-th equal value on.
        """
        ranged = gross_range(value, low[row], high[row])
        clock = np.where(clock_suspect(phenomenon, received), SUSPECT, NOT_EVALUATED).astype(np.int8)
        flag = worst(np.where(sender == MISSING, MISSING, sender).astype(np.int8), ranged, clock)
        usable = sound(flag, phenomenon, received)
        order = np.lexsort((phenomenon, row))
        order = order[usable[order]]
        moved = self._moved(row[order], phenomenon[order], value[order], max_rate, flat_count)
        flag[order] = worst(flag[order], moved)
        return flag

    def _moved(self, row: Ints, at: Ints, value: Floats, max_rate: Floats, flat_count: Ints) -> Flags:
        """Rate and flat line of sound values ordered by (row, at); remembers the last of each row."""
        if not len(row):
            return np.zeros(0, dtype=np.int8)
        start = np.ones(len(row), dtype=bool)
        start[1:] = row[1:] != row[:-1]
        before_at = np.where(start, self.phenomenon[row], np.roll(at, 1))
        before = np.where(start, self.value[row], np.roll(value, 1))
        later = at > before_at
        hours = np.where(later & ~np.isnan(before), (at - np.where(later, before_at, at)) / _US_HOUR, np.nan)
        with np.errstate(invalid="ignore", divide="ignore"):
            rate = np.abs(value - before) / hours
        limit = max_rate[row]
        flag = np.where(np.isnan(limit) | np.isnan(rate), NOT_EVALUATED, np.where(rate > limit, SUSPECT, GOOD))
        equal = self._flat(row, start, later, value == before)
        wanted = flat_count[row]
        flag = np.where((wanted > 0) & (equal >= wanted), SUSPECT, flag)
        last = np.append(start[1:], True) & (at >= self.phenomenon[row])
        self.phenomenon[row[last]], self.value[row[last]], self.equal[row[last]] = at[last], value[last], equal[last]
        return flag.astype(np.int8)

    def _flat(self, row: Ints, start: Bools, later: Bools, same: Bools) -> Ints:
        """Length of the run of equal values that ends at each element, 1 for a new value; the past counts in."""
        index = np.arange(len(row))
        breaks = start | (later & ~same)
        moments = np.cumsum(start | later)  # a moment that is sent again is no further value
        run = moments - moments[np.maximum.accumulate(np.where(breaks, index, 0))] + 1
        first = np.maximum.accumulate(np.where(start, index, 0))
        goes_on = np.maximum.accumulate(np.where(breaks & ~(start & same & later), index, -1)) < first
        carried: Ints = np.where(goes_on, run + self.equal[row], run)
        return carried

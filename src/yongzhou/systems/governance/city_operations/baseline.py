"""What is normal for a series at this hour of this kind of day: robust seasonal baselines and distances from them.

A cell is a kind of day (Monday … Sunday, holiday, swapped working day) and an hour. Its centre is the median of its
days; with too few of them it borrows from its group (days of work or of rest), then from that hour of all days. Its
scale is 1.4826 MAD of the group's residuals in that hour and the two beside it, so one flood does not become the norm.
Holidays and swapped days come from the calendar: they are kinds of day, not anomalies. Iglewicz & Hoaglin (1993):
|z| > 3.5 is an outlier; a MAD of zero is replaced by the mean deviation.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from yongzhou.core.calendar import SHANGHAI, WorkCalendar

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

HOLIDAY: Final = 7
SWAPPED: Final = 8  # a weekend day that is worked
KINDS: Final = ("周一", "周二", "周三", "周四", "周五", "周六", "周日", "节假日", "调休上班")
GROUPS: Final = ((0, 1, 2, 3, 4, SWAPPED), (5, 6, HOLIDAY), tuple(range(9)))  # work, rest, any
ENOUGH: Final = 4  # days below which a cell borrows
SPREAD: Final = 12  # residuals below which a scale borrows
EFFICIENCY: Final = 0.37  # of the MAD at the normal distribution, as a share of the values: its degrees of freedom
OUTLIER: Final = 3.5
_TO_SIGMA: Final = 1.4826  # MAD to sigma of a normal distribution
_MEAN_TO_SIGMA: Final = 1.2533  # mean absolute deviation to sigma


class Baseline(NamedTuple):
    """Centre, scale, days behind the centre, degrees of freedom of the scale, each (series, 9, 24).

    `basis` tells where the centre comes from: 0 own cell, 1 group, 2 hour of all days, -1 nowhere. `memory`
    (series,) is the correlation of the residuals from hour to hour.
    """

    centre: Floats
    scale: Floats
    days: Ints
    freedom: Floats
    basis: Ints
    memory: Floats


def kinds_of(days: Sequence[date], calendar: WorkCalendar) -> Ints:
    """Kind of each day: 0 Monday … 6 Sunday, 7 holiday, 8 swapped working day."""
    found = []
    for day in days:
        named = calendar.named.get(day)
        found.append(day.weekday() if named is None else HOLIDAY if named.kind == "holiday" else SWAPPED)
    return np.array(found, dtype=np.int64)


def cells(start: datetime, hours: int, calendar: WorkCalendar) -> tuple[Ints, Ints]:
    """Kind of day and hour of day in Yongzhou of `hours` hours from `start` on."""
    local = start.astimezone(SHANGHAI)
    moments = [local + timedelta(hours=step) for step in range(hours)]  # no daylight saving since 1992
    days = sorted({moment.date() for moment in moments})
    known = dict(zip(days, kinds_of(days, calendar).tolist(), strict=True))
    return (
        np.array([known[moment.date()] for moment in moments], dtype=np.int64),
        np.array([moment.hour for moment in moments], dtype=np.int64),
    )


def train(values: Floats, kinds: Ints, hours: Ints, resolution: Floats) -> Baseline:
    """Baselines of many series at once.

    values (series, hours) with NaN for what is missing; kinds, hours (hours,); `resolution` (series,) is the smallest
    step of a series: no scale is below it, so that a count that was always 0 may become 1 without alarm.
    """
    values = np.atleast_2d(np.asarray(values, dtype=np.float64))
    shape = (len(values), 9, 24)
    centre = np.full(shape, np.nan)
    days, basis = np.zeros(shape, dtype=np.int64), np.full(shape, -1, dtype=np.int64)
    for hour in range(24):
        at = hours == hour
        of_kind = [_middle(values[:, at & (kinds == kind)]) for kind in range(9)]
        pooled = [_middle(values[:, at & np.isin(kinds, group)]) for group in GROUPS]
        for kind in range(9):
            for rank, (middle, count) in enumerate((of_kind[kind], pooled[_group(kind)], pooled[2])):
                take = (basis[:, kind, hour] < 0) & (count >= ENOUGH)
                centre[take, kind, hour], days[take, kind, hour], basis[take, kind, hour] = (
                    middle[take],
                    count[take],
                    rank,
                )
    away = values - centre[:, kinds, hours]
    scale, freedom = _spread(away, kinds, hours)
    scale = np.maximum(scale, np.asarray(resolution, dtype=np.float64)[:, None, None])
    return Baseline(centre, scale, days, freedom, basis, _memory(away / scale[:, kinds, hours]))


def _group(kind: int) -> int:
    return 0 if kind in GROUPS[0] else 1


def _middle(values: Floats) -> tuple[Floats, Ints]:
    """Median and count of each row."""
    count = (~np.isnan(values)).sum(axis=1)
    middle = np.full(len(values), np.nan)
    if (some := count > 0).any():
        middle[some] = np.nanmedian(values[some], axis=1)
    return middle, count


def _spread(away: Floats, kinds: Ints, hours: Ints) -> tuple[Floats, Floats]:
    """Robust sigma of residuals and its degrees of freedom, (series, 9, 24); NaN and 0 where there are too few."""
    shape = (len(away), 9, 24)
    scale, freedom = np.full(shape, np.nan), np.zeros(shape)
    for hour in range(24):
        near = np.isin(hours, ((hour - 1) % 24, hour, (hour + 1) % 24))
        of_group = [_sigma(away[:, near & np.isin(kinds, group)], 3 * len(group)) for group in GROUPS]
        for kind in range(9):
            (own, own_free), (every, every_free) = of_group[_group(kind)], of_group[2]
            few = own_free < EFFICIENCY * SPREAD
            scale[:, kind, hour] = np.where(few, every, own)
            freedom[:, kind, hour] = np.where(few, every_free, own_free)
    return scale, freedom


def _sigma(away: Floats, centres: int) -> tuple[Floats, Floats]:
    """1.4826 MAD about zero of each row, and its degrees of freedom after `centres` fitted medians."""
    count = (~np.isnan(away)).sum(axis=1)
    left = count - centres
    width = np.full(len(away), np.nan)
    if (some := left > 0).any():
        rows = np.abs(away[some])
        mad = _TO_SIGMA * np.nanmedian(rows, axis=1)
        shrunk = np.sqrt(count[some] / left[some])  # residuals lie nearer to their own medians than new values will
        width[some] = shrunk * np.where(mad > 0, mad, _MEAN_TO_SIGMA * np.nanmean(rows, axis=1))
    return width, np.maximum(EFFICIENCY * left, 0.0)


def _memory(residual: Floats) -> Floats:
    """Correlation of consecutive residuals, robust against single peaks by clipping them at 3 sigma."""
    clipped = np.clip(residual, -3, 3)
    before, after = clipped[:, :-1], clipped[:, 1:]
    both = ~np.isnan(before) & ~np.isnan(after)
    top = np.where(both, before * after, 0.0).sum(axis=1)
    low = np.where(both, (before**2 + after**2) / 2, 0.0).sum(axis=1)
    found: Floats = np.clip(np.divide(top, low, out=np.zeros(len(top)), where=low > 0), 0.0, 0.99)
    return found


def distance(values: Floats, kinds: Ints, hours: Ints, base: Baseline) -> Floats:
    """Robust z of values (series, hours) from their baselines; NaN where value or baseline is missing."""
    z: Floats = (values - base.centre[:, kinds, hours]) / base.scale[:, kinds, hours]
    return z


def tail(z: Floats, days: Ints, freedom: Floats) -> Floats:
    """Two-sided p-value of a robust z: Student's t with the scale's degrees of freedom.

    The new value is a prediction: its variance has the median's, pi / 2 days, on top. A young baseline has heavy tails,
    so it finds little, instead of much that is false.
    """
    from scipy.special import stdtr

    with np.errstate(divide="ignore", invalid="ignore"):
        inflated = np.abs(z) / np.sqrt(1 + np.pi / (2 * np.asarray(days)))
        p: Floats = np.where(freedom > 0, 2 * stdtr(np.maximum(freedom, 0.5), -inflated), np.nan)
    return p

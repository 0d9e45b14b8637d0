"""Control charts and data faults of hourly series: EWMA, CUSUM, EARS, values that stand still or change their unit."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

LAMBDA: Final = 0.3
FACTORS: Final = (1000.0, 100.0, 10.0, 0.1, 0.01, 0.001)  # metres as millimetres, yuan as ten thousand …


def ewma(values: Floats, start: float, weight: float = LAMBDA) -> Floats:
    """Exponentially weighted moving average, E = w x + (1 - w) E before, along the last axis; NaN keeps the average.

    NIST/SEMATECH e-Handbook 6.3.2.4; the first value is already weighted with `start`.
    """
    values = np.asarray(values, dtype=np.float64)
    out = np.empty_like(values)
    now = np.full(values.shape[:-1], float(start))
    for step in range(values.shape[-1]):
        new = values[..., step]
        now = np.where(np.isnan(new), now, weight * new + (1 - weight) * now)
        out[..., step] = now
    return out


def ewma_sigma(sigma: float | Floats, weight: float = LAMBDA, memory: float | Floats = 0.0) -> Floats:
    """Sigma of the average in the long run: sigma sqrt(w / (2 - w)) for independent values.

    With a correlation `memory` from value to value (AR(1)) its variance grows by (1 + m(1-w)) / (1 - m(1-w)).
    """
    held = np.asarray(memory, dtype=np.float64) * (1 - weight)
    found: Floats = np.asarray(sigma) * np.sqrt(weight / (2 - weight) * (1 + held) / (1 - held))
    return found


class Sums(NamedTuple):
    """Upper and lower cumulative sums; beyond the decision interval they signal."""

    high: Floats
    low: Floats


def cusum(values: Floats, target: float, slack: float) -> Sums:
    """Tabular CUSUM along the last axis: S+ = max(0, S+ before + x - target - slack), S- alike downwards.

    NIST/SEMATECH e-Handbook 6.3.2.3. NaN keeps the sums. Usual: slack 0.5 sigma, signal beyond 4 to 5 sigma.
    """
    values = np.asarray(values, dtype=np.float64)
    high, low = np.empty_like(values), np.empty_like(values)
    up = down = np.zeros(values.shape[:-1])
    for step in range(values.shape[-1]):
        off = np.nan_to_num(values[..., step] - target, nan=0.0)
        known = ~np.isnan(values[..., step])
        up = np.where(known, np.maximum(0.0, up + off - slack), up)
        down = np.where(known, np.maximum(0.0, down - off - slack), down)
        high[..., step], low[..., step] = up, down
    return Sums(high, low)


class Ears(NamedTuple):
    """The three statistics of EARS for each day; a signal is C1 > 3, C2 > 3, C3 > 2."""

    c1: Floats
    c2: Floats
    c3: Floats


def ears(counts: Floats, window: int = 7) -> Ears:
    """Early Aberration Reporting System for daily counts (Hutwagner et al. 2003), along the last axis.

    C1 and C2 are (count - mean) / sd of the `window` days before, C2 with a gap of two days; C3 is the sum of
    max(0, C2 - 1) over today and two days before. A sd below 0.2 counts as 0.2, as zeros would divide by nothing. NaN
    where the window is not full.
    """
    counts = np.asarray(counts, dtype=np.float64)
    size = counts.shape[-1]
    c1, c2, c3 = (np.full_like(counts, np.nan) for _ in range(3))
    for day in range(size):
        for gap, out in ((0, c1), (2, c2)):
            first, last = day - gap - window, day - gap
            if first >= 0:
                past = counts[..., first:last]
                spread = np.maximum(past.std(axis=-1, ddof=1), 0.2)
                out[..., day] = (counts[..., day] - past.mean(axis=-1)) / spread
        if day >= 2:
            c3[..., day] = np.maximum(0.0, c2[..., day - 2 : day + 1] - 1).sum(axis=-1)
    return Ears(c1, c2, c3)


def stuck(values: Floats, hours: int, usual: Floats) -> Flags:
    """Whether a series has stood at exactly one value for its last `hours` hours, though it usually moves.

    values (series, hours), `usual` (series,) the usual scale of its steps. A series that never moves is not stuck.
    """
    last = values[:, -hours:]
    full = ~np.isnan(last).any(axis=1) & (last.shape[1] == hours)
    still: Flags = full & (np.ptp(np.nan_to_num(last), axis=1) == 0) & (usual > 0)
    return still


def unit_jump(value: Floats, usual: Floats, spread: Floats) -> Floats:
    """The factor by which a value looks as if its unit had changed: 1000, 100 … 0.001, or 0 for none.

    value, usual (the baseline's centre), spread (its scale): (series,). A jump is taken for a unit only where the
    value divided by the factor is normal again (within 3 scales) and the value itself is far out (over 10 scales).
    """
    found = np.zeros(len(value))
    far = np.abs(value - usual) > 10 * spread
    for factor in FACTORS:
        back = np.abs(value / factor - usual) <= 3 * spread
        found = np.where((found == 0) & far & back & (usual != 0), factor, found)
    return found


def related(residuals: Floats, index: int, reach: int = 6) -> list[tuple[int, int, float]]:
    """Series that move with one series, or some hours before or after it: (series, lag in hours, correlation).

    residuals (series, hours). Each is pre-whitened by its own AR(1), else slow series all seem to move together. A
    positive lag means that the other came first. Correlation is no cause. The strongest first, each series once.
    """
    rows = np.nan_to_num(np.asarray(residuals, dtype=np.float64))
    before, after = rows[:, :-1], rows[:, 1:]
    power = (before**2).sum(axis=1)
    memory = np.divide((before * after).sum(axis=1), power, out=np.zeros(len(rows)), where=power > 0)
    white = after - memory[:, None] * before
    white -= white.mean(axis=1, keepdims=True)
    size = white.shape[1]
    if size <= 3 * reach:
        return []
    best = np.zeros(len(rows))
    lags = np.zeros(len(rows), dtype=np.int64)
    for lag in range(-reach, reach + 1):
        mine = white[index, max(0, lag) : size + min(0, lag)]
        others = white[:, max(0, -lag) : size + min(0, -lag)]
        norm = np.sqrt((mine**2).sum() * (others**2).sum(axis=1))
        corr = np.divide(others @ mine, norm, out=np.zeros(len(rows)), where=norm > 0)
        better = np.abs(corr) > np.abs(best)
        best, lags = np.where(better, corr, best), np.where(better, lag, lags)
    best[index] = 0
    chance = 3.5 / np.sqrt(size)  # beyond what unrelated series show in 13 lags
    order = np.argsort(-np.abs(best))
    return [(int(row), int(lags[row]), round(float(best[row]), 2)) for row in order if abs(best[row]) > chance][:5]

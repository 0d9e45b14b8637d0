"""Did a measure work? Interrupted time series with autocorrelated errors, and the change beside similar places.

Both say an interval, and both may say that the data are too few. Neither says "cause": what else happened at the same
time stays open, and is for a person to judge.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Verdict = Literal["better", "worse", "unclear", "short"]

LEAST: Final = 24  # known hours before and after, below which nothing is said
LEVEL: Final = 0.95


class Estimate(NamedTuple):
    """An effect with its 95 % interval and p-value."""

    value: float
    low: float
    high: float
    p: float


@dataclass(frozen=True, slots=True)
class Interrupted:
    """Interrupted time series: the jump at the measure, the change of slope an hour, the mean effect afterwards."""

    jump: Estimate
    slope: Estimate
    mean: Estimate
    before: int
    after: int
    lags: int


def interrupted(values: Floats, at: int, lags: int | None = None) -> Interrupted | None:
    """Segmented regression y = a + b t + c D + d (t - at) D of an hourly series, the measure at index `at`.

    Errors are Newey-West (Bartlett kernel) with `lags`, by default floor(4 (n / 100)^(2/9)), with the small-sample
    factor n / (n - 4) and Student's t. NaN hours are left out. None where fewer than LEAST hours are known on a side.
    The mean effect is the average of c + d (t - at) over the hours after: observed minus what the old course says.
    """
    values = np.asarray(values, dtype=np.float64)
    known = ~np.isnan(values)
    time = np.arange(len(values), dtype=np.float64)[known]
    y = values[known]
    after = (time >= at).astype(np.float64)
    if min(int(after.sum()), int((1 - after).sum())) < LEAST:
        return None
    x = np.column_stack([np.ones(len(y)), time, after, (time - at) * after])
    beta, covariance, used = newey_west(x, y, lags)
    free = len(y) - x.shape[1]
    mean = np.array([0.0, 0.0, 1.0, float((time[after > 0] - at).mean())])
    picks = (np.array([0.0, 0.0, 1.0, 0.0]), np.array([0.0, 0.0, 0.0, 1.0]), mean)
    jump, slope, average = (
        _estimate(float(pick @ beta), float(pick @ covariance @ pick) ** 0.5, free) for pick in picks
    )
    return Interrupted(jump, slope, average, int((1 - after).sum()), int(after.sum()), used)


def newey_west(x: Floats, y: Floats, lags: int | None = None) -> tuple[Floats, Floats, int]:
    """Least squares with heteroskedasticity- and autocorrelation-consistent covariance (Newey & West 1987).

    x (n, k), y (n,) -> coefficients (k,), covariance (k, k) with factor n / (n - k), lags used.
    """
    size, width = x.shape
    used = int(4 * (size / 100) ** (2 / 9)) if lags is None else lags
    bread = np.linalg.pinv(x.T @ x)
    beta = bread @ x.T @ y
    scored = x * (y - x @ beta)[:, None]
    meat = scored.T @ scored
    for lag in range(1, used + 1):
        cross = scored[lag:].T @ scored[:-lag]
        meat = meat + (1 - lag / (used + 1)) * (cross + cross.T)
    return beta, bread @ meat @ bread * size / (size - width), used


def _estimate(value: float, error: float, free: int) -> Estimate:
    from scipy.special import stdtr, stdtrit

    if not error > 0:
        return Estimate(value, value, value, 1.0 if abs(value) < 1e-12 else 0.0)
    reach = float(stdtrit(free, (1 + LEVEL) / 2)) * error
    return Estimate(value, value - reach, value + reach, float(2 * stdtr(free, -abs(value) / error)))


@dataclass(frozen=True, slots=True)
class Beside:
    """Difference in differences against other places, with its place among their own placebo changes."""

    value: float
    own: float
    others: float
    places: int
    p: float


def beside(own: Floats, others: Floats, at: int) -> Beside | None:
    """Change of the mean after index `at` in the own place minus that in others; own (hours,), others (places, hours).

    The p-value is the rank of the own change among all places' (each as if it had been the one): with n others it is
    never below 1 / (n + 1), and says so. None with fewer than three others or too few hours.
    """
    rows = np.vstack([own, others]).astype(np.float64) if len(others) else np.atleast_2d(own)
    known = ~np.isnan(rows)
    enough = (known[:, :at].sum(axis=1) >= LEAST) & (known[:, at:].sum(axis=1) >= LEAST)
    if not enough[0] or enough.sum() < 4:
        return None
    rows = rows[enough]
    change = np.nanmean(rows[:, at:], axis=1) - np.nanmean(rows[:, :at], axis=1)
    total = change.sum()
    gaps = change - (total - change) / (len(change) - 1)  # each against the mean of the rest
    p = float((np.abs(gaps) >= abs(gaps[0]) - 1e-12).mean())
    return Beside(float(gaps[0]), float(change[0]), float(change[1:].mean()), len(change) - 1, p)


def verdict(found: Interrupted | None, direction: Literal["up", "down"]) -> Verdict:
    """What the interval of the mean effect says, where `direction` is the good one."""
    if found is None:
        return "short"
    good = found.mean.high < 0 if direction == "down" else found.mean.low > 0
    bad = found.mean.low > 0 if direction == "down" else found.mean.high < 0
    return "better" if good else "worse" if bad else "unclear"

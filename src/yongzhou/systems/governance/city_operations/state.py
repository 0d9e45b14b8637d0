"""State of places by vital signs: goalposts, weighted geometric mean, confidence, levels with hysteresis. Pure.

The form is the Human Development Index's (UNDP, technical note 1): each sign is set between a worst and a best value,
signs are joined by a geometric mean, so that a bad one cannot be bought off by good ones. Missing data lowers
confidence, never silently the score. Severity: 0 calm, 1 blue (IV), 2 yellow (III), 3 orange (II), 4 red (I).
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

CALM: Final = 0


def normalise(value: Floats, worst: Floats, best: Floats) -> Floats:
    """x' = clip((x - worst) / (best - worst), 0, 1); arrays broadcast; NaN stays NaN.

    `worst` may lie above `best` (less is better). `ValueError` where both are equal.
    """
    span = np.asarray(best, dtype=np.float64) - worst
    if np.any(span == 0):
        raise ValueError("体征的最差值与最好值相同，无法归一；请改 vital_signs.csv")
    scaled: Floats = np.clip((np.asarray(value, dtype=np.float64) - worst) / span, 0.0, 1.0)
    return scaled


def score(signs: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Weighted geometric mean over the last axis and its confidence.

    (…, signs) in 0 to 1 with NaN for missing, (signs,) positive weights -> score (…,) in 0 to 1, NaN where every sign
    is missing; confidence (…,) is the share of weight that is known.
    """
    weights = np.asarray(weights, dtype=np.float64)
    if np.any(weights <= 0):
        raise ValueError("体征权重必须大于 0；请改 vital_signs.csv")
    known = ~np.isnan(signs)
    held = np.where(known, weights, 0.0)
    total = held.sum(axis=-1)
    with np.errstate(divide="ignore"):
        logs = np.where(known, np.log(np.where(known, signs, 1.0)), 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        # 0 * -inf is NaN: a missing sign holds no weight and contributes nothing
        mean = np.where(held > 0, held * logs, 0.0).sum(axis=-1) / total
    result: Floats = np.where(total > 0, np.exp(mean), np.nan)
    return result, total / weights.sum()


def severity(points: Floats, limits: Floats) -> Ints:
    """Severity of a score in points (0 to 100): how many of the four limits (blue … red, falling) it lies below.

    (…,) and (…, 4) -> (…,); -1 where the score is NaN.
    """
    found: Ints = (np.asarray(points)[..., None] < limits).sum(axis=-1).astype(np.int64)
    return np.where(np.isnan(points), -1, found)


class Held(NamedTuple):
    """Severity that is shown, and for how many periods in a row the score has asked for a better one."""

    severity: Ints
    streak: Ints


def hold(points: Floats, limits: Floats, band: Floats, periods: Ints, before: Held) -> Held:
    """Hysteresis: a worse level holds at once; a better one only after the score has been beyond its limit + band for
    `periods` periods in a row. So a value that swings around a limit does not flap.

    points, band, periods, before: (n,); limits: (n, 4). NaN keeps what was shown; -1 before means nothing was shown.
    """
    now = severity(points, limits)
    calm = severity(points, limits + np.asarray(band)[..., None])  # what it would be with the band on top
    old = np.asarray(before.severity, dtype=np.int64)
    fresh = old < 0
    better = (now >= 0) & ~fresh & (now < old) & (calm < old)
    streak = np.where(better, np.asarray(before.streak) + 1, 0)
    released = better & (streak >= periods)
    shown = np.select([now < 0, fresh, now >= old, released], [old, now, now, calm], default=old)
    return Held(shown.astype(np.int64), np.where(released, 0, streak).astype(np.int64))


def loss(signs: Floats, weights: Floats) -> Floats:
    """How much each sign pulls the score down: its share of the sum of -w ln x; (…, signs) -> (…, signs).

    A sign at zero takes all (shared among zeros); missing or perfect ones take nothing.
    """
    zero = signs <= 0
    with np.errstate(divide="ignore", invalid="ignore"):
        pull = np.where(np.isnan(signs), 0.0, -weights * np.log(np.where(zero, 1.0, signs)))
    pull = np.where(zero.any(axis=-1, keepdims=True), np.where(zero, weights, 0.0), pull)
    total = pull.sum(axis=-1, keepdims=True)
    shares: Floats = np.divide(pull, total, out=np.zeros_like(pull), where=total > 0)
    return shares


def level_of(severity_now: int) -> int | None:
    """The national level of a severity: 1 red … 4 blue; None for calm or unknown."""
    return 5 - severity_now if severity_now > CALM else None

"""Silence and its root: a thing is silent after 3 periods; a silent gateway is one outage, not 500. No Django."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

PERIODS: Final = 3
GRACE_S: Final = 60.0  # children of a gateway fall silent one after the other: wait before a cause is named
FEWEST: Final = 2  # children whose common silence speaks of their parent


def silent(age_s: Floats, period_s: Floats, *, grace_s: float = 0.0) -> Bools:
    """No report within 3 periods (and a grace); a thing that never reported (NaN) is not silent but unknown. (n,)."""
    with np.errstate(invalid="ignore"):
        return age_s > PERIODS * period_s + grace_s


def roots(quiet: Bools, parent: Ints, reports: Bools) -> Ints:
    """The cause of each silence: index of the highest ancestor that is wholly silent, itself if none, -1 if not silent.

    `quiet` (n,) who is silent, `parent` (n,) index or -1, `reports` (n,) who has ever reported. A parent that reports
    by itself is silent when it is; one that never does (a gateway) when at least two of its children have reported and
    all of those are silent. Cycles end at the thing where they began.
    """
    size = len(quiet)
    alive = _alive(reports & ~quiet, parent)
    down = quiet.copy()
    for _ in range(8):  # levels of a topology
        children = np.zeros(size, dtype=np.int64)
        fallen = np.zeros(size, dtype=np.int64)
        has = (parent >= 0) & (reports | down | alive)
        np.add.at(children, parent[has], 1)
        np.add.at(fallen, parent[has & down], 1)
        more = down | (~reports & (children >= FEWEST) & (fallen == children))
        if (more == down).all():
            break
        down = more
    root = np.where(quiet, np.arange(size), -1)
    for at in np.flatnonzero(quiet):
        seen, current = {int(at)}, int(at)
        while parent[current] >= 0 and down[parent[current]] and int(parent[current]) not in seen:
            current = int(parent[current])
            seen.add(current)
        root[at] = current
    return root


def _alive(speaks: Bools, parent: Ints) -> Bools:
    """Who reports, or has somebody below it that does."""
    alive = speaks.copy()
    for _ in range(8):
        below = alive & (parent >= 0)
        more = alive.copy()
        more[parent[below]] = True
        if (more == alive).all():
            break
        alive = more
    return alive

"""How many seats a hotline needs: Erlang C. No Django.

Source: Erlang (1917); Gans, Koole, Mandelbaum (2003), Telephone call centers, M&SOM 5, 79-141, 3.1. Patience is
unlimited in this model, so it errs towards more seats.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

TARGET: Final = 0.95  # GB/T 33358-2016 (verify the clause): share of calls answered within 15 s
WITHIN_S: Final = 15.0
MOST: Final = 2000


@dataclass(frozen=True, slots=True)
class Staffing:
    """Seats needed, the load in Erlang, what they reach, and heads on the roster after shrinkage."""

    seats: int
    erlangs: float
    service: float
    mean_wait_s: float
    roster: int


def erlang_b(erlangs: float, seats: int) -> float:
    """Probability that all seats are busy where nobody waits, by the stable recursion on 1/B."""
    if erlangs <= 0:
        return 0.0
    inverse = 1.0
    for seat in range(1, seats + 1):
        inverse = 1.0 + inverse * seat / erlangs
    return 1.0 / inverse


def erlang_c(erlangs: float, seats: int) -> float:
    """Probability that a call must wait; 1 where seats do not exceed the load."""
    if erlangs <= 0:
        return 0.0
    if seats <= erlangs:
        return 1.0
    busy = erlang_b(erlangs, seats)
    return busy / (1.0 - erlangs / seats * (1.0 - busy))


def service_level(erlangs: float, seats: int, handle_s: float, within_s: float = WITHIN_S) -> float:
    """Share of calls answered within `within_s` seconds."""
    if seats <= erlangs:
        return 0.0 if erlangs > 0 else 1.0
    return 1.0 - erlang_c(erlangs, seats) * math.exp(-(seats - erlangs) * within_s / handle_s)


def staff(
    calls_an_hour: float,
    handle_s: float,
    *,
    target: float = TARGET,
    within_s: float = WITHIN_S,
    shrinkage: float = 0.0,
) -> Staffing:
    """The fewest seats that reach the target. `shrinkage` in [0, 1): breaks, training, leave.

    Raises `ValueError` for a negative load, a handling time of 0, a target outside (0, 1) or shrinkage outside [0, 1).
    """
    if calls_an_hour < 0 or handle_s <= 0 or not 0 < target < 1 or not 0 <= shrinkage < 1:
        raise ValueError("来电量不能为负，通话时长要大于 0，接通率在 0 到 1 之间，缺勤率在 0 到 1 之间")
    erlangs = calls_an_hour * handle_s / 3600
    seats = max(1, math.floor(erlangs) + 1) if erlangs else 0
    while seats and seats < MOST and service_level(erlangs, seats, handle_s, within_s) < target:
        seats += 1
    wait = erlang_c(erlangs, seats) * handle_s / (seats - erlangs) if seats > erlangs else 0.0
    reached = service_level(erlangs, seats, handle_s, within_s) if seats else 1.0
    return Staffing(seats, erlangs, reached, wait, math.ceil(seats / (1 - shrinkage)))

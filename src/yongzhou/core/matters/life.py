"""The transition table of matters: what may follow what, and what each move asks for. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, cast, get_args

State = Literal[
    "reported", "accepted", "assigned", "handling", "done", "verified", "closed", "reopened", "suspended", "merged"
]

STATES: Final[dict[str, str]] = {
    "reported": "待受理",
    "accepted": "已受理",
    "assigned": "待签收",
    "handling": "处置中",
    "done": "待核查",
    "verified": "已核查",
    "closed": "已结案",
    "reopened": "重开",
    "suspended": "挂起",
    "merged": "已并案",
}
CLOSED: Final[tuple[State, ...]] = ("closed", "merged")

TRANSITIONS: Final[dict[State, tuple[State, ...]]] = {
    "reported": ("accepted", "assigned", "merged", "closed"),
    "accepted": ("assigned", "suspended", "merged", "closed"),
    "assigned": ("handling", "accepted", "suspended", "merged"),  # accepted: sent back by the unit (退单)
    "handling": ("done", "assigned", "accepted", "suspended", "merged"),
    "done": ("verified", "handling"),
    "verified": ("closed", "handling"),
    "closed": ("reopened",),
    "reopened": ("assigned", "handling", "merged"),
    "suspended": ("accepted", "assigned", "handling"),
    "merged": ("reported", "accepted", "assigned", "handling"),  # un-merge restores what was
}


class LifeError(ValueError):
    """A move that the table or a rule of the life cycle does not allow."""


@dataclass(frozen=True, slots=True)
class Move:
    """One allowed move."""

    before: State
    after: State


def move(before: str, after: str) -> Move:
    """The move from one state to another; `LifeError` says in Chinese what is possible instead."""
    if before not in get_args(State) or after not in get_args(State):
        raise LifeError(f"没有「{before}」到「{after}」这样的状态")
    possible = TRANSITIONS[cast(State, before)]
    if after not in possible:
        names = "、".join(STATES[name] for name in possible)
        raise LifeError(f"「{STATES[before]}」不能直接变为「{STATES[after]}」；可以：{names}")
    return Move(cast(State, before), after)

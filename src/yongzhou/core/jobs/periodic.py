"""Periodic duties of the house: `every(seconds, name)(fn)`; the worker runs each when it is due. No Django here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

Duty = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Periodic:
    """A duty and its period in seconds."""

    name: str
    seconds: float
    run: Duty


_duties: dict[str, Periodic] = {}


def every(seconds: float, name: str) -> Callable[[Duty], Duty]:
    """Register `fn()` to run each `seconds`, in one process of the house; the clock outlives restarts.

    An error is noted in the duty's row and logged; the next run comes all the same.
    """
    if seconds <= 0:
        raise TypeError(f"定期任务 {name}：间隔要大于 0 秒。")

    def register(function: Duty) -> Duty:
        known = _duties.get(name)
        if known and (known.run.__module__, known.run.__qualname__) != (function.__module__, function.__qualname__):
            raise TypeError(f"定期任务 {name} 已由 {known.run.__module__}.{known.run.__qualname__} 登记。")
        _duties[name] = Periodic(name, seconds, function)
        return function

    return register


def duties() -> dict[str, Periodic]:
    """All duties by name."""
    return dict(sorted(_duties.items()))

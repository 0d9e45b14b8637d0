"""What one member of the family is: a declaration, read by the supervisor."""

from __future__ import annotations

import importlib.util
import signal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from yongzhou.core.home import Home
from yongzhou.house.family.probe import Probe, running


class State(StrEnum):
    """Where a member stands."""

    WAITING = "waiting"  # for the members named in `after`
    STARTING = "starting"  # spawned, probe not yet satisfied
    READY = "ready"
    DONE = "done"  # a one-shot that ended well
    BACKOFF = "backoff"  # crashed, is started again after a pause
    FAILED = "failed"  # will not be started again by itself
    STOPPED = "stopped"


def nothing(home: Home) -> None:
    """A hook that does nothing."""


def directly() -> list[str]:
    """No other program between the supervisor and the member."""
    return []


@dataclass(frozen=True, slots=True)
class Member:
    """One process of the family, declared.

    `before` runs in the supervisor ahead of every start (write a configuration, make a cluster).
    `clean` runs once before the ports are checked, to end what a killed family left.
    `through` names a program that executes the member's command in another setting (a user namespace).
    `module` is looked up before the start, so that a missing part is a reported failure and no crash loop.
    """

    name: str
    title: str
    command: Callable[[Home], Sequence[str]]
    ready: Probe = running
    after: tuple[str, ...] = ()
    before: Callable[[Home], None] = nothing
    clean: Callable[[Home], None] = nothing
    through: Callable[[], list[str]] = directly
    environment: Mapping[str, str] = field(default_factory=dict)
    module: str | None = None
    one_shot: bool = False
    budget_mb: int = 128  # Pss of the process and its children
    start_seconds: float = 60.0  # the probe must be satisfied by then
    stop_signal: signal.Signals = signal.SIGTERM
    death_signal: signal.Signals = signal.SIGKILL  # sent by the kernel when the supervisor dies
    stop_seconds: float = 10.0
    ports: tuple[str, ...] = ()

    def missing(self) -> str | None:
        """The Python module that this member needs and that is not there, if so."""
        if self.module is None:
            return None
        try:
            found = importlib.util.find_spec(self.module)
        except ModuleNotFoundError:
            found = None
        return None if found else self.module

    def without_others(self, present: set[str]) -> Member:
        """The same member, waiting only for those who belong to the family."""
        return replace(self, after=tuple(name for name in self.after if name in present))

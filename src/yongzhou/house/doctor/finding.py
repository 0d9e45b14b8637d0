"""What the doctor finds: one thing that was looked at, how it stands, what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum


class Level(StrEnum):
    """How a thing stands."""

    OK = "ok"
    WARN = "warn"  # works today; somebody should look at it
    FAIL = "fail"  # something does not work, or will not tomorrow
    SKIP = "skip"  # could not be looked at now


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding. `remedy` is empty where nothing is to be done; `data` has the figures for machines."""

    area: str
    name: str
    level: Level
    text: str
    remedy: str = ""
    data: dict[str, object] = field(default_factory=dict)


Look = Callable[[], Iterator[Finding]]


def graded(value: float, warn: float, fail: float) -> Level:
    """The level of a figure of which more is worse."""
    return Level.FAIL if value >= fail else Level.WARN if value >= warn else Level.OK


def size(number: float) -> str:
    """Bytes for people: 1.5 GB."""
    for unit in ("B", "KB", "MB", "GB"):
        if number < 1000:
            return f"{number:.0f} {unit}" if unit in ("B", "KB") else f"{number:.1f} {unit}"
        number /= 1000
    return f"{number:.1f} TB"


def span(seconds: float) -> str:
    """Seconds for people: 3 分钟."""
    for limit, step, word in ((120, 1, "秒"), (7200, 60, "分钟"), (172800, 3600, "小时")):
        if seconds < limit:
            return f"{seconds / step:.0f} {word}"
    return f"{seconds / 86400:.0f} 天"

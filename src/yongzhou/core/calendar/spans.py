"""Spans, stops and due dates: the nouns of working time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

HOUR_US = 3_600_000_000


class CalendarError(ValueError):
    """A date, span or calendar row that cannot be counted with; the Chinese text says what and how to mend it."""


@dataclass(frozen=True, slots=True, order=True)
class WorkHours:
    """Hours of office time; exact to the microsecond, so sums and differences do not drift."""

    hours: float

    @classmethod
    def of(cls, microseconds: int) -> WorkHours:
        """The span of that many microseconds of office time."""
        return cls(microseconds / HOUR_US)

    @property
    def microseconds(self) -> int:
        """The span in whole microseconds."""
        return round(self.hours * HOUR_US)

    def __add__(self, other: WorkHours) -> WorkHours:
        return WorkHours.of(self.microseconds + other.microseconds)

    def __sub__(self, other: WorkHours) -> WorkHours:
        return WorkHours.of(self.microseconds - other.microseconds)


@dataclass(frozen=True, slots=True, order=True)
class WorkDays:
    """Working days; the day of the start is not counted."""

    days: int


@dataclass(frozen=True, slots=True)
class Stop:
    """A half-open period `[since, until)` that does not count; `until=None` while the clock still stands."""

    since: datetime
    until: datetime | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Due:
    """A limit in Asia/Shanghai; `provisional` (shown 暂定) when a year without holiday notice was crossed."""

    at: datetime
    provisional: bool

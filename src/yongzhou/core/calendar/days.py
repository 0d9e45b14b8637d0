"""Rows that a calendar is made of: holidays, swapped working days and office hours.

`calendar.csv` has the columns `date,kind,name,notice`: one row a holiday (`holiday`) or a weekend day that is worked
(`workday`), with the number of the State Council notice. All other days follow the weekday rule.

`office_hours.csv` has the columns `sessions,season_from,season_to,valid_from,valid_to,source,verified`: sessions as
`09:00-12:00 14:00-18:00`, a season as `MM-DD` (both ends counted; empty = the whole year), validity half-open.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, time
from itertools import pairwise
from pathlib import Path
from typing import Literal, cast

from yongzhou.core.calendar.spans import CalendarError

Kind = Literal["workday", "holiday"]
Session = tuple[time, time]
CALENDAR_COLUMNS = ("date", "kind", "name", "notice")


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """One day that differs from the weekday rule, or a holiday with a name."""

    date: date
    kind: Kind
    name: str
    notice: str


@dataclass(frozen=True, slots=True)
class OfficeHours:
    """Sessions of a working day; a seasonal variant (summer) wins over the hours of the whole year."""

    sessions: tuple[Session, ...]
    valid_from: date = date.min
    valid_to: date | None = None
    season: tuple[tuple[int, int], tuple[int, int]] | None = None

    def __post_init__(self) -> None:
        ends = [moment for session in self.sessions for moment in session]
        if not ends or any(a >= b for a, b in pairwise(ends)):
            raise CalendarError("办公时间应为一段或几段先后不重叠的时段，例如 09:00-12:00 14:00-18:00")

    def covers(self, day: date) -> bool:
        """Whether these hours hold on that day."""
        if day < self.valid_from or (self.valid_to is not None and day >= self.valid_to):
            return False
        return self.season is None or self.season[0] <= (day.month, day.day) <= self.season[1]


DEFAULT_HOURS = OfficeHours(((time(9), time(12)), (time(14), time(18))))


def read_days(path: Path) -> list[CalendarDay]:
    """Rows of a `calendar.csv`; `CalendarError` names the line that cannot be read or stands twice."""
    found: dict[date, CalendarDay] = {}
    for line, row in _rows(path, CALENDAR_COLUMNS):
        day = _date(row["date"], path, line)
        if row["kind"] not in ("workday", "holiday"):
            raise CalendarError(f"{path.name} 第 {line} 行：kind 应为 workday 或 holiday，现为「{row['kind']}」")
        if day in found:
            raise CalendarError(f"{path.name} 第 {line} 行：{day} 已出现过，请删去其中一行")
        found[day] = CalendarDay(day, cast(Kind, row["kind"]), row["name"], row["notice"])
    return list(found.values())


def read_hours(path: Path) -> list[OfficeHours]:
    """Rows of an `office_hours.csv`; `CalendarError` names the line that cannot be read."""
    hours = []
    for line, row in _rows(path, ("sessions", "season_from", "season_to", "valid_from", "valid_to")):
        try:
            sessions = tuple(_session(text) for text in row["sessions"].split())
            season = (_month_day(row["season_from"]), _month_day(row["season_to"])) if row["season_from"] else None
        except ValueError as error:
            raise CalendarError(f"{path.name} 第 {line} 行：办公时间或季节写法不对（{error}）") from error
        since = _date(row["valid_from"], path, line) if row["valid_from"] else date.min
        until = _date(row["valid_to"], path, line) if row["valid_to"] else None
        hours.append(OfficeHours(sessions, since, until, season))
    return hours


def _rows(path: Path, columns: tuple[str, ...]) -> Iterable[tuple[int, dict[str, str]]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        if missing := [name for name in columns if name not in (reader.fieldnames or ())]:
            raise CalendarError(f"{path.name} 缺少列：{'、'.join(missing)}")
        yield from ((reader.line_num, row) for row in reader)


def _date(text: str, path: Path, line: int) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise CalendarError(f"{path.name} 第 {line} 行：「{text}」不是日期，应写成 2026-01-01") from error


def _session(text: str) -> Session:
    opened, closed = text.split("-")
    return time.fromisoformat(opened), time.fromisoformat(closed)


def _month_day(text: str) -> tuple[int, int]:
    day = date.fromisoformat(f"2024-{text}")
    return day.month, day.day

"""Statutory working time: adding and measuring office hours and working days with legal stops.

All instants live on one axis of office time: `_worked(t)` is the office time since the axis began, `_instant(w)` its
inverse. A stop is an interval of that axis, so used + left = limit holds by construction, whatever stops there are.
"""

from __future__ import annotations

import calendar as months
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from functools import cached_property
from pathlib import Path
from typing import Final, Literal, Self
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from yongzhou.core.calendar.days import DEFAULT_HOURS, CalendarDay, OfficeHours, read_days, read_hours
from yongzhou.core.calendar.spans import HOUR_US, CalendarError, Due, Stop, WorkDays, WorkHours

SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
FIRST: Final = date(1992, 1, 1)  # China kept daylight saving until 1991; since then +08:00 is exact
LAST: Final = date(2100, 12, 31)
DAY_US: Final = 24 * HOUR_US
OFFSET_US: Final = 8 * HOUR_US
EPOCH: Final = datetime(1970, 1, 1, tzinfo=SHANGHAI)

Ints = npt.NDArray[np.int64]
Instants = npt.NDArray[np.datetime64]


class WorkCalendar:
    """One body's calendar: rows of the holiday notices and its office hours, 1992-2100.

    A year counts as noticed when its National Day stands in the rows, since a notice may also name single days of
    the neighbouring years. In other years the weekday rule holds and every answer is marked provisional.
    """

    def __init__(self, days: Iterable[CalendarDay], hours: Sequence[OfficeHours] = (DEFAULT_HOURS,)) -> None:
        rows = {row.date: row for row in days}
        self.named: Final = rows
        self.noticed: Final = frozenset(d.year for d, row in rows.items() if row.kind == "holiday" and d.month == 10)
        self._hours = tuple(hours)
        ordinals = np.arange(FIRST.toordinal(), LAST.toordinal() + 1)
        works = (ordinals - 1) % 7 < 5  # ordinal 1 is a Monday
        for day, row in rows.items():
            if not FIRST <= day <= LAST:
                raise CalendarError(f"日历行 {day} 超出 {FIRST} 至 {LAST}")
            works[day.toordinal() - FIRST.toordinal()] = row.kind == "workday"
        self._works = works
        self._workdays: Ints = ordinals[works]

    @classmethod
    def load(cls, city: Path) -> Self:
        """The calendar of a city folder: `calendar.csv` and, where it exists, `standards/office_hours.csv`."""
        hours = city / "standards" / "office_hours.csv"
        return cls(read_days(city / "calendar.csv"), read_hours(hours) if hours.exists() else (DEFAULT_HOURS,))

    def is_workday(self, day: date) -> bool:
        """Whether the body works on that day."""
        return bool(self._works[_index(day)])

    def is_provisional(self, day: date) -> bool:
        """Whether the holiday notice of that day's year is still missing."""
        return day.year not in self.noticed

    def add(self, start: datetime, span: WorkHours | WorkDays, *, stops: Sequence[Stop] = ()) -> Due:
        """When a limit ends.

        Hours end at the instant at which they are used up; days end at the close of office of the last day
        (民法典 203), the day of the start not counted (民法典 201). Office time inside `stops` is given back.
        `CalendarError` for naive datetimes, negative spans and a limit that an open stop holds.
        """
        begin = _local_us(start)
        origin = int(self._worked(np.array([begin]))[0])
        target = int(self._targets(np.array([begin]), span)[0])
        for since, until in self._stopped(stops, origin):
            if since >= target:
                break
            if until is None:
                raise CalendarError("计时已停且尚未恢复，恢复后才能算出期限")
            target += until - since
        end = max(begin, int(self._instants(np.array([target]))[0])) if target > origin else begin
        at = _from_local_us(end)
        return Due(at, self._crosses_unknown(start.astimezone(SHANGHAI).year, at.year))

    def between(self, a: datetime, b: datetime, *, stops: Sequence[Stop] = ()) -> WorkHours:
        """Office time from `a` to `b` outside `stops`; negative when `b` lies before `a` (then stops are ignored)."""
        first, last = self._worked(np.array([_local_us(a), _local_us(b)])).tolist()
        worked = last - first
        for since, until in self._stopped(stops, first):
            worked -= max(0, min(last, last if until is None else until) - since)
        return WorkHours.of(worked)

    def workdays_between(self, a: date, b: date) -> int:
        """Working days after `a` up to and including `b`."""
        low, high = np.searchsorted(self._workdays, [_ordinal(a), _ordinal(b)], side="right")
        return int(high - low)

    def end_of_term(self, start: date, n: int, unit: Literal["day", "month", "year"]) -> Due:
        """The end of a term in calendar days, months or years: the start day is not counted (民法典 201), a month
        ends on the day of the same number or on its last day (202), rest days roll to the next working day, close
        of office (203)."""
        if n < 0:
            raise CalendarError(f"期限不能为负：{n}")
        first = start.astimezone(SHANGHAI).date() if isinstance(start, datetime) and _local_us(start) else start
        last = first + timedelta(n) if unit == "day" else _same_day(first, n * (12 if unit == "year" else 1))
        position = int(np.searchsorted(self._workdays, _ordinal(last)))
        at = _from_local_us(int(self._closes[position]))
        return Due(at, self._crosses_unknown(last.year, at.year))

    def add_many(self, starts: Instants, span: WorkHours | WorkDays) -> tuple[Instants, npt.NDArray[np.bool_]]:
        """`add` without stops for many rows: (n,) datetime64[us] in UTC -> (n,) dues in UTC, (n,) provisional."""
        local = starts.astype("datetime64[us]").astype(np.int64) + OFFSET_US
        targets, origins = self._targets(local, span), self._worked(local)
        ends = np.where(targets > origins, np.maximum(local, self._instants(targets)), local)
        years = np.stack([local, ends]).astype("datetime64[us]").astype("datetime64[Y]").astype(int) + 1970
        seen = np.array([year not in self.noticed for year in range(FIRST.year, LAST.year + 1)]).cumsum()
        unknown = np.concatenate([[0], seen])
        provisional = unknown[years[1] - FIRST.year + 1] > unknown[years[0] - FIRST.year]
        return (ends - OFFSET_US).astype("datetime64[us]"), provisional

    def between_many(self, a: Instants, b: Instants) -> npt.NDArray[np.float64]:
        """Office hours from `a` to `b` for many rows: (n,) datetime64[us] in UTC -> (n,) hours."""
        first, last = (self._worked(x.astype("datetime64[us]").astype(np.int64) + OFFSET_US) for x in (a, b))
        return np.asarray((last - first) / HOUR_US)

    @cached_property
    def _axis(self) -> tuple[Ints, Ints, Ints]:
        """Opening and closing of every session (local microseconds since 1970) and the office time before it."""
        opens, closes = [], []
        for ordinal in self._workdays.tolist():
            midnight = (ordinal - date(1970, 1, 1).toordinal()) * DAY_US
            for opened, closed in self._sessions(date.fromordinal(ordinal)):
                opens.append(midnight + _time_us(opened))
                closes.append(midnight + _time_us(closed))
        starts, ends = np.array(opens, dtype=np.int64), np.array(closes, dtype=np.int64)
        return starts, ends, np.concatenate([[0], (ends - starts).cumsum()[:-1]])

    @cached_property
    def _closes(self) -> Ints:
        """Close of office of every working day, local microseconds."""
        starts, ends, _ = self._axis
        last = np.append(np.diff(starts // DAY_US) > 0, True)
        closes: Ints = ends[last]
        return closes

    def _sessions(self, day: date) -> tuple[tuple[time, time], ...]:
        found = [hours for hours in self._hours if hours.covers(day)]
        seasonal = [hours for hours in found if hours.season is not None] or found
        if len(seasonal) != 1:
            raise CalendarError(f"{day} 的办公时间有 {len(seasonal)} 条，应恰有一条：请检查有效期与季节")
        return seasonal[0].sessions

    def _worked(self, local: Ints) -> Ints:
        starts, ends, before = self._axis
        if local.size and (local.min() < starts[0] or local.max() >= ends[-1]):
            raise CalendarError(f"时间超出日历范围（{FIRST} 至 {LAST}）")
        session = np.searchsorted(starts, local, side="right") - 1
        return before[session] + np.minimum(local, ends[session]) - starts[session]

    def _instants(self, worked: Ints) -> Ints:
        """The earliest instant at which that much office time has passed."""
        starts, ends, before = self._axis
        session = np.searchsorted(before + (ends - starts), worked)
        if session.size and session.max() >= starts.size:
            raise CalendarError(f"期限超出日历范围（至 {LAST}）")
        return starts[session] + worked - before[session]

    def _targets(self, local: Ints, span: WorkHours | WorkDays) -> Ints:
        if isinstance(span, WorkHours):
            if span.hours < 0:
                raise CalendarError(f"工时不能为负：{span.hours}")
            return self._worked(local) + span.microseconds
        if span.days < 0:
            raise CalendarError(f"工作日数不能为负：{span.days}")
        day = local // DAY_US + date(1970, 1, 1).toordinal()
        position = np.searchsorted(self._workdays, day, side="right" if span.days else "left") + max(span.days - 1, 0)
        if position.size and position.max() >= self._workdays.size:
            raise CalendarError(f"期限超出日历范围（至 {LAST}）")
        return self._worked(self._closes[position] - 1) + 1

    def _stopped(self, stops: Sequence[Stop], origin: int) -> list[tuple[int, int | None]]:
        """Stops as disjoint intervals of the office-time axis from `origin` on, in order."""
        merged: list[tuple[int, int | None]] = []
        for since, until in sorted((self._interval(stop) for stop in stops), key=lambda pair: pair[0]):
            low = max(since, origin)
            if merged:
                previous, reach = merged[-1]
                if reach is None:
                    break
                if low <= reach:
                    merged[-1] = (previous, None if until is None else max(reach, until))
                    continue
            if until is None or until > low:
                merged.append((low, until))
        return merged

    def _interval(self, stop: Stop) -> tuple[int, int | None]:
        since = _local_us(stop.since)
        until = None if stop.until is None else _local_us(stop.until)
        if until is not None and until < since:
            raise CalendarError(f"停计时段止于开始之前：{stop.since} 至 {stop.until}")
        return int(self._worked(np.array([since]))[0]), (
            None if until is None else int(self._worked(np.array([until]))[0])
        )

    def _crosses_unknown(self, first: int, last: int) -> bool:
        return any(year not in self.noticed for year in range(first, last + 1))


def _local_us(moment: datetime) -> int:
    """Microseconds since 1970-01-01 00:00 in Shanghai; `CalendarError` for a naive datetime."""
    if moment.tzinfo is None or moment.utcoffset() is None:
        raise CalendarError(f"时间「{moment.isoformat()}」没有时区，请用 Asia/Shanghai 的时间")
    return (moment - EPOCH) // timedelta(microseconds=1)


def _from_local_us(local: int) -> datetime:
    return (EPOCH + timedelta(microseconds=local)).astimezone(SHANGHAI)


def _time_us(moment: time) -> int:
    return (moment.hour * 3600 + moment.minute * 60 + moment.second) * 1_000_000


def _ordinal(day: date) -> int:
    return _index(day) + FIRST.toordinal()


def _index(day: date) -> int:
    position = day.toordinal() - FIRST.toordinal()
    if not FIRST.toordinal() <= day.toordinal() <= LAST.toordinal():
        raise CalendarError(f"日期 {day} 超出日历范围（{FIRST} 至 {LAST}）")
    return position


def _same_day(day: date, count: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + count, 12)
    return date(year, month + 1, min(day.day, months.monthrange(year, month + 1)[1]))

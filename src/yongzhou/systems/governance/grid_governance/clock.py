"""A matter's clock: limits in working or calendar time, legal stops, rungs of escalation, ping-pong. No Django."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from yongzhou.core.calendar import SHANGHAI, Due, Stop, WorkCalendar, WorkHours

Kind = Literal["work", "calendar"]

ACCEPT_HOURS: Final = {"一般": 4.0, "紧急": 0.5, "特急": 0.5}  # 受理 and 签收; urgent ones run day and night
REJECT_HOURS: Final = {"一般": 4.0, "紧急": 1.0, "特急": 1.0}  # working hours in which a unit may send back
LEVELS: Final = {"一般": 4, "紧急": 3, "特急": 2}
RUNGS: Final = (0.5, 0.8, 1.0, 1.5)
RUNG_NAMES: Final = ("正常", "提醒承办人", "提醒主管", "红榜超时", "市级督办")
STOP_REASONS: Final = {
    "materials": ("等待材料", timedelta(days=5)),
    "weather": ("恶劣天气无法施工", timedelta(days=3)),
    "third_party": ("等待第三方配合", timedelta(days=10)),
}


@dataclass(frozen=True, slots=True)
class Reading:
    """The clock at one moment: limit, seconds used and left (negative when overdue) on its own time, share used."""

    due: Due
    used_s: int
    left_s: int
    share: float
    stopped: bool

    @property
    def rung(self) -> int:
        """How many rungs of escalation have been reached, 0 to 4."""
        return sum(self.share >= rung for rung in RUNGS)


def limit(calendar: WorkCalendar, start: datetime, hours: float, kind: Kind, stops: Sequence[Stop] = ()) -> Due:
    """When `hours` are used up. An open stop counts as lasting until its end is known: it must be closed first."""
    if kind == "work":
        return calendar.add(start, WorkHours(hours), stops=stops)
    end = start + timedelta(hours=hours)
    for stop in _disjoint(stops):
        since = max(stop[0], start)
        if since >= end:
            break
        end += max(timedelta(), stop[1] - since)
    return Due(end.astimezone(SHANGHAI), False)


def read(
    calendar: WorkCalendar, start: datetime, hours: float, kind: Kind, now: datetime, stops: Sequence[Stop] = ()
) -> Reading:
    """What the clock shows; while it is stopped the limit moves on with `now`."""
    closed = [Stop(stop.since, stop.until or max(now, stop.since), stop.reason) for stop in stops]
    due = limit(calendar, start, hours, kind, closed)
    if kind == "work":
        used = calendar.between(start, now, stops=closed).microseconds / 1e6 if now > start else 0.0
    else:
        running = max(timedelta(), now - start)
        stood = (max(timedelta(), min(until, now) - max(since, start)) for since, until in _disjoint(closed))
        used = (running - sum(stood, timedelta())).total_seconds()
    total = hours * 3600
    return Reading(
        due, round(used), round(total - used), used / total if total else 1.0, any(s.until is None for s in stops)
    )


def next_rung(
    calendar: WorkCalendar, start: datetime, hours: float, kind: Kind, reached: int, stops: Sequence[Stop] = ()
) -> datetime | None:
    """When the rung after `reached` comes; None after the last one or while the clock stands."""
    if reached >= len(RUNGS) or any(stop.until is None for stop in stops):
        return None
    return limit(calendar, start, hours * RUNGS[reached], kind, stops).at


def may_reject(calendar: WorkCalendar, assigned: datetime, grade: str, now: datetime) -> Due:
    """Until when a unit may send a matter back, in office time."""
    return calendar.add(assigned, WorkHours(REJECT_HOURS[grade]))


def ping_pong(units: Sequence[str], rejecting: Sequence[str]) -> str | None:
    """Why a matter is being pushed around, in Chinese; None if it is not.

    `units`: every unit it was assigned to, in order; `rejecting`: every unit that sent it back. Two different
    rejecting units, or a return to a unit that had already had it, is 推诿.
    """
    if len(set(rejecting)) >= 2:
        return f"{len(set(rejecting))} 个单位先后退单"
    seen: set[str] = set()
    previous = ""
    for unit in units:
        if unit in seen and unit != previous:
            return "又派回曾经办过的单位"
        seen.add(unit)
        previous = unit
    return None


def _disjoint(stops: Sequence[Stop]) -> list[tuple[datetime, datetime]]:
    """Closed stops without overlap, in order; an open one is a mistake of the caller."""
    merged: list[tuple[datetime, datetime]] = []
    for stop in sorted(stops, key=lambda one: one.since):
        if stop.until is None:
            raise ValueError("计时已停且尚未恢复，恢复后才能算出期限")
        if merged and stop.since <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], stop.until))
        else:
            merged.append((stop.since, stop.until))
    return merged

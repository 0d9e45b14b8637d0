"""Past events with all their steps, most of them closed, some still open; and the warnings of past storms."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np
import shapely
from django.db import connection

from yongzhou.core.crypto.identity import uuid7
from yongzhou.core.data.actor import Actor
from yongzhou.core.data.bulk import copy_in
from yongzhou.core.data.geometry import point
from yongzhou.core.matters.models import MatterStep
from yongzhou.core.people.models import Unit
from yongzhou.core.places.models import Place
from yongzhou.house.history.observations import SEED, Past
from yongzhou.house.history.weather import windowed
from yongzhou.systems.governance.grid_governance.models import Event, EventType
from yongzhou.systems.governance.grid_governance.responsible import decide
from yongzhou.systems.governance.water.models import FlashFloodVillage, FloodWarning

A_DAY: Final = 26
SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
_LEVEL: Final = {"特急": 2, "紧急": 3, "一般": 4}
_SOURCES: Final = ("citizen", "grid", "12345", "alarm", "staff")
_CHAIN: Final = ("reported", "accepted", "assigned", "handling", "done", "verified", "closed")
_HOUR_WEIGHTS: Final = np.array(
    [1, 1, 1, 1, 1, 2, 4, 6, 8, 9, 8, 7, 5, 6, 8, 9, 8, 7, 6, 5, 4, 3, 2, 1], dtype=np.float64
)
_RECENT: Final = np.array(
    [[150, 4], [75, 4], [16, 3]]
)  # urgent events still open: minutes ago, states they have been in
SOURCE: Final = "yongzhou generate"


@dataclass(frozen=True, slots=True)
class Lives:
    """Times of all events, for the readings: opened, done, closed, due (epoch s, inf if not yet), level, county."""

    opened: np.ndarray[Any, np.dtype[np.float64]]
    done: np.ndarray[Any, np.dtype[np.float64]]
    closed: np.ndarray[Any, np.dtype[np.float64]]
    due: np.ndarray[Any, np.dtype[np.float64]]
    level: np.ndarray[Any, np.dtype[np.int64]]
    county: list[str]


def load(start: datetime, end: datetime, actor: Actor) -> Lives:
    """Make and COPY events and their steps."""
    dice = np.random.default_rng(SEED + 1)
    towns = list(Place.objects.filter(kind="town", geometry__isnull=False).order_by("code"))
    types = list(EventType.objects.exclude(category="防汛抗旱").order_by("code"))
    units = dict(Unit.objects.values_list("code", "name"))
    keys = dict(Unit.objects.values_list("code", "pk"))
    days = int((end - start).total_seconds() // 86400) + 1
    numbers = _registers()
    local = end.astimezone(SHANGHAI).replace(hour=0, minute=0, second=0, microsecond=0)
    opened = np.sort(
        np.concatenate(
            [
                (local - timedelta(days=back)).timestamp()
                + 3600
                * (dice.choice(24, size=dice.poisson(A_DAY), p=_HOUR_WEIGHTS / _HOUR_WEIGHTS.sum()) + dice.random(1))
                + 3600 * dice.random()
                for back in range(days)
            ]
        )
    )
    opened = opened[(opened > start.timestamp()) & (opened < end.timestamp())]
    opened += dice.uniform(0, 3000, len(opened))
    opened = np.sort(opened[opened < end.timestamp()])
    opened = np.append(opened, end.timestamp() - 60 * _RECENT[:, 0])
    size = len(opened)
    chosen, town = dice.integers(0, len(types), size), dice.integers(0, len(towns), size)
    urgent = [at for at, kind in enumerate(types) if kind.grade == "特急"]
    chosen[-len(_RECENT) :] = dice.choice(urgent, len(_RECENT))  # the night has something to do
    spans = dice.lognormal(0, 0.6, (size, 6))
    rows, steps, lives = [], [], np.full((size, 3), np.inf)
    now = end.timestamp()
    for index in range(size):
        kind, place = types[chosen[index]], towns[town[index]]
        hours = float(kind.handle_hours)
        late = dice.random() < 0.07
        # minutes from step to step: accept, assign, sign, work, check, close
        wait = spans[index] * np.array([4, 3, 12, 60 * hours * (1.3 if late else 0.33), 25, 10]) * 60
        times = opened[index] + np.concatenate([[0.0], np.cumsum(wait)])
        due = opened[index] + hours * 3600 * 1.25
        if not late and times[4] > due:
            times[4:] -= times[4] - due + 60
            times[1:4] = np.minimum(times[1:4], times[4] - np.array([180, 120, 60]))
        reached = int(np.searchsorted(times, now, side="right"))
        if (recent := index - (size - len(_RECENT))) >= 0:
            reached = int(_RECENT[recent, 1])
            times[1:reached] = opened[index] + (now - opened[index]) * np.linspace(0.1, 0.6, reached - 1)
            due = max(due, now + 7200.0 * (recent + 1))
        state = _CHAIN[min(reached, len(_CHAIN)) - 1]
        decision = decide(str(kind.unit_rule), place.region, units, clause=str(kind.legal_basis))
        key, moments = uuid7(), [_moment(value) for value in times]
        stamp = {name: moments[at] if reached > at else None for at, name in enumerate(_CHAIN)}
        lon, lat = _inside(place, dice)
        day = moments[0].astimezone(SHANGHAI).strftime("%Y%m%d")
        numbers[day] = numbers.get(day, 0) + 1
        level = _LEVEL[str(kind.grade)]
        rows.append(
            {
                "id": key,
                "number": f"SJ-{day}-{numbers[day]:04}",
                "kind": "event",
                "steward": "grid_governance",
                "title": f"{place.name}{kind.name}",
                "detail": kind.definition,
                "state": state,
                "level": level,
                "region": place.region,
                "place": place,
                "address": place.name,
                "geometry": point(lon, lat),
                "geometry_box": (lon, lat, lon, lat),
                "unit": keys.get(decision.unit or ""),
                "source": _SOURCES[int(dice.integers(0, 5))],
                "opened_at": moments[0],
                "assigned_at": stamp["assigned"],
                "accepted_at": stamp["handling"],
                "done_at": stamp["done"],
                "closed_at": stamp["closed"],
                "due": _moment(due),
                "clause": decision.clause[:200],
                "rating": int(dice.choice([5, 5, 4, 3])) if state == "closed" else None,
                "type": kind,
                "grade": kind.grade,
                "clock": "calendar",
                "accept_hours": kind.accept_hours,
                "handle_hours": kind.handle_hours,
                "first_due": _moment(due),
                "clock_from": moments[0],
                "handling_at": stamp["handling"],
                "created_at": moments[0],
            }
        )
        steps += [
            {
                "matter": key,
                "at": moments[at],
                "before": _CHAIN[at - 1] if at else "",
                "after": name,
                "actor_name": "模拟历史",
                "reason": "",
                "created_at": moments[at],
            }
            for at, name in enumerate(_CHAIN[:reached])
        ]
        lives[index] = [times[at] if reached > at else np.inf for at in (4, 6)] + [due]
    copy_in(Event, rows, actor=actor, origin="synthetic", source=SOURCE)
    copy_in(MatterStep, steps, actor=actor, origin="synthetic", source=SOURCE)
    _keep_registers(numbers)
    levels = np.array([row["level"] for row in rows], dtype=np.int64)
    return Lives(opened, lives[:, 0], lives[:, 1], lives[:, 2], levels, [str(row["region"])[:6] for row in rows])


def warnings(past: Past, actor: Actor) -> int:
    """Flash-flood warnings where past rain of an hour reached a village's limit; all answered and lifted."""
    dice = np.random.default_rng(SEED + 2)
    hour = windowed(past.rain, 12)
    at = {code: index for index, code in enumerate(past.gauges.code)}
    rows = []
    for village in FlashFloodVillage.objects.select_related("station"):
        row = at.get(village.station.code)
        if row is None:
            continue
        over = hour[row] >= 0.6 * village.prepare_1h  # the month is milder than the limits of a real flash flood
        begins = np.flatnonzero(over & ~np.append(False, over[:-1]))
        for begin in begins[np.append(True, np.diff(begins) > 72)] if begins.size else begins:
            raised = float(past.times[begin])
            rows.append(
                {
                    "village": village,
                    "level": "prepare",
                    "raised_at": _moment(raised),
                    "rain_mm": float(hour[row, begin]),
                    "window_h": 1,
                    "threshold_mm": round(0.6 * village.prepare_1h, 1),
                    "acknowledged_at": _moment(raised + float(dice.uniform(90, 1100))),
                    "acknowledged_note": "已接听",
                    "lifted_at": _moment(min(raised + 3 * 3600, float(past.times[-1]))),
                    "lifted_reason": "雨势减弱",
                    "created_at": _moment(raised),
                }
            )
    copy_in(FloodWarning, rows, actor=actor, origin="synthetic", source=SOURCE)
    return len(rows)


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(round(seconds), SHANGHAI)


def _inside(place: Place, dice: np.random.Generator) -> tuple[float, float]:
    """A point inside a town; its representative point where chance misses five times."""
    shape = shapely.from_wkb(bytes(place.geometry))
    west, south, east, north = shape.bounds
    tried = shapely.points(dice.uniform(west, east, 5), dice.uniform(south, north, 5))
    hit = np.flatnonzero(shapely.contains(shape, tried))
    chosen = tried[hit[0]] if hit.size else shapely.point_on_surface(shape)
    return round(float(chosen.x), 5), round(float(chosen.y), 5)


def _registers() -> dict[str, int]:
    """Last numbers already given out by the register of events, by day."""
    with connection.cursor() as cursor:
        cursor.execute("select right(register, 8), last from core_number where register like 'event:%%'")
        return {str(day): int(last) for day, last in cursor.fetchall()}


def _keep_registers(numbers: dict[str, int]) -> None:
    """Live events go on counting after the past ones."""
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into core_number select 'event:' || day, last "
            "from unnest(%s::text[], %s::bigint[]) as u(day, last) "
            "on conflict (register) do update set last = greatest(core_number.last, excluded.last)",
            [list(numbers), list(numbers.values())],
        )

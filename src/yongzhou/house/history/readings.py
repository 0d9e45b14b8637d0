"""What the indicators would have said in the past: hourly for the month, each five minutes for the last two days."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np
from django.db import connection

from yongzhou.core.indicators.definition import indicators
from yongzhou.house.history.events import Lives
from yongzhou.house.history.observations import Past
from yongzhou.house.history.weather import Floats, windowed
from yongzhou.systems.governance.city_operations.compute import check_twin, compute_states, places_of_state

CITY: Final = "4311"
FINE: Final = timedelta(days=2)

_COPY: Final = """
insert into core_reading (indicator, period, region, value, numerator, denominator, origin, computed_at, revision)
select * from history_reading on conflict (indicator, region, period) do nothing
"""
Row = tuple[str, datetime, str, float | None, float | None, float | None, str, datetime, int]


def load(past: Past, lives: Lives, end: datetime, counties: list[str]) -> int:
    """COPY the readings into the indicators' history; existing ones win. Returns how many rows were offered."""
    times = _periods(past.times, end)
    rows: list[Row] = []

    def add(
        name: str, region: str, at: Floats, value: Floats, above: Floats | None = None, below: Floats | None = None
    ) -> None:
        if name not in indicators():
            return
        for index in np.flatnonzero(~np.isnan(value)):
            moment = datetime.fromtimestamp(float(at[index]), UTC)
            rows.append((
                name, moment, region, float(value[index]), None if above is None else float(above[index]),
                None if below is None else float(below[index]), "synthetic", moment, 1,
            ))  # fmt: skip

    place = np.searchsorted(past.times, times)
    wet = windowed(past.rain, 36)[:, place]
    over = (past.level - past.gauges.warning[:, None])[:, place]
    county = np.array([region[:6] for region in past.gauges.region])
    hours = times[times % 3600 == 0]
    last_day = np.floor((hours + 8 * 3600) / 86400) * 86400 - 8 * 3600  # midnight in Yongzhou
    of_event = np.array(lives.county)
    for region in (CITY, *counties):
        here = np.ones(len(county), dtype=bool) if region == CITY else county == region
        if here.any():
            add(
                "water.area_rain_3h",
                region,
                times,
                wet[here].mean(axis=0),
                wet[here].sum(axis=0),
                np.full(len(times), here.sum()),
            )
            gauged = over[here][~np.isnan(over[here]).all(axis=1)]
            if len(gauged):
                add("water.max_over_warning", region, times, gauged.max(axis=0))
                count = (gauged >= 0).sum(axis=0).astype(np.float64)
                add("water.stations_over_warning", region, times, count, count, np.full(len(times), len(gauged)))
        mine = np.ones(len(of_event), dtype=bool) if region == CITY else of_event == region
        own = _Counter(lives, mine)
        add("city_operations.open_matters", region, times, own.open(times))
        add("city_operations.open_grave_matters", region, times, own.open(times, grave=True))
        add("city_operations.overdue_matters", region, times, own.overdue(times))
        share, on_time, done = own.on_time(hours)
        add("city_operations.on_time_rate", region, hours, share, on_time, done)
        ended = np.unique(last_day)
        add(
            "city_operations.closed_today",
            region,
            ended,
            own.closed_between(ended, np.minimum(ended + 86400, end.timestamp())),
        )
    opened = np.histogram(lives.opened, bins=np.append(hours, hours[-1:] + 3600))[0].astype(np.float64)
    add("city_operations.events_per_hour", CITY, hours, opened)
    with connection.cursor() as cursor:
        cursor.execute("create temporary table history_reading (like core_reading) on commit preserve rows")
        cursor.execute("alter table history_reading drop column id")
        names = "indicator, period, region, value, numerator, denominator, origin, computed_at, revision"
        with cursor.copy(f"copy history_reading ({names}) from stdin") as copy:
            for row in rows:
                copy.write_row(row)
        cursor.execute(_COPY.replace("select *", f"select {names}"))
        cursor.execute("drop table history_reading")
    return len(rows)


def states(end: datetime) -> int:
    """State of all places at each half hour of the last day, in order of time; the twin is looked at once."""
    check_twin(end)
    places = places_of_state()
    return sum(compute_states(end - timedelta(minutes=30 * back), places) for back in range(50, -1, -1))


def _periods(times: Floats, end: datetime) -> Floats:
    fine = times >= (end - FINE).timestamp()
    found: Floats = times[fine | (times % 3600 == 0)]
    return found


class _Counter:
    """Counts over the events of one region at many instants, by sorted times."""

    def __init__(self, lives: Lives, mine: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> None:
        self.grave = mine & (lives.level <= 2)
        self.mine = mine
        self.lives = lives

    def open(self, at: Floats, *, grave: bool = False) -> Floats:
        """Events opened and not yet closed."""
        chosen = self.grave if grave else self.mine
        return _before(self.lives.opened[chosen], at) - _before(self.lives.closed[chosen], at)

    def overdue(self, at: Floats) -> Floats:
        """Events past their limit and not yet done."""
        late = self.mine & (self.lives.due < self.lives.done)
        return _before(self.lives.due[late], at) - _before(self.lives.done[late], at)

    def closed_between(self, start: Floats, end: Floats) -> Floats:
        """Events closed in [start, end)."""
        return _before(self.lives.closed[self.mine], end) - _before(self.lives.closed[self.mine], start)

    def on_time(self, at: Floats, days: int = 30) -> tuple[Floats, Floats, Floats]:
        """Share of on-time ones among those done in the last days: per cent, numerator, denominator; NaN for none."""
        good = self.mine & (self.lives.done <= self.lives.due)
        parts = [
            _before(self.lives.done[chosen], at) - _before(self.lives.done[chosen], at - days * 86400)
            for chosen in (good, self.mine)
        ]
        share: Floats = np.divide(100 * parts[0], parts[1], out=np.full(len(at), np.nan), where=parts[1] > 0)
        return share, parts[0], parts[1]


def _before(moments: Floats, at: Floats) -> Floats:
    found: Floats = np.searchsorted(np.sort(moments), at, side="right").astype(np.float64)
    return found

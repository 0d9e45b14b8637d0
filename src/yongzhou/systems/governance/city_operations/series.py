"""Hourly series of the city: indicators of every place from their readings, sensors from the lake."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import duckdb
import numpy as np
from django.db import connection
from numpy.typing import NDArray

from yongzhou.core.catalogue.reader import reader
from yongzhou.core.data.origin import ORIGINS
from yongzhou.core.indicators.definition import indicators
from yongzhou.core.lake import LakeError

logger = logging.getLogger(__name__)

Floats = NDArray[np.float64]
HOUR: Final = timedelta(hours=1)

_READINGS: Final = """
select indicator, region, (extract(epoch from period - %(start)s) / 3600)::int as hour, avg(value),
  max(array_position(%(origins)s::text[], origin::text))
from core_reading
where period >= %(start)s and period < %(end)s and value is not null and indicator = any(%(names)s)
  and (%(region)s::text is null or region = %(region)s)
group by 1, 2, 3
"""
_STREAMS: Final = """
select d.number, t.name || ' ' || d.name, t.region, d.unit, d.digits from things_datastream d
join things_thing t on t.id = d.thing_id where d.active and d.observed not like 'rain%%' and t.origin <> 'replay'
"""
# Rain is left out: it is zero most of the time, and has rules of its own.
_OBSERVED: Final = """
select datastream, (date_diff('second', ?::timestamptz, phenomenon) // 3600)::int as hour, avg(result) as value,
  max(list_position({origins}, origin)) as origin
from lake.observation
where datastream in ({numbers}) and flag < 4 and not isnan(result) and phenomenon >= ? and phenomenon < ?
group by 1, 2
"""


@dataclass(frozen=True, slots=True)
class Series:
    """One series: what it is called, where, in which unit."""

    source: str  # indicator | datastream
    name: str
    region: str
    title: str
    unit: str
    digits: int
    origin: str = "measured"

    @property
    def key(self) -> tuple[str, str, str]:
        """What makes it one."""
        return self.source, self.name, self.region


@dataclass(frozen=True, slots=True)
class Panel:
    """Many series on one grid of hours from `start`: values (series, hours), NaN where nothing was measured."""

    keys: list[Series]
    values: Floats
    start: datetime


def full_hour(at: datetime) -> datetime:
    """The full hour before or at an instant."""
    return at.replace(minute=0, second=0, microsecond=0)


def panel(start: datetime, end: datetime, *, names: Iterable[str] | None = None, region: str | None = None) -> Panel:
    """Hourly means from `start` to `end` (full hours, half-open); two queries however many series.

    Without `names` all indicators of a rhythm of an hour or less and all sensors, both without rain. A lake that does
    not answer leaves the sensors out, and is noted; the indicators come all the same.
    """
    hours = int((end - start) / HOUR)
    found: dict[Series, dict[int, float]] = {}
    for series, hour, value in [
        *_readings(start, end, names, region),
        *(_observed(start, end) if names is None else ()),
    ]:
        if 0 <= hour < hours:
            found.setdefault(series, {})[hour] = value
    values = np.full((len(found), hours), np.nan)
    for row, by_hour in enumerate(found.values()):
        values[row, list(by_hour)] = list(by_hour.values())
    return Panel(list(found), values, start)


def _readings(
    start: datetime, end: datetime, names: Iterable[str] | None, region: str | None
) -> list[tuple[Series, int, float]]:
    known = {name: one for name, one in indicators().items() if one.period <= HOUR and one.unit != "mm"}
    wanted = list(known if names is None else [name for name in names if name in indicators()])
    with connection.cursor() as cursor:
        cursor.execute(
            _READINGS, {"start": start, "end": end, "names": wanted, "region": region, "origins": list(ORIGINS)}
        )
        read = cursor.fetchall()
    worst: dict[tuple[str, str], int] = {}
    for name, place, _, _, origin in read:
        worst[name, place] = max(worst.get((name, place), 1), origin or 1)
    series = {
        (name, place): Series(
            "indicator", name, place, indicators()[name].title, indicators()[name].unit, indicators()[name].digits,
            ORIGINS[rank - 1],
        )
        for (name, place), rank in worst.items()
    }  # fmt: skip
    return [(series[name, place], int(hour), float(value)) for name, place, hour, value, _ in read]


def _observed(start: datetime, end: datetime) -> list[tuple[Series, int, float]]:
    with connection.cursor() as cursor:
        cursor.execute(_STREAMS)
        streams = {number: rest for number, *rest in cursor.fetchall()}
    if not streams:
        return []
    sql = _OBSERVED.format(origins=list(ORIGINS), numbers=", ".join(str(int(number)) for number in streams))
    try:
        with reader() as cursor:
            read = cursor.execute(sql, [start, start, end]).fetchall()
    except (LakeError, duckdb.Error) as error:
        logger.warning("sensors are left out of this look: %s", error)
        return []
    worst: dict[int, int] = {}
    for number, _, _, origin in read:
        worst[number] = max(worst.get(number, 1), origin or 1)
    series = {
        number: Series("datastream", str(number), region, title, unit, digits, ORIGINS[worst[number] - 1])
        for number, (title, region, unit, digits) in streams.items()
        if number in worst
    }
    return [(series[number], int(hour), float(value)) for number, hour, value, _ in read]

"""Water levels of all gauges that somebody may see, at any moment: a fixed number of queries, however many gauges."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import pyarrow as pa
from django.core.cache import cache

from yongzhou.core.catalogue.reader import reader
from yongzhou.core.data.geometry import lon_lat
from yongzhou.core.lake import LakeError
from yongzhou.core.things.models import Datastream, Latest
from yongzhou.portals.cockpit.access import Screen
from yongzhou.systems.governance.water.models import HydroStation

LEVELS: Final = ("level", "reservoir_level")
OLD: Final = timedelta(hours=2)  # an older value says nothing about the moment
_BEFORE: Final = timedelta(hours=1)  # rising or falling is told by the level of an hour ago

# Numbers are written out: DuckLake prunes files by constants only.
_AT: Final = """
SELECT datastream, arg_max(result, phenomenon) AS value, max(phenomenon) AS at,
       arg_max(result, phenomenon) FILTER (phenomenon <= ?) AS earlier, arg_max(origin, phenomenon) AS origin
FROM lake.observation
WHERE datastream IN ({numbers}) AND flag < 4 AND NOT isnan(result) AND phenomenon > ? AND phenomenon <= ?
GROUP BY datastream
"""


@dataclass(frozen=True, slots=True)
class Gauge:
    """One gauge with its level at the moment that is shown; `level` None where nothing was measured."""

    number: int
    station: str
    river: str
    reservoir: bool
    href: str
    place: tuple[float, float] | None
    warning: float
    low: float
    level: float | None
    as_of: datetime | None
    rate: float | None  # m in the last hour
    origin: str

    @property
    def over(self) -> float | None:
        """Metres above the warning line, negative below."""
        return None if self.level is None else self.level - self.warning

    @property
    def label(self) -> str:
        """白水河·白水; a reservoir says that its line is the flood-season limit."""
        return (
            f"{self.station} 汛限" if self.reservoir else f"{self.river}·{self.station}" if self.river else self.station
        )

    @property
    def trend(self) -> str:
        """Arrow of the last hour; nothing where it is not known."""
        if self.rate is None:
            return ""
        return "↑" if self.rate > 0.02 else "↓" if self.rate < -0.02 else "→"


def gauges(screen: Screen) -> list[Gauge]:
    """Gauges with a warning line, the furthest above it first."""
    streams = list(
        Datastream.visible_to(screen.who)
        .filter(observed__in=LEVELS, active=True, limit__isnull=False)
        .select_related("thing")
        .order_by("number")
    )
    numbers = [stream.number for stream in streams]
    rivers = dict(
        HydroStation.visible_to(screen.who).filter(pk__in=[s.thing_id for s in streams]).values_list("pk", "river")
    )
    lake = {row["datastream"]: row for row in _lake(numbers, screen).to_pylist()}
    latest = {} if screen.at else {row.datastream: row for row in Latest.objects.filter(datastream__in=numbers)}
    found = []
    for stream in streams:
        past, live = lake.get(stream.number), latest.get(stream.number)
        level, as_of = (past["value"], past["at"]) if past else (None, None)
        origin = past["origin"] if past else stream.origin
        if live is not None and live.result is not None and screen.now - live.phenomenon < OLD:
            level, as_of, origin = live.result, live.phenomenon, live.origin
        earlier = past["earlier"] if past else None
        thing, warning = stream.thing, float(stream.limit or 0)
        found.append(
            Gauge(
                number=stream.number,
                station=thing.name,
                river=rivers.get(thing.pk, ""),
                reservoir=stream.observed == "reservoir_level",
                href=f"/desk/water/stations/{thing.pk}/" if thing.pk in rivers else thing.get_absolute_url(),
                place=lon_lat(thing.geometry),
                warning=warning,
                low=warning - 3,
                level=level,
                as_of=as_of,
                rate=None if level is None or earlier is None else level - earlier,
                origin=origin,
            )
        )
    return sorted(found, key=lambda gauge: (gauge.over is None, -(gauge.over or 0)))


def _lake(numbers: list[int], screen: Screen) -> pa.Table:
    """What the lake says of a moment; for now it only tells the trend, so half a minute old is good enough."""
    moment = screen.moment
    if screen.at is None:
        moment = moment.replace(second=moment.second // 30 * 30, microsecond=0)
    key = f"cockpit.lake.{hash(tuple(numbers))}.{moment.timestamp():.0f}"
    known = cache.get(key)
    if known is None:
        known = ask(_AT, numbers, [moment - _BEFORE, moment - OLD, moment])
        cache.set(key, known, 120)
    table: pa.Table = known
    return table


def ask(sql: str, numbers: list[int], parameters: list[object]) -> pa.Table:
    """A question to the lake about some datastreams; an empty table where there is no lake yet."""
    listed = ", ".join(str(int(number)) for number in numbers) or "NULL"
    try:
        with reader() as cursor:
            table: pa.Table = cursor.execute(sql.format(numbers=listed), parameters).to_arrow_table()
    except LakeError:
        return pa.table({})
    return table


_COURSE: Final = """
SELECT time_bucket(INTERVAL '10 minutes', phenomenon) AS at, arg_max(result, phenomenon) AS value
FROM lake.observation
WHERE datastream IN ({numbers}) AND flag < 4 AND NOT isnan(result) AND phenomenon > ? AND phenomenon <= ?
GROUP BY 1 ORDER BY 1
"""


def course(number: int, start: datetime, end: datetime) -> list[tuple[datetime, float]]:
    """Level of one gauge each ten minutes."""
    return [(row["at"], row["value"]) for row in ask(_COURSE, [number], [start, end]).to_pylist()]

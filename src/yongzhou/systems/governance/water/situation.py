"""The rain and water situation at one moment: every station that somebody may see, in a fixed number of reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import numpy as np

from yongzhou.core.data.actor import Actor
from yongzhou.core.data.geometry import lon_lat
from yongzhou.core.things.models import Datastream, Latest
from yongzhou.systems.governance.water.city import LEVELS
from yongzhou.systems.governance.water.flash_flood import grade_of_stage, lower_bound
from yongzhou.systems.governance.water.judge import RAIN
from yongzhou.systems.governance.water.models import STAGES, HydroStation
from yongzhou.systems.governance.water.rainfall import History, rain_before

STEADY_MH: Final = 0.02  # m/h: below it a level neither rises nor falls
EXPECTED_S: Final = 60


@dataclass(slots=True)
class Reading:
    """The newest value of a datastream at a moment."""

    value: float
    at: datetime
    received: datetime
    flag: int
    origin: str
    frame: UUID | None


@dataclass(slots=True)
class Line:
    """One station as the table and the map show it."""

    station: HydroStation
    level_stream: int | None = None
    level: Reading | None = None
    rain_stream: int | None = None
    voltage: Reading | None = None
    voltage_stream: int | None = None
    trend_mh: float | None = None
    rain_1h: float | None = None
    rain_3h: float | None = None
    streams: list[Datastream] = field(default_factory=list)
    seen: datetime | None = None

    @property
    def over_m(self) -> float | None:
        """Metres above the warning line; negative below it."""
        if self.level is None or self.station.warning_m is None:
            return None
        over: float = self.level.value - self.station.warning_m
        return round(over, 2)

    @property
    def grade(self) -> int:
        """0 to 2 of `grade_of_stage`; 0 without a level."""
        if self.level is None:
            return 0
        return grade_of_stage(self.level.value, self.station.warning_m, self.station.guarantee_m)

    @property
    def grade_words(self) -> str:
        """The stage in words; says so where there is no level."""
        if self.station.warning_m is None:
            return ""
        return STAGES[str(self.grade)] if self.level is not None else "没有水位"

    @property
    def trend(self) -> str:
        """Rising, falling, steady; nothing where an hour ago is unknown."""
        if self.trend_mh is None:
            return ""
        return "涨" if self.trend_mh > STEADY_MH else "落" if self.trend_mh < -STEADY_MH else "平"

    @property
    def live(self) -> str:
        """Topic and number of the live level."""
        return f"latest:{self.level_stream}" if self.level_stream is not None else ""

    @property
    def place(self) -> tuple[float, float] | None:
        """Longitude, latitude."""
        return lon_lat(self.station.geometry)


def situation(actor: Actor, now: datetime, at: datetime | None = None, *, station: UUID | None = None) -> list[Line]:
    """All stations that `actor` may see, by river from its source, as they stood at `at` (None: now)."""
    stations = HydroStation.visible_to(actor).select_related("owner")
    if station is not None:
        stations = stations.filter(pk=station)
    lines = {row.pk: Line(row) for row in stations.order_by("river", "order_on_river", "code")}
    streams = Datastream.objects.filter(thing__in=lines, active=True).order_by("number")
    for stream in streams:
        line = lines[stream.thing_id]
        line.streams.append(stream)
        if stream.observed in LEVELS:
            line.level_stream = stream.number
        elif stream.observed == "rain":
            line.rain_stream = stream.number
        elif stream.observed == "voltage":
            line.voltage_stream = stream.number
    moment = at or now
    newest = newest_values(
        [stream.number for line in lines.values() for stream in line.streams], moment, past=at is not None
    )
    for line in lines.values():
        line.level = newest.get(line.level_stream or -1)
        line.voltage = newest.get(line.voltage_stream or -1)
        seen = [newest[stream.number].received for stream in line.streams if stream.number in newest]
        line.seen = max(seen, default=None)
    _trends(list(lines.values()), moment)
    _rains(list(lines.values()), moment)
    return list(lines.values())


def newest_values(numbers: Sequence[int], at: datetime, *, past: bool) -> dict[int, Reading]:
    if not past:
        return {
            row.datastream: Reading(row.result, row.phenomenon, row.received, row.flag, row.origin, row.frame)
            for row in Latest.objects.filter(datastream__in=numbers, result__isnull=False)
            if row.result is not None
        }
    table = History().history(numbers, at - timedelta(hours=3), at + timedelta(seconds=1))
    found: dict[int, Reading] = {}
    for row in table.to_pylist():
        if row["flag"] < 4 and row["result"] is not None:  # ordered by time: the last one stays
            found[row["datastream"]] = Reading(
                row["result"], row["phenomenon"], row["received"], row["flag"], row["origin"], UUID(str(row["frame"]))
            )
    return found


def _trends(lines: list[Line], at: datetime) -> None:
    """Change per hour against the level of an hour ago; one that began later: against its first report."""
    numbers = [line.level_stream for line in lines if line.level_stream is not None and line.level is not None]
    if not numbers:
        return
    table = History().history(numbers, at - timedelta(minutes=75), at - timedelta(minutes=10))
    before: dict[int, tuple[datetime, float]] = {}
    for row in table.to_pylist():
        if row["flag"] < 4 and row["result"] is not None:
            gap = abs((row["phenomenon"] - (at - timedelta(hours=1))).total_seconds())
            known = before.get(row["datastream"])
            if known is None or gap < abs((known[0] - (at - timedelta(hours=1))).total_seconds()):
                before[row["datastream"]] = (row["phenomenon"], row["result"])
    for line in lines:
        if line.level is not None and line.level_stream in before:
            moment, value = before[line.level_stream]
            hours = (line.level.at - moment).total_seconds() / 3600
            if hours >= 0.15:
                line.trend_mh = round((line.level.value - value) / hours, 2)


def _rains(lines: list[Line], at: datetime) -> None:
    streams = [[stream.number for stream in line.streams if stream.observed in RAIN] for line in lines]
    if not any(streams):
        return
    rain = rain_before(streams, at, hours=3, wetness=False)
    one, three = lower_bound(rain.depth, 60), lower_bound(rain.depth, 180)
    for row, line in enumerate(lines):
        line.rain_1h = None if np.isnan(one[row]) else float(one[row])
        line.rain_3h = None if np.isnan(three[row]) else float(three[row])

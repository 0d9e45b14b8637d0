"""A station's hydrograph as the chart takes it: level with gaps, rain bars, limits."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from yongzhou.core.data.origin import worst
from yongzhou.core.things.models import Datastream
from yongzhou.systems.governance.water.city import LEVELS
from yongzhou.systems.governance.water.models import HydroStation
from yongzhou.systems.governance.water.rainfall import History

Point = tuple[str, float | None]
MAX_HOURS: Final = 24 * 31
_STEPS: Final = ((6, 60), (36, 300), (24 * 8, 1800), (MAX_HOURS, 3600))  # (up to hours, seconds a step)


def step_for(hours: int) -> int:
    """Seconds a step so that a chart has some hundred points."""
    return next(step for most, step in _STEPS if hours <= most)


def hydrograph(station: HydroStation, end: datetime, hours: int) -> dict[str, object]:
    """JSON of `look/chart.mjs`: level or flow (the mean of a step's last values), rain (sum of a step), warning lines.

    A step without a sound value is null and leaves a gap; so do rains. `origin` is the worst of what is shown.
    """
    step = step_for(hours)
    streams = {row.observed: row for row in Datastream.objects.filter(thing=station.pk, active=True)}
    wanted = [streams[name] for name in (*LEVELS, "flow", "rain", "rain_1h") if name in streams]
    start = end - timedelta(hours=hours)
    table = History().history([row.number for row in wanted], start, end + timedelta(seconds=1), step=step)
    points: dict[int, dict[datetime, tuple[float | None, float | None]]] = {row.number: {} for row in wanted}
    origins: set[str] = set()
    for row in table.to_pylist():
        total = row["avg"] * row["valid"] if row["avg"] is not None else None
        points[row["datastream"]][row["bucket"]] = (row["last"], total)
        origins.update(row["origins"])
    series = []
    for stream in wanted:
        is_rain = stream.observed in ("rain", "rain_1h")
        known = points[stream.number]
        if not known:
            continue
        series.append(
            {
                "name": stream.name,
                "unit": stream.unit.replace("m3/s", "m³/s"),
                "kind": "rain" if is_rain else "level" if stream.observed in LEVELS else "line",
                "points": _points(known, step, stream.digits, rain=is_rain),
            }
        )
    order = {"level": 0, "line": 1, "rain": 2}
    series = sorted(series, key=lambda one: order[str(one["kind"])])
    rains = [one for one in series if one["kind"] == "rain"]
    flows = [one for one in series if one["kind"] == "line"]
    shown = [one for one in series if one["kind"] == "level"] or flows  # a flow is no level: not on the same axis
    limits = [
        {"name": name, "value": value}
        for name, value in _limits(station)
        if value is not None and any(one["kind"] == "level" for one in shown)
    ]
    return {"series": [*shown, *rains[:1]], "limits": limits, "origin": worst(origins), "step": step}


def _limits(station: HydroStation) -> list[tuple[str, float | None]]:
    first, second = ("汛限", "正常") if station.kind == "RR" else ("警戒", "保证")
    return [(first, station.warning_m), (second, station.guarantee_m)]


def _points(
    known: dict[datetime, tuple[float | None, float | None]], step: int, digits: int, *, rain: bool
) -> list[Point]:
    points: list[Point] = []
    before: datetime | None = None
    for bucket in sorted(known):
        last, total = known[bucket]
        value = total if rain else last
        if before is not None and not rain and (bucket - before).total_seconds() > 3 * max(step, 300):
            points.append(((before + timedelta(seconds=step)).isoformat(), None))  # silence is drawn as a gap
        points.append((bucket.isoformat(), None if value is None else round(value, digits)))
        before = bucket
    return points

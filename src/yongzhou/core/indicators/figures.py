"""Read numbers for people: value, age, origin, and the way back to definition and rows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F
from django.db.models.functions import Length
from django.utils import timezone

from yongzhou.core.data.origin import worst
from yongzhou.core.indicators.definition import Indicator, indicators
from yongzhou.core.indicators.models import Reading, Run


@dataclass(frozen=True, slots=True)
class Figure:
    """One shown number. `value` None means 无数据源."""

    indicator: Indicator
    value: float | None
    as_of: datetime | None
    origin: str
    stale: bool
    error: str = ""

    @property
    def text(self) -> str:
        """The number as shown; 无数据源 without one."""
        return "无数据源" if self.value is None else f"{self.value:,.{self.indicator.digits}f}"

    @property
    def url(self) -> str:
        """Where the number opens: definition, history, rows."""
        return f"/desk/indicators/{self.indicator.name}/"


def value(name: str, *, at: datetime | None = None, region: str = "4311") -> Figure:
    """The last reading of an indicator at an instant for a region; `KeyError` for an unknown indicator."""
    return values([name], at=at, region=region)[name]


def values(names: Iterable[str], *, at: datetime | None = None, region: str = "4311") -> dict[str, Figure]:
    """Several at once, two queries."""
    wanted = {name: indicators()[name] for name in names}
    moment = at or timezone.now()
    readings = Reading.objects.filter(indicator__in=wanted, region=region, period__lte=moment)
    newest = {
        reading.indicator: reading
        for reading in readings.order_by("indicator", F("period").desc()).distinct("indicator")
    }
    runs = {run.indicator: run for run in Run.objects.filter(indicator__in=wanted)}
    figures = {}
    for name, indicator in wanted.items():
        reading, run = newest.get(name), runs.get(name)
        good_at = run.good_at if run else None
        late = good_at is None or timezone.now() - good_at > 3 * indicator.refresh + timedelta(seconds=30)
        figures[name] = Figure(
            indicator=indicator,
            value=reading.value if reading else None,
            as_of=(good_at if at is None else reading.period) if reading else None,
            origin=reading.origin if reading else "measured",
            stale=at is None and late,
            error=run.error if run else "",
        )
    return figures


def by_region(name: str, *, at: datetime | None = None, length: int = 6) -> dict[str, tuple[float | None, str]]:
    """The last reading of each region with codes of one length (6 county, 9 town): region to (value, origin).

    Levels may have different rhythms (counties each five minutes, towns each hour): each has its own last period.
    """
    moment = at or timezone.now()
    rows = Reading.objects.annotate(level=Length("region")).filter(indicator=name, period__lte=moment, level=length)
    last = (
        rows.order_by("-period").values_list("period", flat=True).first()
    )  # the index is walked back to the first hit
    if last is None:
        return {}
    found = rows.filter(period=last).values_list("region", "value", "origin")
    return {region: (number, origin) for region, number, origin in found}


def series(
    name: str, start: datetime, end: datetime, *, region: str = "4311"
) -> tuple[list[tuple[datetime, float | None]], str]:
    """Readings of a region in a half-open period, and their worst origin."""
    rows = list(
        Reading.objects.filter(indicator=name, region=region, period__gte=start, period__lt=end)
        .order_by("period")
        .values_list("period", "value", "origin")
    )
    return [(period, number) for period, number, _ in rows], worst(origin for *_, origin in rows)

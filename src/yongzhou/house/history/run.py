"""All of the synthetic past in order: observations, events, readings, states."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import connection, transaction

from yongzhou.core.data.actor import system
from yongzhou.core.home import Home
from yongzhou.core.lake import connect
from yongzhou.core.places.models import Place
from yongzhou.house.history import events, follow_up, observations, people, readings
from yongzhou.house.history.weather import STEP_S

LEFT_ALONE: Final = timedelta(minutes=10)  # always comes by the doors


@dataclass(frozen=True, slots=True)
class Report:
    """How many rows went in."""

    observations: int = 0
    events: int = 0
    warnings: int = 0
    readings: int = 0
    states: int = 0
    persons: int = 0

    @property
    def text(self) -> str:
        """One Chinese line."""
        if not any((self.observations, self.events, self.persons)):
            return "历史已经在了，没有增加"
        return (
            f"观测 {self.observations:,} 条，事件 {self.events:,} 件，预警 {self.warnings:,} 条，"
            f"指标读数 {self.readings:,} 个，态势 {self.states:,} 行，人员 {self.persons:,} 名"
        )


def generate(
    home: Home, reach: timedelta, *, persons: int = 0, now: datetime, tell: Callable[[str], object] = lambda _: None
) -> Report:
    """Load the past of a home; what a former run has loaded stays as it is. Raises `LakeError` without a lake."""
    actor = system("generate")
    lake = connect(home, memory="512MB", threads=2)
    try:
        until = _until(now)
        if (live := observations.first_live(lake, now - reach, now)) is not None:
            until = min(until, live)
        until = datetime.fromtimestamp(_planned(int(until.timestamp())), now.tzinfo)
        past = observations.make(until - reach, until)
        tell(f"{len(past.gauges.code)} 个测站，{len(past.times):,} 个时刻")
        observed = observations.load(lake, past)
    finally:
        lake.close()
    report = Report(observations=observed, persons=people.load(persons, actor) if persons else 0)
    with transaction.atomic():  # all or nothing: a broken run can be repeated
        if not _claim():
            return report
        lives = events.load(until - reach, until, actor)
        tell(f"事件 {len(lives.opened):,} 件")
        tell(f"工单、话务、核查等 {follow_up.load(until, actor):,} 条")
        warned = events.warnings(past, actor)
        counties = list(
            Place.objects.filter(kind="county", valid_to__isnull=True).order_by("code").values_list("code", flat=True)
        )
        read = readings.load(past, lives, until, counties)
        tell(f"指标读数 {read:,} 个")
        states = readings.states(until)
    return Report(observed, len(lives.opened), warned, read, states, report.persons)


def _until(now: datetime) -> datetime:
    seconds = (now - LEFT_ALONE).timestamp() // STEP_S * STEP_S
    return datetime.fromtimestamp(seconds, now.tzinfo)


_TABLE: Final = (
    "create table if not exists house_history "
    "(one boolean primary key default true, until bigint not null, loaded boolean not null default false)"
)


def _planned(until: int) -> int:
    """The end of the first run: a broken one is finished, and never doubled."""
    with connection.cursor() as cursor:
        cursor.execute(_TABLE)
        cursor.execute("insert into house_history (until) values (%s) on conflict do nothing", [until])
        cursor.execute("select until from house_history")
        return int(cursor.fetchone()[0])


def _claim() -> bool:
    """Whether the records are still to be loaded; only one run gets it."""
    with connection.cursor() as cursor:
        cursor.execute("update house_history set loaded = true where not loaded returning 1")
        return cursor.fetchone() is not None

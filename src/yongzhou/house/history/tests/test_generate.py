"""`yongzhou generate` on a real house: what it leaves alone, what it fills, and that a second run adds nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from yongzhou.core.home import Home
from yongzhou.core.indicators.models import Reading
from yongzhou.core.lake import connect
from yongzhou.core.matters.life import CLOSED
from yongzhou.core.matters.models import Matter, MatterStep
from yongzhou.house.history.run import Report, generate
from yongzhou.systems.governance.city_operations.models import StateVector
from yongzhou.systems.governance.grid_governance.models import Event

NOW = datetime.now(UTC)


@pytest.fixture(scope="module")
def report(committed_db: str) -> Iterator[Report]:
    yield generate(Home.here(), timedelta(days=2), now=NOW)
    lake = connect(Home.here())
    with lake.cursor() as cursor:
        cursor.execute("delete from lake.observation where origin = 'synthetic'")
        cursor.execute("delete from lake.reader_position where stream = 'history'")
    lake.close()


def _lake_counts() -> tuple[int, datetime | None]:
    lake = connect(Home.here())
    try:
        with lake.cursor() as cursor:
            found = cursor.execute("select count(*), max(phenomenon) from lake.observation").fetchone()
    finally:
        lake.close()
    return (found[0], found[1]) if found else (0, None)


def test_it_fills_lake_events_and_readings(report: Report) -> None:
    assert report.observations > 20_000
    assert Event.objects.filter(origin="synthetic").count() == report.events > 20
    assert Reading.objects.filter(indicator="water.area_rain_3h", region="4311").count() > 500
    assert StateVector.objects.filter(region="4311").exists()


def test_the_last_ten_minutes_are_left_alone(report: Report) -> None:
    _, newest = _lake_counts()
    assert newest is not None
    assert newest <= NOW - timedelta(minutes=10)


def test_everything_says_that_it_is_synthetic(report: Report) -> None:
    for model in (Matter, MatterStep, Reading):
        assert set(model.objects.values_list("origin", flat=True)) == {"synthetic"}  # type: ignore[attr-defined]


def test_the_story_of_an_event_ends_in_its_state(report: Report) -> None:
    last = dict(MatterStep.objects.order_by("matter", "at").values_list("matter", "after"))
    assert last == dict(Matter.objects.values_list("pk", "state"))
    assert Matter.objects.exclude(state__in=CLOSED).exists()


def test_readings_agree_with_the_events(report: Report) -> None:
    reading = Reading.objects.filter(indicator="city_operations.open_matters", region="4311").latest("period")
    open_then = Matter.objects.filter(opened_at__lte=reading.period).exclude(closed_at__lte=reading.period).count()
    assert reading.value == open_then


def test_a_second_run_adds_nothing(report: Report) -> None:
    before = (_lake_counts()[0], Matter.objects.count(), Reading.objects.count())
    again = generate(Home.here(), timedelta(days=2), now=NOW + timedelta(minutes=30))
    assert "没有增加" in again.text
    assert (_lake_counts()[0], Matter.objects.count(), Reading.objects.count()) == before

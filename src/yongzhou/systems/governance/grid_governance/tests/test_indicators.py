"""The room's indicators on a real lake reader: right columns, right numbers."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from yongzhou.core.catalogue import reader
from yongzhou.core.indicators.compute import compute
from yongzhou.core.indicators.definition import indicators
from yongzhou.core.indicators.models import Run
from yongzhou.core.matters.models import Matter
from yongzhou.systems.governance.grid_governance.models import Event, HotlineCall

NAMES = ("on_time_rate", "median_first_response", "open_events", "first_assignment_accuracy", "satisfaction")


@pytest.fixture(scope="module", autouse=True)
def _events(committed_db: str, django_db_blocker: object):
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        at = timezone.now().replace(hour=4, minute=0, second=0, microsecond=0) - timedelta(days=1)
        rows = [("closed", 1, 5, 0), ("closed", 3, 2, 1), ("assigned", None, None, 0), ("merged", None, None, 0)]
        for number, (state, done, rating, rejected) in enumerate(rows):
            Event(
                number=f"SJ-{number}",
                kind="event",
                steward="grid_governance",
                title="x",
                region="431181107903",
                opened_at=at,
                state=state,
                assigned_at=at,
                accepted_at=at + timedelta(minutes=10 * number) if done else None,
                done_at=at + timedelta(hours=done) if done else None,
                closed_at=at + timedelta(hours=done) if done else None,
                due=at + timedelta(hours=2) if done else timezone.now() + timedelta(days=1),
                rating=rating,
                rejected_count=rejected,
                source="alarm" if number == 0 else "staff",
                report_count=3 if number == 1 else 1,
                reopen_count=1 if number == 1 else 0,
            ).save()
        for wait in (10, 20):
            answered = at + timedelta(seconds=wait)
            HotlineCall(call_id=f"C-{wait}", region="431181107", queued_at=at, answered_at=answered).save()
        _close_readers()
        yield
        _close_readers()
        connection.close()


def _close_readers() -> None:
    """The catalogue keeps its DuckDB: let go of it, else the next module cannot renew its database."""
    for lake in reader._lakes.values():
        lake.close()
    reader._lakes.clear()


@pytest.mark.parametrize(
    ("name", "value", "numerator", "denominator"),
    [
        ("on_time_rate", 50.0, 1, 2),
        ("merged_share", 40.0, 2, 5),
        ("reopen_rate", 50.0, 1, 2),
        ("pushed_around", 0.0, 0, 3),
        ("auto_share", 100 / 3, 1, 3),
        ("answered_in_15s", 50.0, 1, 2),
        ("median_first_response", 5.0, 2, 2),
        ("open_events", 1.0, 1, 4),
        ("first_assignment_accuracy", 100 * 2 / 3, 2, 3),
        ("satisfaction", 50.0, 1, 2),
    ],
)
def test_value(name: str, value: float, numerator: float, denominator: float):
    assert Matter.objects.count() == 4
    compute(indicators()[f"grid_governance.{name}"])
    assert Run.objects.get(indicator=f"grid_governance.{name}").error == ""
    with connection.cursor() as cursor:
        cursor.execute(
            "select region, value, numerator, denominator from core_reading where indicator = %s",
            [f"grid_governance.{name}"],
        )
        assert cursor.fetchall() == [("431181", pytest.approx(value), numerator, denominator)]

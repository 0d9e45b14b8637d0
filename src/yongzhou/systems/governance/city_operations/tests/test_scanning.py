"""From readings to baselines, from baselines to anomalies, on real PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import numpy as np
import pytest

from yongzhou.core.indicators.models import Reading
from yongzhou.systems.governance.city_operations import operations, periodic
from yongzhou.systems.governance.city_operations.models import Anomaly, Baseline, Scan
from yongzhou.systems.governance.city_operations.operations import scanning
from yongzhou.systems.governance.city_operations.series import HOUR, Panel, Series, full_hour
from yongzhou.testing import events, queries, refused, run

pytestmark = pytest.mark.django_db
NAME = "city_operations.open_matters"
NOW = full_hour(datetime.now(UTC)) + timedelta(minutes=10)
LAST = full_hour(NOW) - HOUR  # the last full hour
PLACES = ("4311", "431102", "431181")


def fill(days: int = 15, spread: float = 2.0) -> None:
    """Quiet readings of three places up to the hour before the last."""
    random = np.random.default_rng(7)
    rows = [
        Reading(
            indicator=NAME, region=place, period=LAST - step * HOUR, value=round(20 + spread * random.normal(), 1),
            origin="synthetic", computed_at=NOW,
        )
        for place in PLACES for step in range(1, days * 24)
    ]  # fmt: skip
    Reading.objects.filter(indicator=NAME).delete()
    Reading.objects.bulk_create(rows)


def say(value: float, region: str = "431181", hour: datetime = LAST) -> None:
    Reading.objects.update_or_create(
        indicator=NAME, region=region, period=hour,
        defaults={"value": value, "origin": "synthetic", "computed_at": NOW},
    )  # fmt: skip


@pytest.fixture
def learned(cast: SimpleNamespace) -> SimpleNamespace:
    fill()
    run(operations.train_baselines, cast.duty)
    for place in PLACES:
        say(20, place)
    return cast


def test_a_baseline_says_what_is_normal_and_from_how_many_days(learned: SimpleNamespace) -> None:
    row = Baseline.objects.get(source="indicator", series=NAME, region="431181")
    assert row.days in (14, 15)
    assert row.origin == "synthetic"
    assert np.nanmedian(np.array(row.profile["centre"], dtype=float)) == pytest.approx(20, abs=1)


def test_what_is_normal_is_no_anomaly(learned: SimpleNamespace) -> None:
    found = run(operations.detect_anomaly, learned.duty, hour=LAST)
    assert (found.found, found.opened) == (0, 0)
    assert found.tests >= 3
    assert Scan.objects.get().tests == found.tests


def test_far_off_is_found_with_its_evidence_and_told_after_two_hours(learned: SimpleNamespace) -> None:
    say(60, hour=LAST - HOUR)
    say(61)
    assert run(operations.detect_anomaly, learned.duty, hour=LAST - HOUR).opened == 1
    row = Anomaly.objects.get(method="level")
    assert (row.state, row.region, row.hours) == ("pending", "431181", 1)
    assert not events("ev.city_operations.anomaly.fired")
    run(operations.detect_anomaly, learned.duty, hour=LAST)
    row.refresh_from_db()
    assert (row.state, row.value, row.hours) == ("firing", 61, 2)
    assert row.expected == pytest.approx(20, abs=2)
    assert (row.adjusted or 0) >= (row.p or 1)
    assert row.reasons["days"] >= 4
    (told,) = events("ev.city_operations.anomaly.fired")
    assert (told["series"], told["method"], told["origin"]) == (NAME, "level", "synthetic")


def test_normal_again_is_over(learned: SimpleNamespace) -> None:
    say(60, hour=LAST - HOUR)
    run(operations.detect_anomaly, learned.duty, hour=LAST - HOUR)
    run(operations.detect_anomaly, learned.duty, hour=LAST)
    assert Anomaly.objects.get(method="level").state == "over"


def test_no_value_is_no_news(learned: SimpleNamespace) -> None:
    say(60, hour=LAST - HOUR)
    run(operations.detect_anomaly, learned.duty, hour=LAST - HOUR)
    Reading.objects.filter(indicator=NAME, region="431181", period=LAST).delete()
    run(operations.detect_anomaly, learned.duty, hour=LAST)
    assert Anomaly.objects.get(method="level").state == "pending"


def test_the_same_hour_again_changes_nothing(learned: SimpleNamespace) -> None:
    say(60)
    run(operations.detect_anomaly, learned.duty, hour=LAST)
    assert run(operations.detect_anomaly, learned.duty, hour=LAST).opened == 0
    assert (Anomaly.objects.get(method="level").hours, Scan.objects.count()) == (1, 1)


def test_a_late_value_is_found_when_its_hour_is_scanned_again(learned: SimpleNamespace) -> None:
    run(operations.detect_anomaly, learned.duty, hour=LAST)
    say(60)
    assert run(operations.detect_anomaly, learned.duty, hour=LAST).opened == 1


def test_a_changed_unit_is_a_fault_not_a_level(learned: SimpleNamespace) -> None:
    say(20_000)
    found = run(operations.detect_anomaly, learned.duty, hour=LAST)
    assert (found.faults, Anomaly.objects.get(region="431181", method="unit").reasons["factor"]) == (1, 1000)
    assert not Anomaly.objects.filter(method="level").exists()


def test_a_young_city_tests_nothing_and_says_so(cast: SimpleNamespace) -> None:
    fill(days=3)
    run(operations.train_baselines, cast.duty)
    say(60)
    found = run(operations.detect_anomaly, cast.duty, hour=LAST)
    assert (found.found, found.learning) == (0, len(PLACES)) or found.learning >= len(PLACES)


def test_an_hour_that_is_not_over_is_refused(cast: SimpleNamespace) -> None:
    refused(operations.detect_anomaly, cast.duty, "too_early", hour=datetime.now(UTC))


def test_a_storm_is_counted_but_not_listed_without_end(cast: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scanning, "CAP", 5)
    keys = [Series("indicator", NAME, f"4311{n:05}", "未结案事项", "件", 0) for n in range(12)]
    for one in keys:
        Baseline.objects.create(
            source="indicator", series=NAME, region=one.region, title=one.title, days=40, memory=0.0,
            trained_until=NOW,
            profile={"centre": [[20.0] * 24] * 9, "scale": [[1.0] * 24] * 9, "days": [[30] * 24] * 9,
                     "freedom": [[30.0] * 24] * 9, "basis": [[0] * 24] * 9},
        )  # fmt: skip
    values = np.random.default_rng(1).normal(20, 1, size=(12, scanning.LOOK_H + 1))
    values[:, -1] = 90
    monkeypatch.setattr(scanning, "panel", lambda start, end: Panel(keys, values, start))
    found = run(operations.detect_anomaly, cast.duty, hour=LAST)
    assert (found.found, found.opened, Anomaly.objects.count()) == (12, 5, 5)


def test_a_scan_of_all_series_is_a_fixed_number_of_queries(learned: SimpleNamespace) -> None:
    with queries(max=22):
        run(operations.detect_anomaly, learned.duty, hour=LAST)


def test_people_say_whether_it_was_true(learned: SimpleNamespace) -> None:
    say(60)
    run(operations.detect_anomaly, learned.duty, hour=LAST)
    row = Anomaly.objects.get(method="level")
    run(operations.acknowledge_anomaly, learned.duty, anomaly=row.pk)
    run(operations.judge_anomaly, learned.duty, anomaly=row.pk, verdict="true", reason="暴雨后集中上报")
    row.refresh_from_db()
    assert (row.verdict, row.judged_by != "", row.acknowledged_at is not None) == ("true", True, True)
    refused(operations.judge_anomaly, learned.leader, "forbidden", anomaly=row.pk, verdict="false", reason="不是")
    refused(operations.judge_anomaly, learned.duty, "invalid", anomaly=row.pk, verdict="maybe", reason="不知")


def test_the_clockwork_learns_first_and_scans_each_hour_once(learned: SimpleNamespace) -> None:
    Baseline.objects.all().delete()
    periodic.scan()
    assert not Scan.objects.exists()
    periodic.learn()
    periodic.scan()
    periodic.scan()
    assert Scan.objects.count() == 1

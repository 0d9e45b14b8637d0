"""Baselines: seasons, holidays, robustness, young series, and the scale that is asked for."""

from __future__ import annotations

import time
from datetime import date, datetime, timedelta

import numpy as np
import pytest

from yongzhou.core.calendar import SHANGHAI, CalendarDay, WorkCalendar
from yongzhou.systems.governance.city_operations import baseline
from yongzhou.systems.governance.city_operations.discoveries import discoveries

START = datetime(2026, 9, 7, tzinfo=SHANGHAI)  # a Monday
PLAIN = WorkCalendar([])
GOLDEN = WorkCalendar(
    [CalendarDay(date(2026, 10, day), "holiday", "国庆节", "") for day in range(1, 8)]
    + [CalendarDay(date(2026, 9, 27), "workday", "国庆节", "")]
)


def weeks(count: int, seed: int = 1) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Series with a day (busy at 10) and a week (quiet at weekends), with noise of sigma 1."""
    kinds, hours = baseline.cells(START, count * 168, PLAIN)
    level = 50 + 20 * (np.abs(hours - 10) < 3) - 15 * (kinds >= 5)
    return level + np.random.default_rng(seed).normal(size=len(hours)), kinds, hours


def test_kinds_of_days_follow_the_calendar() -> None:
    days = [date(2026, 9, 7), date(2026, 9, 27), date(2026, 10, 1), date(2026, 10, 11)]
    assert baseline.kinds_of(days, GOLDEN).tolist() == [0, baseline.SWAPPED, baseline.HOLIDAY, 6]


def test_hours_are_those_of_yongzhou() -> None:
    kinds, hours = baseline.cells(datetime(2026, 9, 6, 17, tzinfo=SHANGHAI), 8, PLAIN)
    assert hours.tolist() == [17, 18, 19, 20, 21, 22, 23, 0]
    assert kinds.tolist() == [6] * 7 + [0]


def test_day_and_week_are_learned() -> None:
    values, kinds, hours = weeks(6)
    found = baseline.train(values[None], kinds, hours, np.array([0.1]))
    assert found.centre[0, 0, 10] == pytest.approx(70, abs=1.5)
    assert found.centre[0, 5, 10] == pytest.approx(55, abs=1.5)
    assert found.centre[0, 2, 3] == pytest.approx(50, abs=1.5)
    assert set(found.basis[0, :7].ravel().tolist()) == {0}
    assert np.median(found.scale[0, :7]) == pytest.approx(1, abs=0.2)


def test_one_flood_does_not_become_the_norm() -> None:
    values, kinds, hours = weeks(6)
    clean = baseline.train(values[None], kinds, hours, np.array([0.1]))
    values[168:216] += 500
    dirty = baseline.train(values[None], kinds, hours, np.array([0.1]))
    assert np.nanmax(np.abs(dirty.centre - clean.centre)) < 3


def test_a_rare_day_borrows_from_its_group_then_from_all() -> None:
    values, kinds, hours = weeks(3)
    found = baseline.train(values[None], kinds, hours, np.array([0.1]))
    assert found.basis[0, 0, 10] == 1  # three Mondays are too few: other working days help
    assert found.centre[0, baseline.SWAPPED, 10] == pytest.approx(70, abs=1.5)
    assert found.centre[0, baseline.HOLIDAY, 10] == pytest.approx(55, abs=1.5)
    young = baseline.train(values[None, :96], kinds[:96], hours[:96], np.array([0.1]))
    assert young.basis[0, 5, 10] == 2  # no weekend yet
    assert baseline.train(values[None, :48], kinds[:48], hours[:48], np.array([0.1])).basis.max() == -1


def test_a_holiday_is_a_kind_of_day_not_an_anomaly() -> None:
    kinds, hours = baseline.cells(START, 31 * 24, GOLDEN)
    quiet = (kinds == baseline.HOLIDAY) | np.isin(kinds, (5, 6))
    values = 50 - 30 * quiet + np.random.default_rng(4).normal(size=len(hours))
    base = baseline.train(values[None], kinds, hours, np.array([0.1]))
    assert base.centre[0, baseline.HOLIDAY, 12] == pytest.approx(20, abs=2)
    holiday = kinds == baseline.HOLIDAY
    assert np.nanmedian(np.abs(baseline.distance(values[None], kinds, hours, base)[0, holiday])) < 1.5
    blind, hours = baseline.cells(START, 31 * 24, PLAIN)  # a calendar that does not know the festival
    base = baseline.train(values[None], blind, hours, np.array([0.1]))
    assert np.nanmedian(np.abs(baseline.distance(values[None], blind, hours, base)[0, holiday])) > 5


def test_a_count_that_was_always_zero_may_become_one() -> None:
    _, kinds, hours = weeks(4)
    base = baseline.train(np.zeros((1, len(hours))), kinds, hours, np.array([1.0]))
    assert baseline.distance(np.ones((1, 1)), kinds[:1], hours[:1], base)[0, 0] == 1.0


def test_missing_hours_stay_missing() -> None:
    values, kinds, hours = weeks(4)
    values[5] = np.nan
    base = baseline.train(values[None], kinds, hours, np.array([0.1]))
    assert np.isnan(baseline.distance(values[None], kinds, hours, base)[0, 5])


def test_a_young_baseline_has_heavy_tails() -> None:
    p = baseline.tail(np.array([4.0, 4.0, 4.0]), np.array([5, 50, 5]), np.array([2.0, 40.0, 0.0]))
    assert p[0] > 0.01 > p[1]
    assert np.isnan(p[2])


def test_p_values_of_what_is_normal_are_not_too_small() -> None:
    values, kinds, hours = weeks(26, seed=8)
    size = len(values)
    base = baseline.train(values[None, : size // 2], kinds[: size // 2], hours[: size // 2], np.array([0.01]))
    later = slice(size // 2, size)
    z = baseline.distance(values[None, later], kinds[later], hours[later], base)[0]
    cell = (0, kinds[later], hours[later])
    p = baseline.tail(z, base.days[cell], base.freedom[cell])
    assert 0.02 < (p < 0.05).mean() < 0.07
    assert discoveries(p).found.sum() <= 3


def test_two_thousand_series_of_a_year_are_learned_and_judged_in_time() -> None:
    """2,000 series x 1 year hourly < 30 s on 2 cores; here a tenth of the series, so a tenth of the time."""
    kinds, hours = baseline.cells(START, 365 * 24, PLAIN)
    values = np.random.default_rng(1).normal(size=(200, len(hours)))
    began = time.process_time()
    base = baseline.train(values, kinds, hours, np.full(200, 0.01))
    z = baseline.distance(values, kinds, hours, base)
    cell = (slice(None), kinds[-1], hours[-1])
    discoveries(baseline.tail(z[:, -1], base.days[cell], base.freedom[cell]))
    assert time.process_time() - began < 3.0


def test_a_day_has_its_hours_once() -> None:
    _, hours = baseline.cells(START + timedelta(days=20), 24, PLAIN)
    assert sorted(hours.tolist()) == list(range(24))

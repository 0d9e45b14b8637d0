"""Link budget and battery against published values; the falling fit against its definition."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yongzhou.systems.foundation.iot_sensing.radio import (
    Phase,
    battery_years,
    coupling_loss_limit,
    coverage_class,
    days_left,
    falling,
    report_energy,
)
from yongzhou.testing import reference


@reference(kind="recomputed", source="3GPP TR 45.820", clause="5.1: coupling loss target 164 dB, NB-IoT link budgets")
@pytest.mark.parametrize(
    ("power", "bandwidth", "figure", "sinr"), [(23, 3_750, 3, -5.7), (35, 180_000, 5, -12.6)], ids=["up", "down"]
)
def test_both_links_of_nb_iot_reach_164_db(power, bandwidth, figure, sinr):
    assert coupling_loss_limit(power, bandwidth, figure, sinr) == pytest.approx(164.0, abs=0.06)


@reference(kind="recomputed", source="3GPP TR 45.820", clause="5.4: 5 Wh, a report a day, 15 uW asleep")
@pytest.mark.parametrize(("joules", "years"), [(1.0, 21.5), (3.5, 10.3)])
def test_battery_of_5_wh(joules, years):
    assert battery_years(5, joules, 1, 15e-6) == pytest.approx(years, abs=0.05)


def test_a_report_is_the_sum_of_its_phases():
    assert report_energy([Phase(0.5, 0.07), Phase(2.0, 0.5)]) == pytest.approx(1.035)


def test_classes_of_coverage_end_at_their_limits():
    loss = np.array([100, 144, 144.1, 154, 164, 164.1, np.nan])
    assert coverage_class(loss).tolist() == [0, 0, 1, 1, 2, 3, 3]


@pytest.mark.parametrize("wrong", [(0, 1, 1, 1e-6), (5, 0, 1, 0), (5, 1, 1, -1)])
def test_a_battery_that_cannot_be(wrong):
    with pytest.raises(ValueError, match="大于 0"):
        battery_years(*wrong)


@given(st.lists(st.floats(2.0, 4.0), min_size=1, max_size=30))
def test_the_falling_fit_falls_keeps_the_mean_and_leaves_falling_alone(values):
    value = np.array(values)
    fitted = falling(value)
    assert (np.diff(fitted) <= 1e-9).all()
    assert fitted.mean() == pytest.approx(value.mean())
    ordered = np.sort(value)[::-1]
    assert falling(ordered) == pytest.approx(ordered)


def test_days_left_of_a_straight_line():
    day = np.arange(10.0)
    assert days_left(day, 3.6 - 0.01 * day, 3.0) == pytest.approx(51.0)
    assert days_left(day, np.full(10, 3.6), 3.0) is None

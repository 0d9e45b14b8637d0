"""Control charts against the handbook's printed tables; stuck values, changed units, related series."""

from __future__ import annotations

import numpy as np
import pytest

from yongzhou.systems.governance.city_operations import charts
from yongzhou.testing import reference

EWMA_DATA = [52.0, 47.0, 53.0, 49.3, 50.1, 47.0, 51.0, 50.1, 51.2, 50.5, 49.6, 47.6, 49.9, 51.3, 47.8, 51.2, 52.6, 52.4,
             53.6, 52.1]  # fmt: skip
EWMA_TABLE = [50.60, 49.52, 50.56, 50.18, 50.16, 49.21, 49.75, 49.85, 50.26, 50.33, 50.11, 49.36, 49.52, 50.05, 49.38,
              49.92, 50.73, 51.23, 51.94, 51.99]  # fmt: skip
CUSUM_DATA = [324.925, 324.675, 324.725, 324.350, 325.350, 325.225, 324.125, 324.525, 325.225, 324.600, 324.625,
              325.150, 328.325, 327.250, 327.825, 328.500, 326.675, 327.775, 326.875, 328.350]  # fmt: skip


@reference(kind="published", source="NIST/SEMATECH e-Handbook of Statistical Methods", clause="6.3.2.4")
def test_ewma_of_the_handbook() -> None:
    # The printed row is carried on from rounded values: its last digit may differ by one.
    assert charts.ewma(np.array(EWMA_DATA), 50.0).tolist() == pytest.approx(EWMA_TABLE, abs=0.011)


@reference(kind="published", source="NIST/SEMATECH e-Handbook of Statistical Methods", clause="6.3.2.4")
def test_upper_limit_of_the_handbook() -> None:
    assert 50 + 3 * float(charts.ewma_sigma(2.0539)) == pytest.approx(52.5884, abs=1e-4)


@reference(kind="recomputed", source="NIST/SEMATECH e-Handbook, data of 6.3.2.3", clause="6.3.2.3")
def test_cusum_signals_where_the_sums_by_hand_do() -> None:
    sums = charts.cusum(np.array(CUSUM_DATA), 325.0, 0.3175)
    by_hand, run = [], 0.0
    for value in CUSUM_DATA:
        run = max(0.0, run + value - 325 - 0.3175)
        by_hand.append(run)
    assert sums.high.tolist() == pytest.approx(by_hand)
    assert int(np.argmax(sums.high > 4.1959)) + 1 == 14
    assert sums.low.max() < 4.1959


def test_a_gap_keeps_the_average_and_the_sums() -> None:
    assert charts.ewma(np.array([1.0, np.nan, 1.0]), 0.0).tolist() == pytest.approx([0.3, 0.3, 0.51])
    assert charts.cusum(np.array([2.0, np.nan]), 0.0, 0.5).high.tolist() == [1.5, 1.5]


def test_memory_widens_the_limit() -> None:
    assert float(charts.ewma_sigma(1.0, memory=0.8)) > float(charts.ewma_sigma(1.0))
    # AR(1) of 0.5, simulated: the sigma of its EWMA is the formula's
    random = np.random.default_rng(1)
    noise, values = random.normal(size=60_000), np.zeros(60_000)
    for step in range(1, 60_000):
        values[step] = 0.5 * values[step - 1] + noise[step]
    measured = charts.ewma(values, 0.0)[1000:].std()
    assert measured == pytest.approx(float(charts.ewma_sigma(values.std(), memory=0.5)), rel=0.03)


@reference(kind="recomputed", source="Hutwagner et al. 2003, J. Urban Health 80 (EARS)", clause="C1, C2, C3")
def test_ears_by_hand() -> None:
    counts = np.array([4.0, 5, 3, 4, 6, 5, 4, 5, 4, 20, 22, 24])
    found = charts.ears(counts)
    for day, gap, mine in ((9, 0, found.c1), (9, 2, found.c2), (11, 2, found.c2)):
        past = counts[day - gap - 7 : day - gap]
        assert mine[day] == pytest.approx((counts[day] - past.mean()) / past.std(ddof=1))
    assert found.c3[11] == pytest.approx(sum(max(0.0, found.c2[day] - 1) for day in (9, 10, 11)))
    assert found.c2[9] > 3
    assert np.isnan(found.c1[:7]).all()
    assert np.isnan(found.c2[:9]).all()


def test_ears_of_zeros_divides_by_nothing() -> None:
    assert charts.ears(np.zeros(12)).c1[-1] == 0


def test_a_sensor_that_stands_still_is_stuck() -> None:
    random = np.random.default_rng(2)
    values = random.normal(size=(3, 48))
    values[0, -24:] = 1.5
    values[2] = 0.0  # never moves: that is how it is
    assert charts.stuck(values, 24, np.array([1.0, 1.0, 0.0])).tolist() == [True, False, False]
    values[0, -3] = np.nan
    assert not charts.stuck(values, 24, np.ones(3))[0]


@pytest.mark.parametrize("factor", [1000.0, 100.0, 0.001])
def test_a_changed_unit_is_named(factor: float) -> None:
    assert charts.unit_jump(np.array([74.6 * factor]), np.array([74.5]), np.array([0.2])).tolist() == [factor]


def test_a_flood_is_no_changed_unit() -> None:
    assert charts.unit_jump(np.array([78.0]), np.array([74.5]), np.array([0.2])).tolist() == [0.0]


def test_what_moves_before_it_is_found_with_its_lag() -> None:
    random = np.random.default_rng(5)
    cause = random.normal(size=300)
    rows = np.vstack([np.roll(cause, 3) + 0.3 * random.normal(size=300), cause, *random.normal(size=(8, 300))])
    (first, lag, corr), *others = charts.related(rows, 0)
    assert (first, lag) == (1, 3)
    assert corr > 0.8
    assert not others


def test_two_slow_walks_are_not_called_related() -> None:
    random = np.random.default_rng(9)
    assert charts.related(np.cumsum(random.normal(size=(6, 400)), axis=1), 0) == []

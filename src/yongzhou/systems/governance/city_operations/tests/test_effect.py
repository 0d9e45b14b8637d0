"""Effects with honest intervals: against an independent package, on known steps, and where nothing may be said."""

from __future__ import annotations

import numpy as np
import pytest

from yongzhou.systems.governance.city_operations import effect
from yongzhou.testing import reference


@reference(kind="recomputed", source="statsmodels 0.15.0, OLS.fit(cov_type='HAC', maxlags=3, use_correction, use_t)",
           clause="Newey & West 1987")  # fmt: skip
def test_segmented_regression_as_statsmodels_computes_it() -> None:
    time, at = np.arange(60.0), 30
    values = 10 + 0.05 * time + np.sin(time * 0.9) + 0.5 * np.cos(2.3 * time)
    values[at:] -= 2 + 0.02 * (time[at:] - at)
    found = effect.interrupted(values, at, lags=3)
    assert found is not None
    assert found.jump == pytest.approx((-1.85129982, -2.62274986, -1.07984978, 1.18924271e-05), rel=1e-6)
    assert found.slope == pytest.approx((-6.97652676e-03, -5.73016163e-02, 4.33485628e-02, 7.82259487e-01), rel=1e-6)


def noise(seed: int, size: int, memory: float = 0.6) -> np.ndarray:
    """AR(1) noise of unit variance."""
    random = np.random.default_rng(seed)
    values = np.zeros(size)
    for step in range(1, size):
        values[step] = memory * values[step - 1] + random.normal() * np.sqrt(1 - memory**2)
    return values


def test_a_step_is_measured_with_its_interval() -> None:
    values = 20 + noise(3, 400)
    values[300:] -= 5
    found = effect.interrupted(values, 300)
    assert found is not None
    assert found.mean.low < -5 < found.mean.high
    assert effect.verdict(found, "down") == "better"
    assert effect.verdict(found, "up") == "worse"


def test_where_nothing_happened_nothing_is_claimed_most_of_the_time() -> None:
    said = [effect.verdict(effect.interrupted(20 + noise(seed, 400), 300), "down") for seed in range(60)]
    assert said.count("unclear") >= 46  # 95 % in the limit; short windows of correlated hours cost some


def test_an_old_trend_is_no_effect() -> None:
    values = 100 - 0.05 * np.arange(400) + noise(5, 400)
    assert effect.verdict(effect.interrupted(values, 300), "down") == "unclear"


def test_too_few_hours_say_nothing() -> None:
    values = np.full(60, np.nan)
    values[:30] = 1.0
    assert effect.interrupted(values, 30) is None
    assert effect.verdict(None, "down") == "short"


def test_gaps_are_left_out() -> None:
    values = 20 + noise(3, 400)
    values[300:] -= 5
    values[50:90] = np.nan
    found = effect.interrupted(values, 300)
    assert found is not None
    assert found.before == 260
    assert effect.verdict(found, "down") == "better"


def test_a_constant_series_has_no_effect_and_no_error() -> None:
    found = effect.interrupted(np.full(100, 7.0), 50)
    assert found is not None
    assert found.mean.value == pytest.approx(0, abs=1e-9)
    assert effect.verdict(found, "down") == "unclear"


def test_what_happens_everywhere_is_no_effect_beside_others() -> None:
    others = np.vstack([20 + noise(seed, 200) for seed in range(8)])
    own = 20 + noise(99, 200)
    for rows in (own, *others):
        rows[150:] -= 6  # it rained less, everywhere
    found = effect.beside(own, others, 150)
    assert found is not None
    assert abs(found.value) < 1.5
    assert found.p > 0.1


def test_the_placebo_p_value_cannot_be_below_what_the_places_allow() -> None:
    others = np.vstack([20 + noise(seed, 200) for seed in range(8)])
    own = 20 + noise(99, 200)
    own[150:] -= 10
    found = effect.beside(own, others, 150)
    assert found is not None
    assert found.value == pytest.approx(-10, abs=1.5)
    assert found.p == pytest.approx(1 / 9)


def test_two_other_places_are_too_few() -> None:
    assert effect.beside(np.ones(200), np.ones((2, 200)), 100) is None
    assert effect.beside(np.ones(200), np.empty((0, 200)), 100) is None

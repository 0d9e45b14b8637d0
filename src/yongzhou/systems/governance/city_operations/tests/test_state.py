"""The pure state machine: published index, monotone, a bad sign is not bought off, hysteresis, missing data."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yongzhou.systems.governance.city_operations import state
from yongzhou.testing import reference

LIMITS = np.array([80.0, 70.0, 60.0, 40.0])
share = st.floats(0, 1)


@reference(kind="published", source="UNDP Human Development Report 2021/22, China 2021", clause="Technical note 1")
def test_hdi_of_china_2021() -> None:
    raw = np.array([78.2, 14.2, 7.6, math.log(17504)])
    signs = state.normalise(raw, np.array([20, 0, 0, math.log(100)]), np.array([85, 18, 15, math.log(75000)]))
    three = np.array([signs[0], (signs[1] + signs[2]) / 2, signs[3]])
    value, confidence = state.score(three, np.ones(3))
    assert round(float(value), 3) == 0.768
    assert confidence == 1.0


@given(st.lists(share, min_size=2, max_size=5), st.integers(0, 4), share)
def test_a_better_sign_never_lowers_the_score(signs: list[float], at: int, better: float) -> None:
    at %= len(signs)
    after = [*signs]
    after[at] = max(signs[at], better)
    weights = np.ones(len(signs))
    low, _ = state.score(np.array(signs), weights)
    high, _ = state.score(np.array(after), weights)
    assert high >= low - 1e-12


@given(st.lists(share, min_size=1, max_size=5))
def test_a_bad_sign_is_not_bought_off(signs: list[float]) -> None:
    value, _ = state.score(np.array(signs), np.ones(len(signs)))
    assert value <= np.mean(signs) + 1e-9
    zero, _ = state.score(np.array([*signs, 0.0]), np.ones(len(signs) + 1))
    assert zero == 0


@given(st.lists(st.floats(0.01, 1), min_size=2, max_size=5), st.lists(st.floats(0.1, 9), min_size=5, max_size=5))
def test_score_lies_between_its_signs(signs: list[float], weights: list[float]) -> None:
    value, _ = state.score(np.array(signs), np.array(weights[: len(signs)]))
    assert min(signs) - 1e-9 <= value <= max(signs) + 1e-9


def test_missing_lowers_confidence_not_the_score() -> None:
    whole, _ = state.score(np.array([0.8, 0.8]), np.array([1.0, 3.0]))
    part, confidence = state.score(np.array([0.8, np.nan]), np.array([1.0, 3.0]))
    assert part == pytest.approx(whole)
    assert confidence == 0.25


def test_no_data_is_no_score() -> None:
    value, confidence = state.score(np.array([[np.nan, np.nan], [0.0, np.nan]]), np.ones(2))
    assert np.isnan(value[0])
    assert value[1] == 0
    assert confidence.tolist() == [0, 0.5]


def test_goalposts_work_both_ways_and_clip() -> None:
    assert state.normalise(np.array([0.0, 1.5, 9.0]), np.array(3.0), np.array(0.0)).tolist() == [1.0, 0.5, 0.0]


def test_equal_goalposts_are_refused() -> None:
    with pytest.raises(ValueError, match="最差值与最好值"):
        state.normalise(np.array([1.0]), np.array(3.0), np.array(3.0))


@pytest.mark.parametrize(("points", "severity"), [(80.0, 0), (79.9, 1), (69.9, 2), (59.9, 3), (39.9, 4), (np.nan, -1)])
def test_severity_by_limits(points: float, severity: int) -> None:
    assert int(state.severity(np.array(points), LIMITS)) == severity


def _run(points: list[float], periods: int = 3, band: float = 3.0) -> list[int]:
    held, shown = state.Held(np.array([-1]), np.array([0])), []
    for value in points:
        held = state.hold(np.array([value]), LIMITS[None], np.array([band]), np.array([periods]), held)
        shown.append(int(held.severity[0]))
    return shown


def test_worse_at_once_better_after_k_periods_beyond_the_band() -> None:
    assert _run([90, 58, 61, 61, 61, 63.1, 63.1, 63.1]) == [0, 3, 3, 3, 3, 3, 3, 2]


def test_a_swing_starts_the_count_again() -> None:
    assert _run([58, 64, 64, 58, 64, 64, 64]) == [3, 3, 3, 3, 3, 3, 2]


def test_a_gap_keeps_what_was_shown() -> None:
    assert _run([58, math.nan, 58]) == [3, 3, 3]


@given(st.lists(st.floats(0, 100), min_size=1, max_size=30))
def test_shown_is_never_milder_than_the_score(points: list[float]) -> None:
    assert all(
        shown >= int(state.severity(np.array(value), LIMITS)) for shown, value in zip(_run(points), points, strict=True)
    )


def test_loss_names_the_sign_that_pulls() -> None:
    assert state.loss(np.array([0.5, 1.0, np.nan]), np.ones(3)).tolist() == [1.0, 0.0, 0.0]
    assert state.loss(np.array([0.0, 0.5]), np.ones(2)).tolist() == [1.0, 0.0]


def test_two_hundred_towns_six_domains_are_one_call() -> None:
    signs = np.random.default_rng(1).random((200, 6, 8))
    value, confidence = state.score(signs, np.ones(8))
    assert value.shape == confidence.shape == (200, 6)

"""The limits of a village, to the tenth of a millimetre."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yongzhou.systems.governance.water.flash_flood import (
    CAPACITY_MM,
    antecedent_index,
    dynamic_limit,
    grade_of_stage,
    judge,
    level,
    lower_bound,
    rolling_sum,
)
from yongzhou.testing import reference


def test_sum_and_level_at_the_limit():
    hour = rolling_sum(np.full((1, 12), 5.0), 60)
    assert hour.shape == (1, 1)
    assert level(hour[:, -1], np.array([45.0]), np.array([60.0])) == 2  # 60.0 is already 'move'


def test_gap_is_not_zero():
    rain = np.full((1, 30), 0.1)
    rain[0, 3] = np.nan
    assert np.isnan(rolling_sum(rain, 60)).sum() == 4
    assert rolling_sum(rain, 60)[0, -1] == 1.2


def test_missing_rain_is_its_own_answer():
    assert level(np.array([np.nan]), np.array([45.0]), np.array([60.0])) == -1


def test_known_rain_is_enough_to_warn():
    rain = np.array([[50.0, np.nan, 11.0], [np.nan, np.nan, np.nan]])
    assert lower_bound(rain, 15).tolist()[0] == 61.0
    assert np.isnan(lower_bound(rain, 15)[1])


@given(st.lists(st.one_of(st.none(), st.floats(0, 50)), min_size=12, max_size=12))
def test_lower_bound_never_exceeds_a_whole_sum(values):
    rain = np.array([[np.nan if value is None else value for value in values]])
    whole = rolling_sum(rain, 60)[0, 0]
    if not np.isnan(whole):
        assert lower_bound(rain, 60)[0] == whole
    elif not np.isnan(rain).all():
        assert lower_bound(rain, 60)[0] <= round(np.nansum(rain), 1)


@reference(kind="recomputed", source="Pa(t+1) = K (Pa(t) + P(t)), Pa <= Im", clause="P-Pa-R correlation of GB/T 22482")
def test_antecedent_index_by_hand():
    # K 0.85: (0 + 20) -> 17; (17 + 10) -> 22.95; capped at 100 after 200 mm
    assert antecedent_index(np.array([[20.0, 10.0]]), 0.85)[0] == pytest.approx(22.95)
    assert antecedent_index(np.array([[200.0]]), 0.85)[0] == CAPACITY_MM


def test_too_few_days_say_nothing_of_wetness():
    assert np.isnan(antecedent_index(np.array([[np.nan, np.nan, 5.0]]))[0])


def test_limits_follow_wetness():
    table = np.full((4, 1), 50.0)
    index = np.array([[0.0], [CAPACITY_MM / 2], [CAPACITY_MM], [np.nan]])
    assert dynamic_limit(table, index).ravel().tolist() == [60.0, 50.0, 40.0, 50.0]


def test_the_gravest_window_counts():
    rain = np.array([[46.0, 110.0, 110.0]])
    levels, window = judge(rain, np.array([[45.0, 80.0, 100.0]]), np.array([[60.0, 105.0, 135.0]]))
    assert (levels[0], window[0]) == (2, 1)


@pytest.mark.parametrize(("stage", "grade"), [(73.99, 0), (74.0, 1), (75.99, 1), (76.0, 2)])
def test_stage_at_its_lines(stage, grade):
    assert grade_of_stage(stage, 74.0, 76.0) == grade


def test_a_station_without_lines_has_no_grade():
    assert grade_of_stage(500.0, None, None) == 0

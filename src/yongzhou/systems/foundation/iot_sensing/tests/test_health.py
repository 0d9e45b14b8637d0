"""Silence, and one outage for a gateway."""

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from yongzhou.systems.foundation.iot_sensing.health import roots, silent


def test_silent_after_three_periods():
    age = np.array([180.0, 180.1, np.nan])
    assert silent(age, np.full(3, 60.0)).tolist() == [False, True, False]


def test_a_gateway_is_one_outage():
    # 0 is the gateway, which reports nothing itself; 1, 2, 3 hang below it; 4 stands alone
    quiet = np.array([False, True, True, True, True])
    parent = np.array([-1, 0, 0, 0, -1])
    reports = np.array([False, True, True, True, True])
    assert roots(quiet, parent, reports).tolist() == [-1, 0, 0, 0, 4]


def test_one_child_that_speaks_clears_the_gateway():
    quiet = np.array([False, True, False, True])
    assert roots(quiet, np.array([-1, 0, 0, 0]), np.array([False, True, True, True])).tolist() == [-1, 1, -1, 3]


def test_a_child_that_never_reported_is_no_witness():
    quiet = np.array([False, True, True, False])
    assert roots(quiet, np.array([-1, 0, 0, 0]), np.array([False, True, True, False])).tolist() == [-1, 0, 0, -1]


def test_two_levels_have_one_root():
    quiet = np.array([False, False, True, True, False, True, True])
    parent = np.array([-1, 0, 1, 1, 0, 4, 4])
    reports = np.array([False, False, True, True, False, True, True])
    assert roots(quiet, parent, reports).tolist() == [-1, -1, 0, 0, -1, 0, 0]


def test_a_gateway_with_a_living_branch_stands():
    # 0 above the gateways 1, 2, 3, each with two stations; those of 3 report
    quiet = np.array([False] * 4 + [True] * 4 + [False] * 2)
    parent = np.array([-1, 0, 0, 0, 1, 1, 2, 2, 3, 3])
    reports = np.array([False] * 4 + [True] * 6)
    assert roots(quiet, parent, reports).tolist() == [-1, -1, -1, -1, 1, 1, 2, 2, -1, -1]


@settings(suppress_health_check=[HealthCheck.too_slow])  # the first draw of a loaded machine
@given(st.data())
def test_every_silence_has_one_root_and_nobody_else(data):
    size = data.draw(st.integers(1, 12))
    quiet = np.array(data.draw(st.lists(st.booleans(), min_size=size, max_size=size)))
    parent = np.array(data.draw(st.lists(st.integers(-1, size - 1), min_size=size, max_size=size)))
    reports = np.array(data.draw(st.lists(st.booleans(), min_size=size, max_size=size))) | quiet
    root = roots(quiet, parent, reports)
    assert ((root >= 0) == quiet).all()

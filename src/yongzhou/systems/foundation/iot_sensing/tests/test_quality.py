"""Reference values of the quality tests and the control chart."""

import numpy as np
import pytest

from yongzhou.systems.foundation.iot_sensing.control_chart import ewma_chart
from yongzhou.systems.foundation.iot_sensing.quality import (
    flat_line,
    gross_range,
    rate_of_change,
    spike,
    stuck_clock,
    worst,
)
from yongzhou.testing import reference

NIST = [
    52.0,
    47.0,
    53.0,
    49.3,
    50.1,
    47.0,
    51.0,
    50.1,
    51.2,
    50.5,
    49.6,
    47.6,
    49.9,
    51.3,
    47.8,
    51.2,
    52.6,
    52.4,
    53.6,
    52.1,
]
NIST_EWMA = [
    50.00,
    50.60,
    49.52,
    50.56,
    50.18,
    50.16,
    49.21,
    49.75,
    49.85,
    50.26,
    50.33,
    50.11,
    49.36,
    49.52,
    50.05,
    49.38,
    49.92,
    50.73,
    51.23,
    51.94,
    51.99,
]


@reference(kind="published", source="NIST/SEMATECH e-Handbook of Statistical Methods", clause="6.3.2.4")
def test_ewma_of_the_handbook():
    chart = ewma_chart(np.array(NIST), 50.0, 2.0539)
    assert np.allclose(chart.ewma, NIST_EWMA, atol=0.005)
    assert (round(chart.upper, 3), round(chart.lower, 3)) == (52.588, 47.412)
    assert not chart.out.any()


def test_ewma_passes_over_a_missing_value():
    assert ewma_chart(np.array([np.nan, 60.0]), 50.0, 1.0).ewma.tolist() == [50.0, 50.0, 53.0]


def test_ewma_refuses_a_weight_of_nothing():
    with pytest.raises(ValueError, match="权重"):
        ewma_chart(np.array([1.0]), 0.0, 1.0, weight=0.0)


def test_gross_range_by_definition():
    value = np.array([[-1.0, 0.0, 1.9, 2.0, 8.0, 8.1, 10.0, 10.1, np.nan]])
    assert gross_range(value, 0, 10, 2, 8).tolist() == [[4, 3, 3, 1, 1, 3, 3, 4, 9]]


def test_spike_by_definition():
    assert spike(np.array([[0.0, 0.0, 5.0, 0.0, 0.0]]), 2.0, 4.0).tolist() == [[2, 3, 4, 3, 2]]
    assert spike(np.array([[1.0, 2.0]]), 2.0, 4.0).tolist() == [[2, 2]]


def test_rate_by_definition():
    at = np.array([[0.0, 60.0, 120.0, 180.0]])
    assert rate_of_change(np.array([[1.0, 1.5, 4.0, np.nan]]), at, 0.02).tolist() == [[2, 1, 3, 9]]


def test_flat_line_by_definition():
    assert flat_line(np.array([[7.0, 7.0, 7.0, 7.0, 7.0, 7.0, 8.0]])).tolist() == [[2, 2, 2, 3, 3, 4, 1]]
    assert flat_line(np.array([[7.0, 7.05, 6.95, 7.0, 9.0]]), eps=0.1).tolist() == [[2, 2, 2, 3, 1]]


def test_a_clock_that_stands_still():
    at = np.array([[0.0, 60.0, 60.0, 60.0, 120.0]])
    received = np.array([[0.0, 60.0, 120.0, 180.0, 240.0]])
    assert stuck_clock(at, received).tolist() == [[1, 1, 1, 3, 1]]


def test_worst_of_tests():
    one, other = np.array([[1, 2, 3, 4, 9]], dtype=np.int8), np.array([[2, 2, 1, 3, 4]], dtype=np.int8)
    assert worst(one, other).tolist() == [[1, 2, 3, 4, 9]]

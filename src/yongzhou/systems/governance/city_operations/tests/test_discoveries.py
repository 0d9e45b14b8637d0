"""False discovery control: the paper's own example, its dependent form, and what both must always hold."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yongzhou.systems.governance.city_operations.discoveries import discoveries
from yongzhou.testing import reference

# Benjamini & Hochberg 1995, section 4.1: 15 hypotheses of a trial of thrombolysis in myocardial infarction.
TRIAL = np.array(
    [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1]
)
chances = st.lists(st.floats(0, 1), min_size=1, max_size=40)


@reference(kind="published", source="Benjamini & Hochberg 1995, J. R. Statist. Soc. B 57", clause="4.1")
def test_the_paper_rejects_the_four_smallest() -> None:
    told = discoveries(TRIAL, 0.05)
    assert told.found.tolist() == [True] * 4 + [False] * 11
    assert told.tests == 15


@reference(kind="published", source="Benjamini & Hochberg 1995, J. R. Statist. Soc. B 57", clause="4.1")
def test_nine_would_be_told_without_any_control_and_three_by_bonferroni() -> None:
    assert int((TRIAL <= 0.05).sum()) == 9
    assert int((TRIAL <= 0.05 / 15).sum()) == 3


@reference(kind="recomputed", source="Benjamini & Yekutieli 2001, Ann. Statist. 29", clause="Theorem 1.3")
def test_any_dependence_costs_the_harmonic_sum() -> None:
    harmonic = sum(1 / rank for rank in range(1, 16))
    by_hand = [p <= rank * 0.05 / (15 * harmonic) for rank, p in enumerate(TRIAL, 1)]
    last = max(rank for rank, held in enumerate(by_hand, 1) if held)
    assert int(discoveries(TRIAL, 0.05, "by").found.sum()) == last == 3


def test_a_test_that_was_not_made_counts_nowhere() -> None:
    with_gaps = np.concatenate([TRIAL, np.full(500, np.nan)])
    told = discoveries(with_gaps)
    assert told.tests == 15
    assert told.found.sum() == 4
    assert np.isnan(told.adjusted[15:]).all()


@given(chances)
def test_control_never_tells_more_than_no_control(p: list[float]) -> None:
    values = np.array(p)
    strict, mild = discoveries(values, 0.05, "by").found, discoveries(values, 0.05, "bh").found
    assert not (strict & ~mild).any()
    assert not (mild & (values > 0.05)).any()


@given(chances)
def test_a_smaller_p_value_is_told_before_a_larger(p: list[float]) -> None:
    values = np.array(p)
    found = discoveries(values).found
    if found.any() and not found.all():
        assert values[found].max() <= values[~found].min()


def test_false_discoveries_stay_below_the_rate() -> None:
    random = np.random.default_rng(3)
    shares = []
    for _ in range(200):
        p = random.uniform(size=200)
        p[:20] = random.uniform(0, 1e-4, 20)  # what is really off
        found = discoveries(p, 0.05).found
        shares.append(found[20:].sum() / max(1, found.sum()))
    assert float(np.mean(shares)) <= 0.05


@pytest.mark.parametrize("wrong", [[-0.1], [1.2]])
def test_no_p_value_outside_of_zero_to_one(wrong: list[float]) -> None:
    with pytest.raises(ValueError, match="p 值"):
        discoveries(np.array(wrong))


def test_nothing_to_test_is_nothing_found() -> None:
    assert discoveries(np.array([])).tests == 0

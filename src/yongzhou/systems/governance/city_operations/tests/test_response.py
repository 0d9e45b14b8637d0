"""The response model: closed forms of queues, equal runs, common calls, plans that cannot be."""

from __future__ import annotations

from dataclasses import replace

import pytest

from yongzhou.systems.governance.city_operations.response import (
    Plan,
    arrivals,
    erlang_c,
    simulate,
    validation,
)
from yongzhou.testing import reference

PLAN = Plan(calls_per_hour=6, teams=4, night_teams=2, work_minutes=25, road_minutes=5, hours=24)


@reference(kind="published", source="Erlang C, M/M/3 with λ = 2/h and μ = 1/h (any queueing text)", clause="M/M/c")
def test_erlang_c_of_two_calls_and_three_teams() -> None:
    waits, queue, wait = erlang_c(2, 1, 3)
    assert waits == pytest.approx(4 / 9)
    assert queue == pytest.approx(8 / 9)
    assert 60 * wait == pytest.approx(26.7, abs=0.05)


@reference(kind="published", source="Erlang C, M/M/3 with λ = 2/h and μ = 1/h (any queueing text)", clause="M/M/c")
def test_the_model_holds_the_closed_form() -> None:
    assert [check.name for check in validation() if not check.held] == []


def test_equal_seed_equal_result() -> None:
    assert simulate(PLAN, 11, 4) == simulate(PLAN, 11, 4)
    assert simulate(PLAN, 11, 4) != simulate(PLAN, 12, 4)


def test_two_plans_of_a_seed_meet_the_same_calls() -> None:
    one, two = simulate(PLAN, 3, 6), simulate(replace(PLAN, teams=6), 3, 6)
    assert one["calls"] == two["calls"]
    assert two["wait"].mean < one["wait"].mean


def test_fewer_teams_at_night_make_longer_waits() -> None:
    assert (
        simulate(replace(PLAN, night_teams=1), 5, 8)["wait"].mean
        > simulate(replace(PLAN, night_teams=4), 5, 8)["wait"].mean
    )


def test_red_calls_wait_less_than_the_rest() -> None:
    busy = simulate(replace(PLAN, calls_per_hour=9, night_teams=4), 5, 8)
    assert busy["wait_red"].mean < busy["wait"].mean


def test_the_profile_of_the_day_shapes_the_calls() -> None:
    import numpy as np

    at = arrivals(replace(PLAN, calls_per_hour=500, profile=(0.0,) * 12 + (1.0,) * 12), np.random.default_rng(1))
    assert (at % 24 >= 12).all()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"teams": 0, "night_teams": 0}, "至少 1 支"),
        ({"night_teams": 9}, "不能多于"),
        ({"calls_per_hour": 0.0}, "大于 0"),
        ({"profile": (1.0,) * 23}, "24 个"),
        ({"calls_per_hour": 1e6}, "超过"),
    ],
)
def test_a_plan_that_cannot_be_is_refused(change: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        simulate(replace(PLAN, **change), 1)  # type: ignore[arg-type]


def test_one_replication_has_no_interval() -> None:
    with pytest.raises(ValueError, match="至少重复"):
        simulate(PLAN, 1, 1)


def test_a_load_that_grows_for_ever_has_no_closed_form() -> None:
    with pytest.raises(ValueError, match="无限增长"):
        erlang_c(3, 1, 3)

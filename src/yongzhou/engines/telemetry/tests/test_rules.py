from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yongzhou.engines.telemetry.rules import Change, Rule, Samples, Watch, windowed

SECOND = 1_000_000
FIVE = 300 * SECOND
T0 = 1_782_000_000 * SECOND
THINGS = {1: "a", 2: "a", 3: "b"}


def samples(*rows: tuple[int, int, float]) -> Samples:
    """(datastream, step of five minutes, value)."""
    stream, at, value = zip(*rows, strict=True)
    return Samples(np.array(stream), T0 + np.array(at) * FIVE, np.array(value, dtype=float))


def kinds(changes: list[Change]) -> list[tuple[str, float]]:
    return [(change.kind, change.value) for change in changes]


def level(**options: object) -> Rule:
    return Rule(**{"number": 0, "datastreams": (1,), "raise_at": 10.0, "clear_at": 9.0, **options})  # type: ignore[arg-type]


def test_raises_at_the_limit_and_clears_below_the_clearing_limit() -> None:
    watch = Watch([level()], THINGS, {})
    rows = [(1, n, value) for n, value in enumerate([9.9, 10.0, 9.0, 9.5, 8.9, 9.5, 10.0])]
    assert kinds(watch.take(samples(*rows))) == [("raised", 10.0), ("cleared", 8.9), ("raised", 10.0)]


def test_hold_wants_consecutive_values_and_counts_over_windows() -> None:
    watch = Watch([level(hold=2)], THINGS, {})
    assert watch.take(samples((1, 0, 11), (1, 1, 9.5), (1, 2, 11))) == []
    assert kinds(watch.take(samples((1, 3, 12)))) == [("raised", 12.0)]


def test_falling_rule() -> None:
    watch = Watch([level(falling=True, raise_at=1.0, clear_at=1.5)], THINGS, {})
    assert kinds(watch.take(samples((1, 0, 1.2), (1, 1, 1.0), (1, 2, 1.5), (1, 3, 1.6)))) == [
        ("raised", 1.0),
        ("cleared", 1.6),
    ]


def test_one_alarm_a_thing_and_rule() -> None:
    watch = Watch([level(datastreams=(1, 2, 3))], THINGS, {})
    raised = watch.take(samples((1, 0, 11), (2, 0, 12), (3, 0, 13)))
    assert [(change.thing, change.datastream) for change in raised] == [("a", 1), ("b", 3)]
    assert watch.take(samples((1, 1, 0))) == []  # the other datastream of this thing is still over
    assert kinds(watch.take(samples((2, 1, 0)))) == [("cleared", 0.0)]


def test_late_value_is_not_judged_again() -> None:
    watch = Watch([level()], THINGS, {})
    watch.take(samples((1, 5, 8)))
    assert watch.take(samples((1, 3, 99))) == []


def rain(**options: object) -> Rule:
    return level(**{"raise_at": 60.0, "clear_at": 30.0, "window": 3600, "aggregate": "sum", **options})


def test_hour_sum_reaches_the_limit_exactly() -> None:
    watch = Watch([rain()], THINGS, {1: 300})
    assert watch.take(samples(*((1, n, 5.0) for n in range(11)))) == []
    assert kinds(watch.take(samples((1, 11, 5.0)))) == [("raised", 60.0)]


def test_a_gap_spoils_its_windows_and_a_late_value_mends_them() -> None:
    watch = Watch([rain()], THINGS, {1: 300})
    assert watch.take(samples(*((1, n, 5.0) for n in range(14) if n != 7))) == []
    assert kinds(watch.take(samples((1, 7, 5.0)))) == [("raised", 60.0)]


def test_a_gap_hides_no_rain_that_is_already_enough() -> None:
    watch = Watch([rain()], THINGS, {1: 300})
    changes = watch.take(samples(*((1, n, 9.0) for n in range(12) if n != 7)))
    assert kinds(changes) == [("raised", 63.0)]  # eight values, seven of them known: 63 mm whatever the eighth was


def test_rate_per_hour_over_the_window() -> None:
    watch = Watch([rain(aggregate="rate", raise_at=0.5, clear_at=0.2, window=1800)], THINGS, {1: 300})
    changes = watch.take(samples(*((1, n, 70 + n * 0.05) for n in range(7))))
    assert [(change.kind, round(change.value, 6)) for change in changes] == [("raised", 0.6)]


def test_state_goes_on_after_a_restart() -> None:
    past = samples((1, 0, 11), (1, 1, 8.0))
    again = Watch([level(hold=2)], THINGS, {}, open_alarms=[(0, 1)], past=past)
    assert again.standing() == {(0, "a")}
    assert kinds(again.take(samples((1, 2, 8.5)))) == [("cleared", 8.5)]


def test_past_alone_raises_nothing() -> None:
    again = Watch([level(hold=2)], THINGS, {}, past=samples(*((1, n, 20.0) for n in range(9))))
    assert again.standing() == set()
    assert kinds(again.take(samples((1, 9, 20.0)))) == [("raised", 20.0)]


@pytest.mark.parametrize(
    "wrong", [{"clear_at": 11.0}, {"hold": 0}, {"level": 5}, {"aggregate": "sum"}, {"window": 60}], ids=str
)
def test_senseless_rule_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="规则 0"):
        level(**wrong)


@given(
    st.lists(st.floats(0, 20, allow_nan=False), max_size=40), st.integers(1, 3), st.lists(st.integers(1, 7), max_size=8)
)
def test_windows_of_any_size_give_what_one_value_at_a_time_gives(
    values: list[float], hold: int, cuts: list[int]
) -> None:
    open_, run, expected = False, 0, []
    for value in values:
        run = run + 1 if (value < 9.0 if open_ else value >= 10.0) else 0
        if run == hold:
            open_, run = not open_, 0
            expected.append(("raised" if open_ else "cleared", value))
    watch, got, place = Watch([level(hold=hold)], THINGS, {}), [], 0
    for size in [*cuts, len(values) + 1]:
        part = [(1, place + n, value) for n, value in enumerate(values[place : place + size])]
        got += kinds(watch.take(samples(*part))) if part else []
        place += size
    assert got == expected


@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(0, 40)), unique=True, min_size=1, max_size=60),
    st.integers(1, 6),
    st.booleans(),
)
def test_windowed_equals_a_plain_loop(moments: list[tuple[int, int]], steps: int, rate: bool) -> None:
    moments = sorted(moments)
    series, at = (np.array(column) for column in zip(*moments, strict=True))
    value = np.arange(len(at), dtype=float) ** 2
    n = len(at)
    got = windowed(series, at * FIVE, value, np.full(n, steps * FIVE), np.full(n, FIVE), np.full(n, rate))
    for i in range(n):
        inside = [j for j in range(i + 1) if series[j] == series[i] and at[j] > at[i] - steps - rate]
        if len(inside) < steps + rate:
            assert np.isnan(got[i])
        elif rate:
            assert got[i] == pytest.approx((value[i] - value[inside[0]]) / (steps * 300 / 3600))
        else:
            assert got[i] == pytest.approx(sum(value[j] for j in inside))

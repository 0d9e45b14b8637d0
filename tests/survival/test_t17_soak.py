"""T17: the soak's judge sees a leak and forgives a peak; its short form runs over the whole city."""

from __future__ import annotations

import numpy as np
import pytest

from tests.survival.city import City
from tests.survival.soak import Bar, bars, judge, slope, soak

MOMENTS = [10.0 * n for n in range(60)]


def test_the_slope_is_deaf_to_single_peaks() -> None:
    at = np.arange(0.0, 600.0, 10.0)
    value = 100 + 0.01 * at
    value[::7] += 500
    assert slope(at, value) == pytest.approx(0.01, abs=0.02)


@pytest.mark.parametrize(("per_second", "sound"), [(0.0, True), (0.001, True), (0.05, False)])
def test_a_leak_is_seen(per_second: float, sound: bool) -> None:
    rising = [200 + per_second * at for at in MOMENTS]
    assert judge(MOMENTS, {"memory:web": rising}, {"memory:web": Bar(0.05, 8.0)})[0].sound is sound


def test_growth_in_the_warm_up_does_not_count() -> None:
    warm = [50 + 10.0 * min(n, 20) for n in range(60)]
    assert judge(MOMENTS, {"memory:web": warm}, {"memory:web": Bar(0.05, 8.0)})[0].sound


def test_a_cap_holds_at_every_moment() -> None:
    once = [1.0] * 59 + [9e9]
    assert not judge(MOMENTS, {"wal": once}, bars(["wal"]))[0].sound


@pytest.mark.family
def test_short_form(city: City) -> None:
    verdicts, done = soak(city, 8.0, every_s=2.0)
    assert done["failures"] == []
    names = {one.name for one in verdicts}
    assert {"memory:web", "memory:telemetry", "stream:OBS", "wal", "outbox", "open files"} <= names
    assert [one for one in verdicts if one.highest > bars([one.name])[one.name].cap] == []

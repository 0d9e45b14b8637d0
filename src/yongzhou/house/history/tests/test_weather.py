"""The synthetic weather: deterministic, in tenths, mass kept, levels between low water and the highest wave."""

from __future__ import annotations

import numpy as np
import pytest

from yongzhou.house.history import weather

GAUGES = weather.Gauges(
    code=["a", "b", "c"],
    region=["431129", "431124", "431102"],
    lon=np.array([111.6, 111.6, 111.6]),
    lat=np.array([25.2, 25.6, 26.2]),
    river=["潇水", "潇水", "潇水"],
    reservoir=np.array([False, True, False]),
    warning=np.array([np.nan, 168.0, 104.5]),
    base=np.array([np.nan, 158.0, 99.6]),
)
END = 1_790_000_000 // 300 * 300
TIMES = np.arange(END - 3 * 86400 + 300, END + 1, 300.0)


def test_the_same_seed_gives_the_same_rain() -> None:
    assert np.array_equal(*(weather.rain(weather.storms(7, END - 3 * 86400, END), GAUGES, TIMES) for _ in range(2)))


def test_rain_is_tips_of_a_tenth_and_falls_in_the_last_day() -> None:
    depth = weather.rain(weather.storms(7, END - 3 * 86400, END), GAUGES, TIMES)
    assert np.all(depth >= 0)
    assert np.allclose(depth * 10, np.round(depth * 10))
    assert depth[:, TIMES > END - 86400].sum() > 1


def test_without_rain_the_river_stands_at_low_water() -> None:
    level = weather.level(np.zeros((3, 10)), GAUGES)
    assert np.isnan(level[0]).all()
    assert level[1, -1] == pytest.approx(166.0 + 0.25 * 2.0)
    assert level[2, -1] == pytest.approx(99.6 + 0.25 * 4.9, abs=0.005)


def test_a_wave_moves_downstream_later_and_stays_below_the_highest() -> None:
    depth = np.zeros((3, 600))
    depth[0, :36] = 5.0
    level = weather.level(depth, GAUGES)
    assert np.argmax(level[1]) < np.argmax(level[2])
    assert np.nanmax(level[2]) <= 99.6 + 1.55 * 4.9


def test_windows_are_sums_of_the_last_steps() -> None:
    depth = np.arange(8, dtype=float)[None]
    assert weather.windowed(depth, 3).tolist() == [[0, 1, 3, 6, 9, 12, 15, 18]]

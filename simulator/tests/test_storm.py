"""The storm: repeatable, moves downstream, passes warning lines, and every rain tip arrives."""

from __future__ import annotations

import pytest

from simulator.__main__ import Instruments
from simulator.stations import Station, distance_km
from simulator.storm import Basin


def chain() -> list[Station]:
    """Four stations down one river."""
    rows = [("水口", "PP", 24.98), ("沱江", "ZQ", 25.19), ("道县", "ZQ", 25.53), ("零陵", "ZQ", 26.22)]
    return [
        Station(f"9943111{n}", name, kind, 111.6, lat, "潇水", n, *((104.5, 99.6) if kind == "ZQ" else (None, None)))
        for n, (name, kind, lat) in enumerate(rows, 1)
    ]


def run(seed: int) -> list[list[float]]:
    basin = Basin(chain(), seed=seed)
    levels = []
    for _ in range(60):
        basin.advance(15 * 60)
        levels.append([level for station in basin.stations if (level := basin.level(station)) is not None])
    return levels


def test_same_seed_same_storm():
    assert run(651) == run(651)
    assert run(651) != run(652)


def test_steps_of_the_clock_do_not_change_the_storm():
    once, often = Basin(chain()), Basin(chain())
    once.advance(4 * 3600)
    for _ in range(4 * 60):
        often.advance(60)
    assert once.totals == pytest.approx(often.totals)


def test_wave_moves_downstream_past_the_warning_line():
    levels = run(651)
    peaks = [max(range(len(levels)), key=lambda t, n=n: levels[t][n]) for n in range(3)]
    assert peaks == sorted(peaks)
    assert peaks[0] < peaks[2]
    assert max(level[0] for level in levels) > 104.5
    assert levels[3][0] < 104.5


def test_before_the_first_minute_of_the_clock_no_storm():
    basin = Basin(chain(), pace=60.0)
    basin.advance(59 * 60)
    assert max(basin.totals.values()) < 1.0


def test_minute_rains_add_up_to_the_total():
    instruments, last = Instruments(), {}
    totals = [0.0, 0.1, 0.4, 0.4, 0.9, 1.5, 1.5, 2.2]
    for n, total in enumerate(totals):
        last[n // 3] = instruments.minute_rain(total, n // 3)
    assert sum(last.values()) == pytest.approx(totals[-1])


def test_distance_of_a_degree_of_latitude():
    assert distance_km(111.6, 25.0, 111.6, 26.0) == pytest.approx(111.2)

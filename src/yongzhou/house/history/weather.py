"""Rain and water of a synthetic month: storm cells drift, rivers are chains of linear reservoirs. Pure.

The same ideas as the simulator's storm (Maillet's linear reservoir, Q = S/K; Gaussian rain cells), in whole arrays.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

STEP_S: Final = 300
CELLS: Final = 4
CELL_S: Final = 5 * 3600.0
FULL_MM: Final = 45.0
LOW: Final = 0.25  # low water above base as a share of (warning - base)
RISE: Final = 1.3
RUNOFF: Final = 0.55
RESERVOIR_BAND_M: Final = 2.0
_KM: Final = 111.2


@dataclass(frozen=True, slots=True)
class Gauges:
    """Stations as arrays, sorted by river and upstream first. `warning`, `base` are NaN at rain stations."""

    code: list[str]
    region: list[str]
    lon: Floats
    lat: Floats
    river: list[str]
    reservoir: NDArray[np.bool_]
    warning: Floats
    base: Floats


def storms(seed: int, start: float, end: float) -> Floats:
    """Cells of all storms between two epoch seconds: (cells, 7).

    Columns: birth, lon, lat, drift east and north (degrees/h), radius km, peak mm/h.

    About one storm in two days, more in the afternoon, and one six hours before the end, so that the last day has one.
    """
    dice = np.random.default_rng(seed)
    days = np.arange(np.floor(start / 86400), np.floor(end / 86400) + 1)
    chosen = days[dice.random(len(days)) < 0.45]
    births = chosen * 86400 + (7 + dice.normal(0, 3, len(chosen))) * 3600  # 15:00 in Yongzhou is 07:00 UTC
    births = np.sort(np.append(births[births < end - 20 * 3600], end - 6 * 3600))
    born = np.repeat(births, CELLS)
    size = len(born)
    offset = np.tile(np.arange(CELLS), len(births)) * dice.uniform(1200, 4000, size)
    return np.column_stack(
        [
            born + offset,
            dice.uniform(111.35, 112.15, size),
            dice.uniform(25.0, 26.1, size),
            dice.uniform(-0.06, 0.03, size),
            dice.uniform(0.15, 0.3, size),
            dice.uniform(14, 26, size),
            dice.uniform(15, 45, size),
        ]
    )


def rain(cells: Floats, gauges: Gauges, times: Floats) -> Floats:
    """Rain of each step in mm, to 0.1; (stations, times). `times` are the ends of steps, epoch seconds."""
    total = np.zeros((len(gauges.code), len(times)))
    for birth, lon, lat, east, north, radius, peak in cells:
        live = np.flatnonzero((times > birth) & (times < birth + CELL_S))
        if not live.size:
            continue
        age = times[live] - birth
        x = (gauges.lon[:, None] - (lon + east * age / 3600)) * _KM * np.cos(np.radians(25.8))
        y = (gauges.lat[:, None] - (lat + north * age / 3600)) * _KM
        fallen = peak * np.sin(np.pi * age / CELL_S) * np.exp(-0.5 * (x**2 + y**2) / radius**2)
        total[:, live] += fallen * STEP_S / 3600
    gathered = np.floor(np.cumsum(total, axis=1) * 10) / 10  # a tipping bucket counts tenths
    steps: Floats = np.round(np.diff(gathered, axis=1, prepend=0.0), 1)
    return steps


def level(depth_mm: Floats, gauges: Gauges) -> Floats:
    """Level in m to 0.01, NaN at rain stations; (stations, times) from the rain of each step."""
    rivers = np.array(gauges.river)
    first = np.append(True, rivers[1:] != rivers[:-1])
    hours = np.where(gauges.reservoir, 4.0, 1.5)
    leaves = 1 - np.exp(-STEP_S / 3600 / hours)
    stored = np.zeros(len(rivers))
    kept = np.empty_like(depth_mm)
    for step in range(depth_mm.shape[1]):  # a recursion in time; stations are the array axis
        outflow = stored * leaves
        arriving = np.where(first, 0.0, 0.9 * np.roll(outflow, 1))
        stored = stored - outflow + arriving + RUNOFF * depth_mm[:, step]
        kept[:, step] = stored
    base = np.where(gauges.reservoir, gauges.warning - RESERVOIR_BAND_M, gauges.base)
    share = LOW + RISE * (1 - np.exp(-((kept / FULL_MM) ** 0.8)))
    found: Floats = np.round(base[:, None] + (gauges.warning - base)[:, None] * share, 2)
    return found


def windowed(depth_mm: Floats, steps: int) -> Floats:
    """Sum of the last `steps` steps at each step; shorter at the start."""
    total = np.cumsum(depth_mm, axis=1)
    before = np.concatenate([np.zeros((len(total), steps)), total[:, :-steps]], axis=1)[:, : total.shape[1]]
    sums: Floats = total - before
    return sums

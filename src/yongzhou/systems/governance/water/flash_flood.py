"""Flash floods: rain sums, critical rain by soil wetness, level of a village. No Django; usable as a library.

A gap (NaN) is not zero: it spoils the windows that it lies in. But rain that fell has fallen: a partial sum that has
already reached a limit is enough to warn, so `lower_bound` counts what is known.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

WINDOWS_H: Final = (1, 3, 6)
LEVELS: Final = ("", "prepare", "move")
RECESSION: Final = 0.85  # daily K of the antecedent precipitation index; regional, 0.8 to 0.9 (verify for each basin)
CAPACITY_MM: Final = 100.0  # Im, largest initial loss of the region (verify for each basin)
SWING: Final = 0.2  # house default: dry ground needs a fifth more rain than the table says, soaked ground a fifth less


def rolling_sum(depth_mm: Floats, minutes: int, step: int = 5) -> Floats:
    """Rain of each window of `minutes`; (stations, steps) -> (stations, windows), mm to 0.1.

    A gap (NaN) spoils only its own windows.
    """
    sums: Floats = np.round(sliding_window_view(depth_mm, minutes // step, axis=1).sum(axis=-1), 1)
    return sums


def lower_bound(depth_mm: Floats, minutes: int, step: int = 5) -> Floats:
    """Least rain of the last `minutes`, gaps counted as nothing; (stations, steps) -> (stations,), NaN: all is gap."""
    last = depth_mm[:, -(minutes // step) :]
    known = ~np.isnan(last)
    sums: Floats = np.where(known.any(axis=1), np.round(np.nansum(last, axis=1), 1), np.nan)
    return sums


def level(rain_mm: Floats, prepare_mm: Floats, move_mm: Floats) -> Ints:
    """0 none, 1 prepare (准备转移), 2 move at once (立即转移); -1 where rain is missing. Arrays broadcast."""
    found: Ints = np.where(
        np.isnan(rain_mm), -1, (rain_mm >= prepare_mm).astype(np.int64) + (rain_mm >= move_mm).astype(np.int64)
    )
    return found


def antecedent_index(daily_mm: Floats, recession: float = RECESSION, capacity: float = CAPACITY_MM) -> Floats:
    """Antecedent precipitation Pa(t+1) = K (Pa(t) + P(t)), at most `capacity`; (stations, days) -> (stations,), mm.

    The standard index of Chinese flood forecasting (GB/T 22482, P-Pa-R correlation). Days are oldest first; a missing
    day (NaN) adds nothing; a station with less than two thirds of its days gives NaN.
    """
    index: Floats = np.zeros(len(daily_mm))
    for day in np.nan_to_num(daily_mm).T:
        index = np.minimum(recession * (index + day), capacity)
    enough = (~np.isnan(daily_mm)).mean(axis=1) >= 2 / 3 if daily_mm.shape[1] else np.zeros(len(daily_mm), dtype=bool)
    return np.where(enough, index, np.nan)


def dynamic_limit(table_mm: Floats, index_mm: Floats, capacity: float = CAPACITY_MM) -> Floats:
    """Critical rain by wetness: the table holds for half-wet ground; more when dry, less when soaked. Arrays broadcast.

    Unknown wetness (NaN) leaves the table's value. Linear between 1 + SWING (dry) and 1 - SWING (at capacity).
    """
    wetness = np.where(np.isnan(index_mm), 0.5, np.clip(index_mm / capacity, 0.0, 1.0))
    limits: Floats = np.round(table_mm * (1 + SWING * (1 - 2 * wetness)), 1)
    return limits


def judge(rain_mm: Floats, prepare_mm: Floats, move_mm: Floats) -> tuple[Ints, Ints]:
    """The gravest level over all windows and the window that gives it.

    Each argument is (villages, windows); returns level (villages,) of `level` and index of the window (villages,).
    """
    levels = level(rain_mm, prepare_mm, move_mm)
    share = np.where(np.isnan(rain_mm), -1.0, rain_mm / np.maximum(np.where(levels == 2, move_mm, prepare_mm), 0.1))
    rank = levels * 1_000.0 + share  # of equal levels the window that is furthest beyond its limit
    window: Ints = np.argmax(rank, axis=1)
    return levels[np.arange(len(levels)), window], window


def grade_of_stage(level_m: float, warning_m: float | None, guarantee_m: float | None) -> int:
    """0 below the warning level, 1 from it on, 2 from the guarantee level on."""
    if guarantee_m is not None and level_m >= guarantee_m:
        return 2
    return int(warning_m is not None and level_m >= warning_m)

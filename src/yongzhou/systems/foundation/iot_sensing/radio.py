"""Will a meter be heard, and how long will its battery last: narrow-band IoT link budget and energy. No Django.

3GPP TR 45.820 V13.1.0: maximum coupling loss after clause 5.1 and annex tables, battery life after clause 5.4.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

NOISE_DBM_HZ: Final = -174.0  # thermal noise density at 290 K
YEAR_S: Final = 365.25 * 86_400
WH_J: Final = 3_600.0
CLASSES: Final = ((144.0, "normal"), (154.0, "extended"), (164.0, "extreme"))  # coverage classes, dB of coupling loss


def coupling_loss_limit(power_dbm: float, bandwidth_hz: float, noise_figure_db: float, sinr_db: float) -> float:
    """Maximum coupling loss in dB: power - (-174 + noise figure + 10 lg bandwidth + required SINR).

    Raises `ValueError` unless the bandwidth is above 0.
    """
    if bandwidth_hz <= 0:
        raise ValueError("带宽应大于 0 Hz")
    return power_dbm - (NOISE_DBM_HZ + noise_figure_db + 10 * float(np.log10(bandwidth_hz)) + sinr_db)


def coverage_class(loss_db: Floats) -> npt.NDArray[np.int64]:
    """Coverage class of each coupling loss (n,): 0 normal, 1 extended, 2 extreme, 3 and NaN out of reach."""
    limits = np.array([limit for limit, _ in CLASSES])
    return np.where(np.isnan(loss_db), len(CLASSES), np.searchsorted(limits, loss_db, side="left")).astype(np.int64)


@dataclass(frozen=True, slots=True)
class Phase:
    """One state of a report: how long, and what it draws."""

    seconds: float
    watts: float


def report_energy(phases: list[Phase]) -> float:
    """Joules of one report: the sum over synchronising, sending, receiving, waiting (TR 45.820 5.4)."""
    return sum(phase.seconds * phase.watts for phase in phases)


def battery_years(
    capacity_wh: float, report_j: float, reports_a_day: float, sleep_w: float, usable: float = 1.0
) -> float:
    """Years until the usable part of a battery is drawn, by reports and by sleep.

    Raises `ValueError` where the battery or the drain is not above 0, or the usable share is not within 0 to 1.
    """
    a_day = report_j * reports_a_day + sleep_w * 86_400
    if capacity_wh <= 0 or a_day <= 0 or not 0 < usable <= 1:
        raise ValueError("电池容量和耗电应大于 0，可用比例应在 0 到 1 之间")
    return capacity_wh * WH_J * usable / a_day * 86_400 / YEAR_S


def falling(value: Floats) -> Floats:
    """The non-increasing series nearest to `value` (n,) in least squares: pool adjacent violators.

    A battery's voltage only falls; what rises is noise or warmth.
    """
    means: list[float] = []
    sizes: list[int] = []
    for one in value:
        mean, size = float(one), 1
        while means and means[-1] < mean:
            mean = (means[-1] * sizes[-1] + mean * size) / (sizes[-1] + size)
            size += sizes[-1]
            means.pop()
            sizes.pop()
        means.append(mean)
        sizes.append(size)
    return np.repeat(np.array(means), sizes) if means else np.empty(0)


def days_left(day: Floats, volt: Floats, empty_volt: float) -> float | None:
    """Days from the last report until the fitted voltage reaches `empty_volt`; None while it does not fall.

    `day` (n,) in days, rising; `volt` (n,). The slope is of the least-squares line through the falling series.
    Raises `ValueError` for fewer than three reports or unequal lengths.
    """
    if len(day) != len(volt) or len(day) < 3:
        raise ValueError("至少要三次电压")
    fitted = falling(volt)
    slope, base = np.polyfit(day, fitted, 1)
    if slope > -1e-9:
        return None
    return max(0.0, float((empty_volt - base) / slope - day[-1]))

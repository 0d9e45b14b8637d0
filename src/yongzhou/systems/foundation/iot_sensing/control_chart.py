"""EWMA control chart for slow drift. NIST/SEMATECH e-Handbook of Statistical Methods 6.3.2.4. No Django."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Chart:
    """`ewma` (n + 1,) begins with the target; limits are those of the settled chart."""

    ewma: Floats
    lower: float
    upper: float

    @property
    def out(self) -> npt.NDArray[np.bool_]:
        """Where the chart leaves its limits, (n + 1,)."""
        return (self.ewma < self.lower) | (self.ewma > self.upper)


def ewma_chart(value: Floats, target: float, sigma: float, weight: float = 0.3, width: float = 3.0) -> Chart:
    """EWMA(t) = weight x(t) + (1 - weight) EWMA(t - 1) from the target; a missing value (NaN) leaves it where it was.

    Limits target ± width · sigma · sqrt(weight / (2 - weight)).
    Raises `ValueError` unless 0 < weight <= 1 and sigma > 0.
    """
    if not 0 < weight <= 1 or sigma <= 0:
        raise ValueError("权重应在 0 到 1 之间，标准差应大于 0")
    ewma = np.empty(len(value) + 1)
    ewma[0] = target
    for n, x in enumerate(value):
        ewma[n + 1] = ewma[n] if np.isnan(x) else weight * x + (1 - weight) * ewma[n]
    reach = width * sigma * np.sqrt(weight / (2 - weight))
    return Chart(ewma, target - reach, target + reach)

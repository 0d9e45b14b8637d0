"""Which of many tests at once are discoveries: false discovery rate, by Benjamini-Hochberg or Benjamini-Yekutieli."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Control = Literal["bh", "by"]


class Discoveries(NamedTuple):
    """What is found at a rate `q`, the adjusted p-values, and how many tests were made."""

    found: NDArray[np.bool_]
    adjusted: Floats
    tests: int


def discoveries(p: Floats, q: float = 0.05, control: Control = "bh") -> Discoveries:
    """Discoveries among n p-values; (n,) -> (n,). NaN is a test that was not made and counts nowhere.

    "bh" (Benjamini & Hochberg 1995) holds for independent or positively dependent tests, "by" (Benjamini & Yekutieli
    2001) for any dependence, at the price of a factor sum 1/i. `ValueError` for a p-value or a rate outside of 0 to 1.
    """
    p = np.asarray(p, dtype=np.float64)
    made = ~np.isnan(p)
    if not 0 < q < 1:
        raise ValueError(f"错误发现率应在 0 与 1 之间，现为 {q}")
    if np.any((p[made] < 0) | (p[made] > 1)):
        raise ValueError("p 值应在 0 与 1 之间")
    adjusted = np.full(p.shape, np.nan)
    if made.any():
        adjusted[made] = _adjusted(p[made], control)
    return Discoveries(np.where(made, adjusted <= q, False), adjusted, int(made.sum()))


def _adjusted(p: Floats, control: Control) -> Floats:
    """Adjusted p-values: the running minimum from the largest of p n / rank, times sum 1/i for "by"."""
    size = len(p)
    order = np.argsort(p)[::-1]
    ranks = np.arange(size, 0, -1)
    factor = float((1 / ranks).sum()) if control == "by" else 1.0
    found = np.empty(size)
    found[order] = np.minimum(1.0, np.minimum.accumulate(p[order] * size / ranks * factor))
    return found

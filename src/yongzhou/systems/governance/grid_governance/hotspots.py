"""Where events heap up: Getis-Ord Gi*, false discovery rate, clusters in space and time. No Django."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float64]
Ints: TypeAlias = npt.NDArray[np.int64]
NOISE: Final = -1
METRES_A_DEGREE: Final = 111_195.0


def gi_star(values: Floats, neighbours: Sequence[Sequence[int]], *, star: bool = True) -> Floats:
    """z values (n,) of local G with binary weights; `star` counts the place itself among its neighbours.

    Getis and Ord (1992), Ord and Getis (1995), Geographical Analysis 27, eq. 6 (G) and 7 (G*). Values are counts or
    other amounts, `neighbours[i]` the indices around place i without i. Without variation every z is 0. Raises
    `ValueError` for lengths that differ.
    """
    n = len(values)
    if n != len(neighbours):
        raise ValueError(f"有 {n} 个数，却有 {len(neighbours)} 组邻居；请一一对应")
    lengths = np.array([len(one) for one in neighbours], dtype=np.int64)
    flat = np.fromiter((at for one in neighbours for at in one), dtype=np.int64, count=int(lengths.sum()))
    owner = np.repeat(np.arange(n), lengths)
    local: Floats = np.bincount(owner, weights=values[flat], minlength=n).astype(np.float64)
    weight = lengths.astype(np.float64)
    total, squares = values.sum(), (values**2).sum()
    if star:
        local, weight = local + values, weight + 1
        mean = np.full(n, total / n)
        variance = np.full(n, squares / n) - mean**2
        rest = (n * weight - weight**2) / (n - 1) if n > 1 else np.zeros(n)
    else:
        if n < 3:
            return np.zeros(n)
        mean = (total - values) / (n - 1)
        variance = (squares - values**2) / (n - 1) - mean**2
        rest = ((n - 1) * weight - weight**2) / (n - 2)
    spread = np.sqrt(np.maximum(variance, 0.0) * np.maximum(rest, 0.0))
    z: Floats = np.divide(local - mean * weight, spread, out=np.zeros(n), where=spread > 1e-12)
    return z


def p_upper(z: Floats) -> Floats:
    """One-sided p of z values: how likely so much or more is by chance."""
    return np.array([0.5 * math.erfc(value / math.sqrt(2)) for value in z.tolist()])


def false_discovery(p: Floats) -> Floats:
    """Adjusted p (q values) of Benjamini and Hochberg (1995), JRSS B 57, 289-300; same order as given."""
    n = len(p)
    order = np.argsort(p, kind="stable")
    raised = p[order] * n / np.arange(1, n + 1)
    adjusted = np.minimum(np.minimum.accumulate(raised[::-1])[::-1], 1.0)
    out = np.empty(n)
    out[order] = adjusted
    return out


def st_dbscan(lon: Floats, lat: Floats, days: Floats, *, eps_m: float, eps_days: float, least: int = 3) -> Ints:
    """Cluster number (n,) of points near in space and in time; `NOISE` for the lonely ones.

    Birant and Kut (2007), ST-DBSCAN, Data & Knowledge Engineering 60, 208-221, with both distances as hard limits; a
    core point has at least `least` points (itself included) within them. Cells of `eps_m` keep it near linear.
    """
    n = len(lon)
    if n == 0:
        return np.empty(0, dtype=np.int64)
    x = lon * METRES_A_DEGREE * math.cos(math.radians(float(lat.mean())))
    y = lat * METRES_A_DEGREE
    cells: dict[tuple[int, int], list[int]] = {}
    keys = np.stack([np.floor(x / eps_m), np.floor(y / eps_m)], axis=1).astype(np.int64)
    for at, (i, j) in enumerate(keys.tolist()):
        cells.setdefault((i, j), []).append(at)

    def around(at: int) -> Ints:
        i, j = keys[at].tolist()
        found = np.array(
            [near for a in (i - 1, i, i + 1) for b in (j - 1, j, j + 1) for near in cells.get((a, b), ())],
            dtype=np.int64,
        )
        close = (np.hypot(x[found] - x[at], y[found] - y[at]) <= eps_m) & (np.abs(days[found] - days[at]) <= eps_days)
        near: Ints = found[close]
        return near

    label, cluster = np.full(n, NOISE, dtype=np.int64), 0
    seen = np.zeros(n, dtype=np.bool_)
    for at in range(n):
        if seen[at]:
            continue
        seen[at] = True
        near = around(at)
        if len(near) < least:
            continue
        label[at] = cluster
        todo = near.tolist()
        while todo:
            other = todo.pop()
            if label[other] == NOISE:
                label[other] = cluster
            if not seen[other]:
                seen[other] = True
                more = around(other)
                if len(more) >= least:
                    todo.extend(more.tolist())
        cluster += 1
    return label


@dataclass(frozen=True, slots=True)
class Hot:
    """One cell far above what chance gives: its name, count, z and adjusted p."""

    cell: str
    count: int
    z: float
    q: float


def hot_cells(
    counts: Mapping[str, int], neighbours: Mapping[str, Sequence[str]], *, q: float = 0.05, least: int = 3
) -> list[Hot]:
    """Cells whose Gi* is significant after the false discovery rate, the hottest first.

    `neighbours` names every cell of the area, also the empty ones: without the empty ones nothing stands out. Fewer
    than 30 cells are too few for the normal approximation: none is hot.
    """
    names = list(neighbours)
    if len(names) < 30:
        return []
    at = {name: index for index, name in enumerate(names)}
    values = np.array([counts.get(name, 0) for name in names], dtype=np.float64)
    z = gi_star(values, [[at[near] for near in neighbours[name] if near in at] for name in names])
    adjusted = false_discovery(p_upper(z))
    hits = np.flatnonzero((adjusted <= q) & (values >= least))
    found = [Hot(names[i], int(values[i]), float(z[i]), float(adjusted[i])) for i in hits.tolist()]
    return sorted(found, key=lambda one: (-one.z, one.cell))

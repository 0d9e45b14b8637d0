"""One worker's walk through a day: the most worth within the time, and how far from the best it can be. No Django.

An orienteering problem (Golden, Levy, Vohra 1987, Naval Research Logistics 34, 307-318). Stops go in by worth per
added minute, the order is mended by 2-opt and or-opt moves (Lin 1965; Or 1976) until nothing helps, then stops are
tried again. The bound is that of the fractional knapsack: every stop costs at least its own minutes and half of its two
shortest legs, so no route can be worth more.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from yongzhou.systems.governance.grid_governance.duplicates import distances

Minutes: TypeAlias = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Visit:
    """A place to look at: name, place (degrees), minutes it takes, worth, and whether it must be in the route."""

    key: str
    lon: float
    lat: float
    service_min: float
    worth: float
    must: bool = False


@dataclass(frozen=True, slots=True)
class Route:
    """Order of visits (indices into the given ones), arrival minutes, total minutes, metres, worth, upper bound."""

    order: tuple[int, ...]
    arrive_min: tuple[float, ...]
    minutes: float
    metres: float
    worth: float
    bound: float

    @property
    def gap(self) -> float:
        """How much worth may still be missing, 0 to 1: 0 is proven best."""
        return max(0.0, 1 - self.worth / self.bound) if self.bound else 0.0


def travel(start: tuple[float, float], visits: Sequence[Visit], metres_a_minute: float, detour: float) -> Minutes:
    """Minutes (n + 1, n + 1) between the start (row 0) and the visits: great circle by detour factor and speed."""
    lons = np.array([start[0], *(v.lon for v in visits)])
    lats = np.array([start[1], *(v.lat for v in visits)])
    table = np.stack([distances(lon, lat, lons, lats) for lon, lat in zip(lons, lats, strict=True)])
    return table * detour / metres_a_minute


def tour_length(order: Sequence[int], table: Minutes) -> float:
    """Length of start, order, start."""
    path = [0, *order, 0]
    return float(table[path[:-1], path[1:]].sum())


def shorten(order: Sequence[int], table: Minutes) -> list[int]:
    """The same places in a better order by 2-opt and or-opt; the length never grows."""
    best, length = list(order), tour_length(order, table)
    improved = True
    while improved and len(best) > 1:
        improved = False
        for tried in _moves(best):
            cost = tour_length(tried, table)
            if cost < length - 1e-9:
                best, length, improved = tried, cost, True
                break
    return best


def _moves(order: list[int]) -> list[list[int]]:
    n = len(order)
    turned = [order[:i] + order[i : j + 1][::-1] + order[j + 1 :] for i in range(n) for j in range(i + 1, n)]
    shifted = []
    for size in (1, 2, 3):
        for i in range(n - size + 1):
            block, rest = order[i : i + size], order[:i] + order[i + size :]
            shifted += [rest[:j] + block + rest[j:] for j in range(len(rest) + 1) if j != i]
    return turned + shifted


def held_karp_bound(table: Minutes, rounds: int = 120) -> float:
    """Lower bound of the shortest closed tour through all places: 1-trees with subgradient ascent.

    Held and Karp (1971), Mathematical Programming 1, 6-25. `table` is symmetric (n, n), n at least 3.
    """
    n = len(table)
    if n < 3:
        return float(table.sum())
    pi, best, step = np.zeros(n), 0.0, float(table.max()) / 2
    for _ in range(rounds):
        weighted = table + pi[:, None] + pi[None, :]
        degree, cost = _one_tree(weighted)
        best = max(best, cost - 2 * float(pi.sum()))
        slack = degree - 2
        if not slack.any():
            break
        pi += step * slack
        step *= 0.96
    return best


def _one_tree(weighted: Minutes) -> tuple[npt.NDArray[np.int64], float]:
    """Degrees and cost of the least tree over all but the first place, and the first's two shortest legs."""
    n = len(weighted)
    degree, cost = np.zeros(n, dtype=np.int64), 0.0
    near, parent = weighted[1].copy(), np.ones(n, dtype=np.int64)
    out = np.ones(n, dtype=np.bool_)
    out[:2] = False
    for _ in range(n - 2):
        at = int(np.argmin(np.where(out, near, np.inf)))
        cost += float(near[at])
        degree[at] += 1
        degree[parent[at]] += 1
        out[at] = False
        closer = out & (weighted[at] < near)
        near[closer], parent[closer] = weighted[at][closer], at
    two = np.argsort(weighted[0, 1:])[:2] + 1
    degree[0] = 2
    degree[two] += 1
    return degree, cost + float(weighted[0, two].sum())


def plan(
    start: tuple[float, float],
    visits: Sequence[Visit],
    limit_min: float,
    *,
    metres_a_minute: float = 200.0,
    detour: float = 1.3,
) -> Route:
    """The route of a day from `start` and back within `limit_min` minutes.

    `metres_a_minute` 200 is 12 km/h (a mix of walking and an electric bicycle); `detour` turns the straight line into a
    road. Visits that must be in the route go first, the most worth of them first where even they do not fit.
    """
    if not visits:
        return Route((), (), 0.0, 0.0, 0.0, 0.0)
    table = travel(start, visits, metres_a_minute, detour)
    service = np.array([0.0, *(v.service_min for v in visits)])
    order: list[int] = []
    for wanted in (True, False):
        pool = [i for i, v in enumerate(visits, start=1) if v.must == wanted]
        order = _fill(order, pool, visits, table, service, limit_min)
    order = _fill(shorten(order, table), range(1, len(visits) + 1), visits, table, service, limit_min)
    clock, before, arrive = 0.0, 0, []
    for at in order:
        clock += float(table[before, at])
        arrive.append(clock)
        clock += float(service[at])
        before = at
    way = tour_length(order, table)
    return Route(
        tuple(at - 1 for at in order),
        tuple(arrive),
        way + float(service[order].sum()),
        way * metres_a_minute,
        float(sum(visits[at - 1].worth for at in order)),
        worth_bound(visits, table, limit_min),
    )


def _fill(
    order: list[int], pool: Sequence[int], visits: Sequence[Visit], table: Minutes, service: Minutes, limit: float
) -> list[int]:
    """Put in what brings most worth per added minute, mending the order, until nothing fits."""
    order, left = list(order), [i for i in pool if i not in order]
    used = tour_length(order, table) + float(service[order].sum())
    while left:
        best: tuple[float, int, int, float] | None = None
        for at in left:
            path = np.array([0, *order, 0])
            added = table[path[:-1], at] + table[at, path[1:]] - table[path[:-1], path[1:]]
            place = int(np.argmin(added))
            cost = float(added[place] + service[at])
            if used + cost <= limit + 1e-9 and (rate := visits[at - 1].worth / max(cost, 0.1)) > (
                best[0] if best else -math.inf
            ):
                best = (rate, at, place, cost)
        if best is None:
            break
        order.insert(best[2], best[1])
        left.remove(best[1])
        order = shorten(order, table) if len(order) <= 25 else order
        used = tour_length(order, table) + float(service[order].sum())
    return order


def worth_bound(visits: Sequence[Visit], table: Minutes, limit_min: float) -> float:
    """No route within the limit can be worth more: the fractional knapsack over the least minutes each stop costs."""
    n = len(visits)
    legs = table + np.where(np.eye(n + 1, dtype=np.bool_), np.inf, 0.0)
    two = np.sort(legs, axis=1)[:, :2]
    half = np.where(np.isfinite(two), two, two[:, :1]).sum(axis=1) / 2
    cost = half[1:] + np.array([v.service_min for v in visits])
    worth = np.array([v.worth for v in visits])
    room, total = limit_min - float(half[0]), 0.0
    for at in np.argsort(-worth / np.maximum(cost, 1e-9), kind="stable").tolist():
        if room <= 0:
            break
        part = min(1.0, room / max(float(cost[at]), 1e-9))
        total += part * float(worth[at])
        room -= part * float(cost[at])
    return min(total, float(worth.sum()))

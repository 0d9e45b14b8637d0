"""A seamless tiling of polygons by Voronoi cells: one noded arrangement of lines, whose faces are then labelled.

Cutting each polygon alone leaves vertices that its neighbours lack; one arrangement rounded to a grid cannot.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

GRID_DEG: Final = 1e-5  # about 1 m
LATTICE_DEG: Final = 0.01

Points = NDArray[np.float64]


def spread(area: BaseGeometry, fixed: Points, total: int, rounds: int = 30) -> Points:
    """`total` seats inside `area`, (total, 2): the fixed ones first, the others by Lloyd's rule on a lattice.

    Deterministic: each new seat starts at the lattice point farthest from all seats so far.
    """
    west, south, east, north = area.bounds
    step = min(LATTICE_DEG, (east - west) / 30)
    grid = np.stack(np.meshgrid(np.arange(west, east, step), np.arange(south, north, step)), axis=-1).reshape(-1, 2)
    lattice = grid[shapely.contains_xy(area.buffer(-step / 4), grid[:, 0], grid[:, 1])]
    seats = fixed.reshape(-1, 2)
    if not len(seats):
        seats = lattice[[np.argmin(np.hypot(*(lattice - lattice.mean(axis=0)).T))]]
    kept = len(fixed)
    while len(seats) < total:
        seats = np.vstack([seats, lattice[_distances(lattice, seats).min(axis=1).argmax()]])
    for _ in range(rounds):
        owner = _distances(lattice, seats).argmin(axis=1)
        for seat in range(kept, total):
            members = lattice[owner == seat]
            if len(members):  # the lattice point nearest to the mean, since the mean may lie outside
                seats[seat] = members[np.hypot(*(members - members.mean(axis=0)).T).argmin()]
    return seats


def cuts(area: BaseGeometry, seats: Points) -> BaseGeometry:
    """Edges of the Voronoi diagram of `seats`, clipped to `area`."""
    edges = shapely.voronoi_polygons(shapely.multipoints(seats), extend_to=area.envelope, only_edges=True)
    return shapely.intersection(edges, area)


def faces(lines: Sequence[BaseGeometry]) -> NDArray[np.object_]:
    """Faces of the arrangement of all lines, every vertex on the grid."""
    noded = shapely.union_all(np.asarray(lines, dtype=object), grid_size=GRID_DEG)
    return np.asarray(shapely.get_parts(shapely.polygonize(shapely.get_parts(noded))))


def nearest(points: Points, seats: Points) -> NDArray[np.intp]:
    """Index of the nearest seat of each point."""
    return np.asarray(_distances(points, seats).argmin(axis=1))


def dissolve(tiles: NDArray[np.object_], label: NDArray[np.str_], seats: dict[str, tuple[float, float]]) -> None:
    """Make every label one connected piece by giving its stray faces to the neighbour with the longest common edge.

    Changes `label` in place. The piece that holds the seat stays.
    """
    for _ in range(len(tiles)):
        strays = _strays(tiles, label, seats)
        if not strays:
            return
        for face in strays:
            shared = shapely.length(shapely.intersection(tiles[face], tiles))
            shared[face] = 0
            shared[label == label[face]] = 0
            label[face] = label[int(shared.argmax())]


def merged(tiles: NDArray[np.object_], label: NDArray[np.str_]) -> dict[str, BaseGeometry]:
    """One polygon a label, in order of the labels."""
    return {str(name): shapely.normalize(shapely.coverage_union_all(tiles[label == name])) for name in np.unique(label)}


def _strays(tiles: NDArray[np.object_], label: NDArray[np.str_], seats: dict[str, tuple[float, float]]) -> list[int]:
    out: list[int] = []
    for name in np.unique(label):
        members = np.flatnonzero(label == name)
        parts = shapely.get_parts(shapely.coverage_union_all(tiles[members]))
        if len(parts) == 1:
            continue
        home = parts[shapely.distance(parts, shapely.points(seats[str(name)])).argmin()]
        inside = shapely.contains_properly(home.buffer(GRID_DEG), tiles[members])
        out.extend(int(face) for face in members[~inside])
    return out


def _distances(points: Points, seats: Points) -> NDArray[np.float64]:
    difference = points[:, None, :] - seats[None, :, :]  # in degrees, the metric of the Voronoi edges
    return np.asarray(np.hypot(difference[..., 0], difference[..., 1]))

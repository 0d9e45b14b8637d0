"""Schematic rivers (示意) through the stations in order: waypoints by hand, a Catmull-Rom curve between them.

Run by hand: `python -m tools.compile_city.rivers`. Not a survey: no length, slope or bank may be read from it.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray

from .write import read_csv, write_geojson

STEPS: Final = 8  # points a leg
Waypoint = str | tuple[float, float]  # a station's code, or longitude and latitude

# river -> (river that it joins, waypoints downstream)
COURSES: Final[dict[str, tuple[str, list[Waypoint]]]] = {
    "湘江": (
        "",
        [
            (111.190, 26.318),
            "99431101",
            (111.330, 26.345),
            (111.420, 26.325),
            (111.510, 26.290),
            (111.598, 26.272),  # 萍岛, mouth of 潇水
            "99431104",
            (111.570, 26.370),
            "99431103",
            (111.660, 26.550),
            (111.720, 26.612),
            (111.795, 26.598),
            "99431102",
            "99431105",
            (112.006, 26.480),  # mouth of 白水河
            (112.090, 26.462),
            (112.150, 26.450),
        ],
    ),
    "潇水": (
        "湘江",
        [
            (112.100, 25.100),
            (111.950, 25.030),
            "99431111",
            "99431112",
            (111.620, 25.090),
            "99431113",
            (111.540, 25.350),
            "99431115",
            (111.605, 25.600),  # 青口, mouth of 宁远河
            "99431116",
            "99431117",
            "99431118",
            "99431119",
            (111.598, 26.272),
        ],
    ),
    "白水河": ("湘江", [(111.970, 26.150), "99431106", "99431108", (112.030, 26.390), "99431107", (112.006, 26.480)]),
    "宁远河": (
        "潇水",
        [(111.970, 25.290), "99431121", "99431122", (111.880, 25.645), (111.750, 25.635), (111.605, 25.600)],
    ),
    "泠江": ("宁远河", [(111.985, 25.900), "99431123", (111.915, 25.700), (111.880, 25.645)]),
    "永明河": ("潇水", [(111.200, 25.150), "99431125", "99431126", (111.520, 25.455), "99431115"]),
    "紫溪河": ("湘江", ["99431131", "99431132", (111.300, 26.395), (111.330, 26.345)]),
    "舂陵水": ("", [(112.120, 25.220), "99431141", (112.290, 25.430), (112.360, 25.460)]),
    "新田河": ("舂陵水", [(112.130, 26.020), "99431142", (112.250, 25.790), (112.300, 25.730)]),
}


def smooth(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Uniform Catmull-Rom curve through the points; (n, 2) -> ((n - 1) * STEPS + 1, 2)."""
    before, after = 2 * points[0] - points[1], 2 * points[-1] - points[-2]
    p = np.vstack([before, points, after])
    t = np.linspace(0, 1, STEPS, endpoint=False)[None, :, None]
    a, b, c, d = (p[i : len(p) - 3 + i, None, :] for i in range(4))
    curve = 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
    return np.vstack([curve.reshape(-1, 2), points[-1:]])


def main() -> None:
    """Write `rivers.geojson`."""
    stations = {row["code"]: (float(row["lon"]), float(row["lat"])) for row in read_csv("stations.csv")}
    features = []
    for name, (joins, course) in COURSES.items():
        points = np.array([stations[w] if isinstance(w, str) else w for w in course])
        properties = {
            "name": name,
            "joins": joins,
            "stations": [w for w in course if isinstance(w, str)],
            "origin": "synthetic",
        }
        features.append((properties, shapely.linestrings(smooth(points))))
    write_geojson(
        "rivers.geojson", features, {"source": "示意：按站点与手写途经点绘制，非测绘成果", "kind": "synthetic"}
    )


if __name__ == "__main__":
    main()

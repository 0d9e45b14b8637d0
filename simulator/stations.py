"""The stations of the synthetic city, read from the city's folder."""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Final

STATIONS_CSV: Final = Path(__file__).resolve().parents[1] / "cities" / "yongzhou" / "stations.csv"
KM_PER_DEGREE: Final = 111.2


@dataclass(frozen=True, slots=True)
class Station:
    """A station: 8-digit code, kind (PP rain, ZQ river, RR reservoir), place, levels in metres (None at PP)."""

    code: str
    name: str
    kind: str
    lon: float
    lat: float
    river: str
    order: int
    warning: float | None
    base: float | None

    @property
    def address(self) -> str:
        """Address in SL 651 frames: `00` and the code."""
        return f"00{self.code}"


def read_stations(path: Path = STATIONS_CSV) -> list[Station]:
    """All stations of the file, upstream before downstream within a river."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        stations = [
            Station(
                code=row["code"],
                name=row["name"],
                kind=row["kind"],
                lon=float(row["lon"]),
                lat=float(row["lat"]),
                river=row["river"],
                order=int(row["order_on_river"]),
                warning=float(row["warning_level_m"]) if row["warning_level_m"] else None,
                base=float(row["base_level_m"]) if row["base_level_m"] else None,
            )
            for row in csv.DictReader(file)
        ]
    return sorted(stations, key=lambda station: (station.river, station.order))


def distance_km(lon1: float, lat1: float, lon2: float, lat2: float) -> float:
    """Distance on a plane tangent at the mean latitude; enough for one prefecture."""
    east = (lon2 - lon1) * KM_PER_DEGREE * math.cos(math.radians((lat1 + lat2) / 2))
    return math.hypot(east, (lat2 - lat1) * KM_PER_DEGREE)

"""A synthetic storm that moves over the basin, and the flood wave that it makes. Deterministic by seed and clock.

Rain: cells with a Gaussian profile drift from the upper Xiaoshui (潇水, south) northward. Flow: each river is a chain
of linear reservoirs (Maillet: Q = S/K), upstream outflow enters the next one downstream, so the wave moves down and is
damped. Level rises with storage and saturates, so that a storm passes the warning lines and no wave tops a mountain.
Nothing here is a forecast: the values are synthetic and their stations carry that origin.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from simulator.stations import Station, distance_km

STEP_S: Final = 60.0  # of model time
FIRST_STORM_S: Final = 60.0
STORM_EVERY_S: Final = 1200.0
CELLS: Final = 4
CELL_LIFE_S: Final = 5 * 3600.0
STORM_S: Final = 12 * 3600.0  # of model time: rain and most of the wave
LOW: Final = 0.25  # low water above base as a share of (warning - base)
RISE: Final = 1.3  # the highest wave above low water as a share of (warning - base)
RESERVOIR_BAND_M: Final = 2.0  # a reservoir stands this much below its warning level before the storm
FULL_MM: Final = 45.0  # storage of rain that brings about two thirds of the rise
RATING_POWER: Final = 0.8
RUNOFF: Final = 0.55
JOINS: Final = {"潇水": "99431104"}  # the Xiaoshui enters the Xiangjiang above station Laobutou


@dataclass(frozen=True, slots=True)
class Cell:
    """A rain cell: birth in model seconds, birthplace, drift in degrees an hour, radius, peak intensity."""

    birth: float
    lon: float
    lat: float
    east: float
    north: float
    radius_km: float
    peak_mm_h: float

    def rain(self, at: float, lon: float, lat: float) -> float:
        """Intensity in mm/h at model second `at`; 0 outside the cell's life."""
        age = at - self.birth
        if not 0 < age < CELL_LIFE_S:
            return 0.0
        hours = age / 3600
        away = distance_km(self.lon + self.east * hours, self.lat + self.north * hours, lon, lat)
        if away > 4 * self.radius_km:
            return 0.0
        growth = math.sin(math.pi * age / CELL_LIFE_S)
        return self.peak_mm_h * growth * math.exp(-0.5 * (away / self.radius_km) ** 2)


def storm_cells(seed: int, number: int, begin: float, stations: Sequence[Station]) -> list[Cell]:
    """Cells of storm `number` that begins at model second `begin`, born at the upper end of the Xiaoshui."""
    dice = random.Random(f"{seed}/{number}")
    beside = [station for station in stations if station.river == "白水河"][-1:]
    upper = [station for station in stations if station.river == "潇水"][:1] or list(stations[:1])
    return [
        Cell(
            birth=begin + n * dice.uniform(900, 2400),
            lon=upper[0].lon + dice.uniform(-0.15, 0.1),
            lat=upper[0].lat - 0.1 + dice.uniform(-0.1, 0.1),
            east=dice.uniform(-0.06, 0.03),
            north=dice.uniform(0.18, 0.3),
            radius_km=dice.uniform(16, 28),
            peak_mm_h=dice.uniform(35, 70),
        )
        for n in range(CELLS)
    ] + [  # a thunderstorm of its own over the small valley where the demo grid worker lives
        Cell(
            birth=begin + dice.uniform(300, 900), lon=town.lon - 0.08, lat=town.lat - 0.04, east=0.03, north=0.015,
            radius_km=12, peak_mm_h=dice.uniform(70, 85),
        )
        for town in beside
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reading:
    """What a station measures: rain since start in mm (tips of 0.1 mm), level in m (None at rain stations)."""

    total: float
    level: float | None


@dataclass(slots=True)
class Basin:
    """The state of rain and water at all stations; `advance` moves it to a later model second.

    `pace` is model seconds a clock second: storms are planned on the clock (first after about a minute, then every
    20 minutes) and unfold in model time.
    """

    stations: Sequence[Station]
    seed: int = 651
    pace: float = 60.0
    at: float = 0.0
    totals: dict[str, float] = field(default_factory=dict)
    _storage: dict[str, float] = field(default_factory=dict)
    _leaving: dict[str, float] = field(default_factory=dict)
    _joining: dict[str, float] = field(default_factory=dict)
    _storms: dict[int, list[Cell]] = field(default_factory=dict)

    def advance(self, seconds: float) -> None:
        """Advance by `seconds` of model time in steps of a minute."""
        until = self.at + seconds
        while self.at < until - 1e-9:
            step = min(STEP_S, until - self.at)
            self._step(step)
            self.at += step

    def intensity(self, station: Station) -> float:
        """Rain at a station in mm/h now, drizzle of the season included."""
        cells = (cell for storm in self._active() for cell in storm)
        drizzle = max(0.0, math.sin(self.at / 7200 + station.lon * 9) - 0.9) * 4
        return drizzle + sum(cell.rain(self.at, station.lon, station.lat) for cell in cells)

    def read(self, station: Station) -> Reading:
        """Read the instruments of a station."""
        return Reading(math.floor(self.totals.get(station.code, 0.0) * 10) / 10, self.level(station))

    def level(self, station: Station) -> float | None:
        """Level in metres with 1 cm resolution, None at rain stations."""
        if station.base is None or station.warning is None:
            return None
        base = station.warning - RESERVOIR_BAND_M if station.kind == "RR" else station.base
        filled = self._storage.get(station.code, 0.0) / FULL_MM
        share = LOW + RISE * (1 - math.exp(-(filled**RATING_POWER)))
        return round(base + (station.warning - base) * share, 2)

    @property
    def period_s(self) -> float:
        """Clock seconds between storms: 20 minutes, more when the pace is so slow that storms would overlap."""
        return max(STORM_EVERY_S, STORM_S / self.pace)

    def _active(self) -> list[list[Cell]]:
        newest = math.floor((self.at / self.pace - FIRST_STORM_S) / self.period_s)
        numbers = range(max(0, newest - 1), newest + 1)
        for number in numbers:
            if number not in self._storms:
                begin = (FIRST_STORM_S + number * self.period_s) * self.pace
                self._storms[number] = storm_cells(self.seed, number, begin, self.stations)
        return [self._storms[number] for number in numbers]

    def _step(self, seconds: float) -> None:
        inflow = 0.0
        river = ""
        for station in self.stations:
            fallen = self.intensity(station) * seconds / 3600
            self.totals[station.code] = self.totals.get(station.code, 0.0) + fallen
            if station.river != river:
                river, inflow = station.river, 0.0
            joining = self._joining.pop(station.code, 0.0)
            stored = self._storage.get(station.code, 0.0) + RUNOFF * fallen + inflow + joining
            outflow = stored * (1 - math.exp(-seconds / _residence_s(station)))
            self._storage[station.code] = stored - outflow
            inflow = 0.9 * outflow  # the tenth part spreads on the flood plain
            self._leaving[station.river] = inflow
        for tributary, code in JOINS.items():
            self._joining[code] = self._leaving.get(tributary, 0.0)


def _residence_s(station: Station) -> float:
    """K of the linear reservoir: reservoirs hold longer than reaches."""
    return 4 * 3600.0 if station.kind == "RR" else 1.5 * 3600.0

"""Is it one of these? Space, time and text of two reports as one score; the formula of MinHash banding. No Django."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from yongzhou.systems.governance.grid_governance.classify import normal

MERGE: Final = 0.9  # from here on the machine merges
ASK: Final = 0.5  # from here on a person is asked
EARTH_M: Final = 6_371_008.8  # mean radius, m
GRAM: Final = 3

# Log-odds: same type, place and moment speak for one cause; each radius, each window and a strange type against it.
BASE: Final = 3.0
A_RADIUS: Final = 3.0
A_WINDOW: Final = 1.5
A_TEXT: Final = 2.5
A_STRANGER: Final = 2.0

Verdict = Literal["merge", "ask", "no"]
Degrees = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Sighting:
    """What is compared: type code, place (CGCS2000 degrees), moment, text; radius and window of its type."""

    key: str
    type: str
    lon: float
    lat: float
    at: datetime
    text: str
    radius_m: float = 50.0
    window_h: float = 48.0


@dataclass(frozen=True, slots=True)
class Likeness:
    """How alike one known event is: score in (0, 1) and what it is made of."""

    key: str
    score: float
    distance_m: float
    hours: float
    text: float
    same_type: bool

    @property
    def verdict(self) -> Verdict:
        """merge, ask a person, or no."""
        return "merge" if self.score >= MERGE and self.same_type else "ask" if self.score >= ASK else "no"


def grams(text: str, size: int = GRAM) -> frozenset[str]:
    """Character n-grams of the normalised text; a shorter text is its own only gram."""
    plain = normal(text)
    if len(plain) < size:
        return frozenset({plain}) if plain else frozenset()
    return frozenset(plain[at : at + size] for at in range(len(plain) - size + 1))


def jaccard(a: frozenset[str], b: frozenset[str]) -> float:
    """Shared part of two sets; 0 where both are empty."""
    union = len(a | b)
    return len(a & b) / union if union else 0.0


def lsh_probability(similarity: float, bands: int = 32, rows: int = 4) -> float:
    """Probability that two sets of this Jaccard similarity meet in some band: 1 - (1 - s^rows)^bands.

    Source: Leskovec, Rajaraman, Ullman, Mining of Massive Datasets, 3.4.2. `ValueError` outside [0, 1].
    """
    if not 0.0 <= similarity <= 1.0 or bands < 1 or rows < 1:
        raise ValueError(f"相似度应在 0 到 1 之间，分带与行数至少为 1：{similarity}, {bands}, {rows}")
    return 1.0 - (1.0 - similarity**rows) ** bands


def distances(lon: float, lat: float, lons: Degrees, lats: Degrees) -> Degrees:
    """Great-circle distances in metres from one point to (n,) points in degrees (haversine, mean radius)."""
    phi, phis = math.radians(lat), np.radians(lats)
    half = np.sin((phis - phi) / 2) ** 2 + math.cos(phi) * np.cos(phis) * np.sin(np.radians(lons - lon) / 2) ** 2
    return np.asarray(2 * EARTH_M * np.arcsin(np.sqrt(half)))


def find(new: Sighting, known: Sequence[Sighting]) -> list[Likeness]:
    """The known ones that may be the same cause, best first; radius and window are those of the known one's type.

    Farther than twice the radius or the window is never a candidate.
    """
    if not known:
        return []
    away = distances(new.lon, new.lat, np.array([k.lon for k in known]), np.array([k.lat for k in known]))
    mine, found = grams(new.text), []
    for other, metres in zip(known, away.tolist(), strict=True):
        hours = abs((new.at - other.at).total_seconds()) / 3600
        radius, window = max(new.radius_m, other.radius_m), max(new.window_h, other.window_h)
        if metres > 2 * radius or hours > 2 * window:
            continue
        text, same = jaccard(mine, grams(other.text)), new.type == other.type
        odds = BASE - A_RADIUS * metres / radius - A_WINDOW * hours / window + A_TEXT * text - A_STRANGER * (not same)
        found.append(Likeness(other.key, 1 / (1 + math.exp(-odds)), metres, hours, text, same))
    return sorted((one for one in found if one.verdict != "no"), key=lambda one: (-one.score, one.key))

"""How good classification and merging are on labelled examples: precision, recall, macro-F1, bins. No Django."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Final

from yongzhou.systems.governance.grid_governance.classify import Keyword, classify
from yongzhou.systems.governance.grid_governance.duplicates import EARTH_M, Sighting, Verdict, find

BINS: Final = (0.0, 0.5, 0.6, 0.7, 0.8, 1.01)


@dataclass(frozen=True, slots=True)
class Classified:
    """Of `cases` texts so many were decided by the machine; `precision` of those, `recall` of those with a type.

    `top3` is the share of typed texts whose type is among the best three; `silent` the share of texts without a type
    that were rightly left to a person; `bins` are (from, to, cases, share right) of the stated confidence.
    """

    cases: int
    decided: int
    precision: float
    recall: float
    macro_f1: float
    top3: float
    silent: float
    bins: tuple[tuple[float, float, int, float], ...]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two reports, how far apart in metres and hours, and whether they speak of one cause."""

    a: str
    b: str
    type_a: str
    type_b: str
    metres: float
    hours: float
    same: bool


@dataclass(frozen=True, slots=True)
class Merged:
    """Pairs merged and how many rightly; pairs asked of a person; `found`: of the same, merged or asked."""

    pairs: int
    merged: int
    precision: float
    recall: float
    asked: int
    found: float
    wrong: int


def read_reports(path: Path) -> list[tuple[str, str]]:
    """(text, type code) of a labelled file; an empty code is a text that a person has to read."""
    with path.open(encoding="utf-8", newline="") as lines:
        return [(row["text"], row["type"]) for row in csv.DictReader(lines)]


def read_pairs(path: Path) -> list[Pair]:
    """Labelled pairs."""
    with path.open(encoding="utf-8", newline="") as lines:
        return [
            Pair(
                row["a"],
                row["b"],
                row["type_a"],
                row["type_b"],
                float(row["metres"]),
                float(row["hours"]),
                row["same"] == "1",
            )
            for row in csv.DictReader(lines)
        ]


def classification(rows: Sequence[tuple[str, str]], keywords: Sequence[Keyword]) -> Classified:
    """Measure the classifier on labelled texts."""
    judged = [(truth, classify(text, keywords)) for text, truth in rows]
    typed = [(truth, got) for truth, got in judged if truth]
    decided = [(truth, got) for truth, got in judged if got.type is not None]
    right = sum(truth == got.type for truth, got in decided)
    f1 = []
    for code in sorted({truth for truth, _ in typed}):
        hits = sum(truth == got.type == code for truth, got in judged)
        said, is_ = sum(got.type == code for _, got in judged), sum(truth == code for truth, _ in typed)
        f1.append(2 * hits / (said + is_) if said + is_ else 0.0)
    bins = []
    for low, high in pairwise(BINS):
        inside = [(truth, got) for truth, got in judged if got.guesses and low <= got.guesses[0].share < high]
        if inside:
            share = sum(truth == got.guesses[0].type for truth, got in inside) / len(inside)
            bins.append((low, min(high, 1.0), len(inside), share))
    untyped = [got for truth, got in judged if not truth]
    return Classified(
        len(rows),
        len(decided),
        right / len(decided) if decided else 1.0,
        sum(truth == got.type for truth, got in typed) / len(typed) if typed else 1.0,
        sum(f1) / len(f1) if f1 else 1.0,
        sum(truth in [guess.type for guess in got.guesses] for truth, got in typed) / len(typed) if typed else 1.0,
        sum(got.type is None for got in untyped) / len(untyped) if untyped else 1.0,
        tuple(bins),
    )


def likeness(pair: Pair, radius_m: float = 50.0, window_h: float = 48.0) -> Verdict:
    """What the machine says of a pair, with the radius and window of the first's type."""
    at = datetime(2026, 6, 18, tzinfo=UTC)
    lon, lat = 111.985, 26.455
    away = pair.metres / EARTH_M * 57.29577951308232
    known = Sighting("a", pair.type_a, lon, lat, at, pair.a, radius_m, window_h)
    new = Sighting("b", pair.type_b, lon, lat + away, at + timedelta(hours=pair.hours), pair.b, radius_m, window_h)
    found = find(new, [known])
    return found[0].verdict if found else "no"


def merging(pairs: Sequence[Pair], reach: dict[str, tuple[float, float]] | None = None) -> Merged:
    """Measure merging on labelled pairs; `reach` gives radius (m) and window (h) of each type code."""
    said = [(pair.same, likeness(pair, *(reach or {}).get(pair.type_a, (50.0, 48.0)))) for pair in pairs]
    merged = [same for same, verdict in said if verdict == "merge"]
    same = [verdict for is_same, verdict in said if is_same]
    return Merged(
        len(pairs),
        len(merged),
        sum(merged) / len(merged) if merged else 1.0,
        same.count("merge") / len(same) if same else 1.0,
        sum(verdict == "ask" for _, verdict in said),
        sum(verdict != "no" for verdict in same) / len(same) if same else 1.0,
        len(merged) - sum(merged),
    )

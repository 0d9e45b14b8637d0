"""One line of JSON a measurement, and whether it keeps its bar."""

from __future__ import annotations

import json
import operator
from collections.abc import Callable, Mapping
from typing import Final, TypedDict, cast

_SIGNS: Final[Mapping[str, Callable[[float, float], bool]]] = {"<=": operator.le, ">=": operator.ge}


class Line(TypedDict):
    """A measurement. `bar` reads `ratio >= 0.7` or `ours <= 5`, "" for none; without a peer it and `ratio` are None."""

    name: str
    ours: float
    peer: float | None
    ratio: float | None
    bar: str
    unit: str


def tell(name: str, *, ours: float, peer: float | None, ratio: float | None, bar: str, unit: str) -> None:
    """Print one measurement. Raises `ValueError` for a bar that cannot be read."""
    line = Line(
        name=name,
        ours=_short(ours),
        peer=None if peer is None else _short(peer),
        ratio=None if ratio is None else round(ratio, 3),
        bar=bar,
        unit=unit,
    )
    keeps(line)
    print(json.dumps(line, ensure_ascii=False), flush=True)


def keeps(line: Line) -> bool:
    """Whether the bar is kept."""
    if not line["bar"]:
        return True
    what, sign, limit = line["bar"].split()
    if what not in ("ours", "ratio"):
        raise ValueError(f"a bar is about ours or ratio, not {what!r}")
    value = cast("float | None", line[what])  # type: ignore[literal-required]
    return value is not None and _SIGNS[sign](value, float(limit))


def _short(value: float) -> float:
    return float(f"{value:.4g}") if abs(value) < 1000 else round(value)

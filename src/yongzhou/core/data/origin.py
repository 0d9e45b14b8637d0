"""Where a value comes from; an indicator inherits the worst of its rows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Literal, get_args

Origin = Literal["measured", "estimated", "replay", "drill", "synthetic"]

ORIGINS: Final[tuple[Origin, ...]] = get_args(Origin)  # from best to worst
LABELS: Final[dict[str, str]] = {
    "measured": "实测",
    "estimated": "估算",
    "replay": "实测回放",
    "drill": "演练",
    "synthetic": "模拟数据",
}


def worst(origins: Iterable[str]) -> Origin:
    """The worst of some origins; `measured` for none."""
    return max((ORIGINS[ORIGINS.index(origin)] for origin in origins), key=ORIGINS.index, default="measured")

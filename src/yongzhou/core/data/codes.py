"""Labels of codes: lists that a system declares in its own `codes/*.csv`, and those of `core.standards`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_LISTS: Final[dict[str, dict[str, str]]] = {}


def declare(name: str, rows: Mapping[str, str]) -> None:
    """Declare a small code list; the same name twice must say the same."""
    known = _LISTS.setdefault(name, dict(rows))
    if known != dict(rows):
        raise ValueError(f"code list {name!r} is declared twice with different rows")


def options(name: str) -> Mapping[str, str]:
    """Code to label, in declared order; empty for an unknown list."""
    return _LISTS.get(name, {})


def label(name: str, code: str) -> str:
    """The label of a code; the code itself where the list does not know it."""
    return _LISTS.get(name, {}).get(code, code)

"""Markdown of the reference: headings with anchors that never move, tables whose cells cannot break them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

HEADER: Final = "<!-- Written by `yongzhou reference --write`; do not edit. -->\n\n"
_CODE: Final = re.compile(r"(`[^`]*`)")
_ANCHOR: Final = re.compile(r"[^\w.-]+")


def anchor(kind: str, name: str) -> str:
    """The id of one heading: `operation-water.raise_warning`; only what it names can change it."""
    return f"{kind}-{_ANCHOR.sub('-', name).strip('-')}"


def heading(kind: str, name: str, title: str = "", level: int = 3) -> str:
    """A heading with its anchor: title first, then the name as code."""
    words = f"{plain(title)} `{name}`" if title else f"`{name}`"
    return f"{'#' * level} {words} {{ #{anchor(kind, name)} }}"


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    """Lines of a table, none where there are no rows."""
    body = [_line(row) for row in rows]
    return [_line(head), _line(["---"] * len(head)), *body, ""] if body else []


def facts(rows: Iterable[tuple[str, str]]) -> list[str]:
    """Lines `- name: value`, without those that have no value."""
    return [*(f"- {name}:{value}" for name, value in rows if value), ""]


def code(value: object) -> str:
    """A value as code, "" for none."""
    text = str(value)
    return f"`{text}`" if text else ""


def plain(text: str) -> str:
    """Text on one line whose angle brackets are shown, not read as tags; what stands in backticks stays as it is."""
    parts = _CODE.split(" ".join(text.split()))
    return "".join(part if number % 2 else part.replace("<", "&lt;") for number, part in enumerate(parts))


def _line(values: Sequence[object]) -> str:
    return "| " + " | ".join(" ".join(str(value).split()).replace("|", "\\|") for value in values) + " |"

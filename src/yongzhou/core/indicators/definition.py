"""An indicator is a SQL file: YAML in its leading comments, then one SELECT over shared resources.

Header keys, `key: value` parted by ` | ` or lines: title, unit, period (1h, 1d …), refresh (30s, 5min …), dimensions,
direction (up, down, none), target, alarm ({raise, clear, hold}), digits, rows (a record's list, with its filter),
about. Columns: period, region, value, numerator, denominator, origin.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

import yaml

from yongzhou.core.catalogue.reader import resources_of

logger = logging.getLogger(__name__)

_SPAN: Final = re.compile(r"(\d+)\s*(s|min|h|d)")
_SECONDS: Final = {"s": 1, "min": 60, "h": 3600, "d": 86400}


class DefinitionError(ValueError):
    """A header that cannot be read; names file and key."""


@dataclass(frozen=True, slots=True)
class Indicator:
    """One number about the city."""

    name: str  # "water.on_time_rate"
    title: str
    unit: str
    period: timedelta
    refresh: timedelta
    direction: Literal["up", "down", "none"]
    sql: str
    dimensions: tuple[str, ...] = ("region",)
    target: float | None = None
    digits: int = 1
    rows: str = ""
    about: str = ""
    alarm: tuple[tuple[str, str], ...] = ()

    @property
    def resources(self) -> tuple[str, ...]:
        """What it reads."""
        return resources_of(self.sql)

    @property
    def rows_url(self) -> str:
        """The workbench list of the rows behind it, "" if it names none."""
        name, _, words = self.rows.partition("?")
        return f"/desk/{name.replace('.', '/')}/{'?' + words if words else ''}" if name else ""


def span(text: str) -> timedelta:
    """`30s`, `5min`, `1h`, `1d` as a time span."""
    found = _SPAN.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text!r} is not a span like 30s, 5min, 1h, 1d")
    return timedelta(seconds=int(found[1]) * _SECONDS[found[2]])


def parse(text: str, name: str) -> Indicator:
    """The indicator of a SQL file's text; `DefinitionError` for a wrong header."""
    lines = text.splitlines()
    size = next((i for i, line in enumerate(lines) if not line.startswith("--")), len(lines))
    header: dict[str, Any] = {}
    try:
        for line in lines[:size]:
            for part in re.split(r"\s\|\s", line.removeprefix("--").strip()):
                if part:
                    header |= yaml.safe_load(part)
        return Indicator(
            name=name,
            title=str(header["title"]),
            unit=str(header.get("unit", "")),
            period=span(str(header["period"])),
            refresh=span(str(header["refresh"])),
            direction=header.get("direction", "none"),
            dimensions=tuple(header.get("dimensions", ["region"])),
            target=None if header.get("target") is None else float(header["target"]),
            digits=int(header.get("digits", 1)),
            rows=str(header.get("rows", "")),
            about=str(header.get("about", "")),
            alarm=tuple((str(key), str(value)) for key, value in (header.get("alarm") or {}).items()),
            sql="\n".join(lines[size:]).strip().rstrip(";"),
        )
    except (KeyError, TypeError, ValueError, yaml.YAMLError) as error:
        raise DefinitionError(f"{name}: {error}") from error


@cache
def indicators() -> dict[str, Indicator]:
    """All indicators by name: `<system>.<file>`."""
    root = Path(__file__).resolve().parents[2]
    files = [*root.glob("systems/*/*/indicators/*.sql"), *root.glob("core/*/indicators/*.sql")]
    found = {}
    for path in sorted(files):
        name = f"{path.parent.parent.name}.{path.stem}"
        try:
            found[name] = parse(path.read_text(encoding="utf-8"), name)
        except DefinitionError:
            logger.exception("indicator %s cannot be read and is left out", name)  # one bad file never stops the others
    return found

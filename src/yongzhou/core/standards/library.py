"""Look-ups in dated standards: labels, limit tables and parameters on a given day."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Self
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from yongzhou.core.home import Home
from yongzhou.core.standards.rows import (
    Code,
    Limit,
    Parameter,
    StandardsError,
    read_codes,
    read_limits,
    read_parameters,
    short_region,
)


@dataclass(frozen=True, slots=True)
class LimitTable:
    """The grades of one item on one day, ascending."""

    standard: str
    item: str
    unit: str
    rows: tuple[Limit, ...]

    @property
    def grades(self) -> tuple[str, ...]:
        """Names of the grades, lowest first."""
        return tuple(row.grade for row in self.rows)

    @property
    def verified(self) -> bool:
        """Whether every number was read in the source; otherwise a page shows 待核实."""
        return all(row.verified for row in self.rows)

    def classify(self, values: npt.ArrayLike) -> npt.NDArray[np.int8]:
        """Position in `grades` of each value (same shape); -1 where the value is missing (NaN) or in no grade."""
        numbers = np.asarray(values, dtype=float)
        lows = np.array([row.low for row in self.rows])
        highs = np.array([row.high for row in self.rows])
        position = np.searchsorted(lows, numbers, side="right") - 1
        inside = (position >= 0) & (numbers < highs[position])  # NaN compares false
        return np.where(inside, position, -1).astype(np.int8)

    def grade(self, value: float) -> str | None:
        """The name of one value's grade; None where it is missing or in no grade."""
        position = int(self.classify(value))
        return None if position < 0 else self.rows[position].grade


class Standards:
    """All rows of one city, indexed."""

    def __init__(self, codes: list[Code], limits: list[Limit], parameters: list[Parameter]) -> None:
        self._codes: dict[str, dict[str, list[Code]]] = defaultdict(lambda: defaultdict(list))
        self._limits: dict[tuple[str, str], list[Limit]] = defaultdict(list)
        self._parameters: dict[str, dict[str, list[Parameter]]] = defaultdict(lambda: defaultdict(list))
        for code in codes:
            self._codes[code.list][code.code].append(code)
        for limit in limits:
            self._limits[limit.standard, limit.item].append(limit)
        for parameter in parameters:
            self._parameters[parameter.name][parameter.region].append(parameter)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read a `standards` folder; `StandardsError` names the row that is wrong."""
        return cls(read_codes(folder / "codes"), read_limits(folder / "limits"), read_parameters(folder / "parameters"))

    def code(self, list_: str, code: str, on: date | None = None) -> Code | None:
        """The row of a code on that day (None = today in Shanghai), or None."""
        day = on or today()
        if list_ not in self._codes:
            raise StandardsError(f"没有代码表「{list_}」")
        return next((row for row in self._codes[list_].get(code, ()) if row.holds(day)), None)

    def editions(self, list_: str, code: str) -> list[Code]:
        """Every row of a code whenever it held."""
        return list(self._codes[list_].get(code, ())) if list_ in self._codes else []

    def codes(self, list_: str, on: date | None = None) -> list[Code]:
        """All codes of a list on that day, in order of code."""
        day = on or today()
        if list_ not in self._codes:
            raise StandardsError(f"没有代码表「{list_}」")
        found = (row for rows in self._codes[list_].values() for row in rows if row.holds(day))
        return sorted(found, key=lambda row: row.code)

    def label(self, list_: str, code: str, on: date | None = None) -> str:
        """What a code means on that day; `StandardsError` if the list does not know it then."""
        if (row := self.code(list_, code, on)) is None:
            raise StandardsError(f"代码表「{list_}」在 {on or today()} 没有代码「{code}」")
        return row.label

    def limits(self, standard: str, item: str, on: date) -> LimitTable:
        """The limit table in force on that day; `StandardsError` if there is none."""
        rows = [row for row in self._limits.get((standard, item), ()) if row.holds(on)]
        if not rows:
            raise StandardsError(f"{standard} 的「{item}」在 {on} 没有限值：请载入当日有效的版本")
        return LimitTable(standard, item, rows[0].unit, tuple(sorted(rows, key=lambda row: row.low)))

    def parameter(self, name: str, region: str, on: date) -> Parameter:
        """The value in the nearest region upward; a gap raises `StandardsError` instead of guessing."""
        start = short_region(region)
        by_region = self._parameters.get(name, {})
        for length in (12, 9, 6, 4, 2, 0):
            if length <= len(start):
                for row in by_region.get(start[:length], ()):
                    if row.holds(on):
                        return row
        raise StandardsError(f"参数「{name}」在 {region or '全国'} 及其上级 {on} 没有值：请补上当日有效的一行")


def today() -> date:
    """Today in Shanghai."""
    return datetime.now(ZoneInfo("Asia/Shanghai")).date()


@cache
def standards() -> Standards:
    """The standards of this home's city, read once a process."""
    return Standards.load(Home.here().city_folder / "standards")


def label(list: str, code: str, on: date | None = None) -> str:
    """What a code means on that day (None = today); `StandardsError` if the list does not know it then."""
    return standards().label(list, code, on)


def limits(standard: str, item: str, on: date) -> LimitTable:
    """The limit table in force on that day; `StandardsError` if there is none."""
    return standards().limits(standard, item, on)


def parameter(name: str, region: str, on: date) -> Parameter:
    """The value in the nearest region upward; a gap raises `StandardsError` instead of guessing."""
    return standards().parameter(name, region, on)

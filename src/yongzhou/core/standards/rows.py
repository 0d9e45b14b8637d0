"""Dated rows of standards: code lists, limits and parameters, read from CSV.

Layout below `cities/<city>/standards/`, any number of files a folder, UTF-8, first line = columns, empty = none:

- `codes/*.csv`: `list,code,label` - one code of a list, such as `GB/T 2260,431103,冷水滩区`.
- `limits/*.csv`: `standard,item,grade,low,high,unit` - a grade is the half-open range `low <= value < high`.
- `parameters/*.csv`: `name,region,value,unit` - a number that holds in a region (2, 4, 6, 9 or 12 digits; empty = the
  whole country) and below it, unless a lower region has its own.

Every row also has `source` (number of the standard or document), `clause`, `valid_from`, `valid_to` (ISO dates,
half-open; empty = always) and `verified` (`true` only if the number was read in the source
or in a publication that quotes it by name; otherwise pages show 待核实).

Two rows that would hold at the same instant for the same key (for limits: whose ranges would meet) are refused on load.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from math import inf
from pathlib import Path
from typing import Final, TypeVar

SHARED: Final = ("source", "clause", "valid_from", "valid_to", "verified")


class StandardsError(ValueError):
    """A row, code or key that standards do not know or cannot hold; the Chinese text says what and where."""


@dataclass(frozen=True, slots=True)
class Dated:
    """What every row has; `place` is file and line."""

    source: str
    clause: str
    valid_from: date
    valid_to: date | None
    verified: bool
    place: str

    def holds(self, on: date) -> bool:
        """Whether the row is in force on that day."""
        return self.valid_from <= on and (self.valid_to is None or on < self.valid_to)

    def meets(self, other: Dated) -> bool:
        """Whether some day lies in the validity of both."""
        return (self.valid_to is None or other.valid_from < self.valid_to) and (
            other.valid_to is None or self.valid_from < other.valid_to
        )


@dataclass(frozen=True, slots=True)
class Code(Dated):
    """One code of a list."""

    list: str
    code: str
    label: str


@dataclass(frozen=True, slots=True)
class Limit(Dated):
    """One grade of an item: `low <= value < high`."""

    standard: str
    item: str
    grade: str
    low: float
    high: float
    unit: str


@dataclass(frozen=True, slots=True)
class Parameter(Dated):
    """One number that holds in a region."""

    name: str
    region: str
    value: float
    unit: str


R = TypeVar("R", Code, Limit, Parameter)


def read_codes(folder: Path) -> list[Code]:
    """All codes; `StandardsError` for a bad row or one code twice at the same time."""
    found = [Code(*shared, row["list"], row["code"], row["label"]) for row, shared in _rows(folder, "list,code,label")]
    return _checked(found, lambda row: (row.list, row.code))


def read_limits(folder: Path) -> list[Limit]:
    """All limits; `StandardsError` for a bad row or two grades that meet at the same time."""
    found = []
    for row, shared in _rows(folder, "standard,item,grade,low,high,unit"):
        low, high = _number(row["low"], -inf, shared[-1]), _number(row["high"], inf, shared[-1])
        if not low < high:
            raise StandardsError(f"{shared[-1]}：下限 {row['low']} 应小于上限 {row['high']}")
        found.append(Limit(*shared, row["standard"], row["item"], row["grade"], low, high, row["unit"]))
    return _checked(
        found,
        lambda row: (row.standard, row.item),
        lambda a, b: a.grade == b.grade or (a.low < b.high and b.low < a.high),
    )


def read_parameters(folder: Path) -> list[Parameter]:
    """All parameters; `StandardsError` for a bad row or two values of a region at the same time."""
    found = []
    for row, shared in _rows(folder, "name,region,value,unit"):
        region, value = short_region(row["region"]), _number(row["value"], None, shared[-1])
        found.append(Parameter(*shared, row["name"], region, value, row["unit"]))
    return _checked(found, lambda row: (row.name, row.region))


def short_region(code: str) -> str:
    """A division code without padding zeros, 431100 -> 4311; `StandardsError` for other lengths than 0 to 12 digits."""
    text = code.strip()
    if text and (not text.isascii() or not text.isdigit() or len(text) not in (2, 4, 6, 9, 12)):
        raise StandardsError(f"区划代码「{code}」应为 2、4、6、9 或 12 位数字")
    for longer, shorter in ((12, 9), (9, 6), (6, 4), (4, 2)):
        if len(text) == longer and set(text[shorter:]) == {"0"}:
            text = text[:shorter]
    return text


def _rows(folder: Path, columns: str) -> Iterator[tuple[dict[str, str], tuple[str, str, date, date | None, bool, str]]]:
    for path in sorted(folder.glob("*.csv")):
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            names = reader.fieldnames or ()
            if missing := [name for name in (*columns.split(","), *SHARED) if name not in names]:
                raise StandardsError(f"{path.name} 缺少列：{'、'.join(missing)}")
            for row in reader:
                place = f"{path.name} 第 {reader.line_num} 行"
                if None in row or None in row.values():
                    raise StandardsError(f"{place}：列数与表头不符")
                yield row, _shared({name: text.strip() for name, text in row.items()}, place)


def _shared(row: dict[str, str], place: str) -> tuple[str, str, date, date | None, bool, str]:
    if row["verified"] not in ("true", "false"):
        raise StandardsError(f"{place}：verified 应为 true 或 false，现为「{row['verified']}」")
    if not row["source"]:
        raise StandardsError(f"{place}：缺少出处 source")
    try:
        since = date.fromisoformat(row["valid_from"]) if row["valid_from"] else date.min
        until = date.fromisoformat(row["valid_to"]) if row["valid_to"] else None
    except ValueError as error:
        raise StandardsError(f"{place}：有效期不是日期，应写成 2026-01-01") from error
    if until is not None and until <= since:
        raise StandardsError(f"{place}：失效日 {until} 应晚于生效日 {since}")
    return row["source"], row["clause"], since, until, row["verified"] == "true", place


def _number(text: str, empty: float | None, place: str) -> float:
    if not text.strip() and empty is not None:
        return empty
    try:
        number = float(text)
    except ValueError as error:
        raise StandardsError(f"{place}：「{text}」不是数") from error
    if number != number or number in (inf, -inf):
        raise StandardsError(f"{place}：「{text}」不是有限的数")
    return number


def _checked(rows: list[R], key: Callable[[R], Hashable], clash: Callable[[R, R], bool] = lambda a, b: True) -> list[R]:
    groups: dict[Hashable, list[R]] = defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    for group in groups.values():
        _no_clash(group, clash)
    return rows


def _no_clash(group: Sequence[R], clash: Callable[[R, R], bool]) -> None:
    for a, b in combinations(group, 2):
        if a.meets(b) and clash(a, b):
            raise StandardsError(f"{b.place} 与 {a.place} 的有效期重叠：请给旧版填上失效日 valid_to")

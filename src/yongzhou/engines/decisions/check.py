"""Checks a table before it is used: rules that overlap, and rows that no rule answers.

Between two neighbouring literals of a column every value behaves alike, so that one sample a stretch stands for all:
the endless space of rows becomes a small grid, walked exactly.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import combinations, pairwise

from yongzhou.engines.decisions.feel import UnaryTests, Value
from yongzhou.engines.decisions.table import DecisionTable, Input


@dataclass(frozen=True, slots=True)
class Overlap:
    """Two rules (from 1) that both match `example`."""

    rows: tuple[int, int]
    example: dict[str, Value]


@dataclass(frozen=True, slots=True)
class Findings:
    """What a check found. `gaps`: rows that no rule answers (the first of each stretch of the first column)."""

    overlaps: tuple[Overlap, ...]
    gaps: tuple[dict[str, Value], ...]
    messages: tuple[str, ...]


def check_table(table: DecisionTable, *, limit: int = 20) -> Findings:
    """At most `limit` overlaps (policy U only, elsewhere they are meant) and gaps, each with a row that shows it.

    Null counts as a value only where a cell tests for null; a column with allowed values is checked inside these.
    """
    found = tuple(overlaps(table, limit=limit)) if table.policy == "UNIQUE" else ()
    gaps = tuple(_gaps(table, limit))
    messages = [f"第 {a} 行与第 {b} 行重叠，例如 {_show(example)}" for a, b, example in
                ((*overlap.rows, overlap.example) for overlap in found)]  # fmt: skip
    messages += [f"没有规则回答：{_show(example)}" for example in gaps]
    return Findings(found, gaps, tuple(messages))


def overlaps(table: DecisionTable, *, limit: int) -> list[Overlap]:
    """Pairs of rules that some row matches both; null facts are looked at too."""
    samples = [_samples(table, position, with_null=True) for position in range(len(table.inputs))]
    masks = _masks(table, samples)
    found: list[Overlap] = []
    for a, b in combinations(range(len(table.rules)), 2):
        both = [cells[a] & cells[b] for cells in masks]
        if all(both):
            example = {
                column.name: values[(mask & -mask).bit_length() - 1]
                for column, values, mask in zip(table.inputs, samples, both, strict=True)
            }
            found.append(Overlap((a + 1, b + 1), example))
            if len(found) >= limit:
                break
    return found


def _gaps(table: DecisionTable, limit: int) -> list[dict[str, Value]]:
    samples = [_samples(table, position, with_null=False) for position in range(len(table.inputs))]
    masks = _masks(table, samples)
    live = [
        [sum(1 << rule for rule, cells in enumerate(column) if cells >> cell & 1) for cell in range(len(values))]
        for column, values in zip(masks, samples, strict=True)
    ]
    full: set[tuple[int, int]] = set()  # (column, rules alive) below which everything is answered

    def walk(column: int, rules: int) -> tuple[Value, ...] | None:
        if not rules:
            return tuple(values[0] if values else None for values in samples[column:])
        if column == len(samples) or (column, rules) in full:
            return None
        for value, matching in zip(samples[column], live[column], strict=True):
            if (rest := walk(column + 1, rules & matching)) is not None:
                return (value, *rest)
        full.add((column, rules))
        return None

    everything = (1 << len(table.rules)) - 1
    names = [column.name for column in table.inputs]
    if not samples or not everything:
        return [] if everything else [dict.fromkeys(names)]
    rows = (
        (value, *rest)
        for value, matching in zip(samples[0], live[0], strict=True)
        if (rest := walk(1, everything & matching)) is not None
    )
    return [dict(zip(names, row, strict=True)) for row, _ in zip(rows, range(limit), strict=False)]


def matcher(test: UnaryTests) -> Callable[[Value], bool]:
    """One cell as a Python function of a FEEL value."""
    scope: dict[str, object] = {"date": date}
    exec(f"def match(x):\n return {test.python('x')}", scope)  # noqa: S102 - literals pass through repr
    compiled: Callable[[Value], bool] = scope["match"]  # type: ignore[assignment]
    return compiled


def _masks(table: DecisionTable, samples: list[list[Value]]) -> list[list[int]]:
    """For each input and rule the samples that its cell matches, as bits."""
    masks = []
    for position, values in enumerate(samples):
        column = []
        for rule in table.rules:
            test = matcher(rule.tests[position])
            column.append(sum(1 << cell for cell, value in enumerate(values) if test(value)))
        masks.append(column)
    return masks


def _samples(table: DecisionTable, position: int, *, with_null: bool) -> list[Value]:
    column = table.inputs[position]
    cells = [rule.tests[position] for rule in table.rules] + ([column.allowed] if column.allowed else [])
    literals = {value for cell in cells for value in cell.literals()}
    values = _stretches(column, literals)
    if column.allowed is not None:
        allowed = matcher(column.allowed)
        values = [value for value in values if allowed(value)]
    names_null = any(getattr(test, "value", 0) is None for cell in cells for test in cell.tests)
    return [*values, None] if with_null or names_null or not values else values


def _stretches(column: Input, literals: set[Value]) -> list[Value]:
    if column.type == "boolean":
        return [True, False]
    if column.type == "string":
        texts = sorted(value for value in literals if isinstance(value, str))
        other = "其他"
        while other in literals:
            other += "值"
        return [*texts, other]
    if column.type == "date":
        days = sorted(value for value in literals if isinstance(value, date))
        around = {day + timedelta(n) for day in days for n in (-1, 0, 1)}
        return [*sorted(around)] or [date(2000, 1, 1)]
    if column.type == "number":
        numbers = sorted(value for value in literals if isinstance(value, float))
        if not numbers:
            return [0.0]
        middles = [a + (b - a) / 2 for a, b in pairwise(numbers)]
        below = numbers[0] - max(1.0, abs(numbers[0]))
        above = numbers[-1] + max(1.0, abs(numbers[-1]))
        return [*sorted({below, *numbers, *middles, above})]
    return ["任意"]


def _show(row: dict[str, Value]) -> str:
    def shown(value: Value) -> str:
        return "空" if value is None else f"{value:.15g}" if isinstance(value, float) else str(value)

    return "、".join(f"{name} = {shown(value)}" for name, value in row.items())

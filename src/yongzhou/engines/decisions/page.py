"""A table as headers and cells for a page that shows it and marks the rules that fired; no markup here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from yongzhou.engines.decisions.feel import Value
from yongzhou.engines.decisions.table import DecisionTable, Outcome


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: its text, what it is, and whether it decided the shown outcome."""

    text: str
    kind: Literal["input", "output", "note"]
    decided: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One rule: number from 1, id, whether it fired, its cells in the order of the headers."""

    number: int
    rule: str
    fired: bool
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """The whole table: hit policy as its letter, headers, rows."""

    name: str
    policy: str
    headers: tuple[Cell, ...]
    rows: tuple[Row, ...]


def table_to_html_rows(table: DecisionTable, outcome: Outcome | None = None) -> Sheet:
    """Headers and cells; with an `outcome` the rules that fired and the cells that decided are marked."""
    fired = set(outcome.rules) if outcome else set()
    signs = {"SUM": "+", "MIN": "<", "MAX": ">", "COUNT": "#"}
    headers = [Cell(column.label, "input", False) for column in table.inputs]
    headers += [Cell(column.label, "output", False) for column in table.outputs]
    noted = any(rule.note for rule in table.rules)
    rows = []
    for number, rule in enumerate(table.rules, start=1):
        hit = rule.id in fired
        cells = [Cell(test.text or "-", "input", hit and bool(test.tests)) for test in rule.tests]
        cells += [Cell(_shown(value), "output", hit) for value in rule.outputs]
        cells += [Cell(rule.note, "note", False)] if noted else []
        rows.append(Row(number, rule.id, hit, tuple(cells)))
    if noted:
        headers.append(Cell("依据", "note", False))
    return Sheet(table.name, table.policy[0] + signs.get(table.aggregation or "", ""), tuple(headers), tuple(rows))


def _shown(value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    return f"{value:.15g}" if isinstance(value, float) else value.isoformat() if isinstance(value, date) else value

"""Decision tables: their parts, one row's decision and why it fell so."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from numbers import Real
from typing import Final, Literal, NamedTuple, TypeAlias

from yongzhou.engines.decisions.feel import TYPE_NAMES, FeelType, UnaryTests, Value

HitPolicy = Literal["UNIQUE", "FIRST", "COLLECT"]
Aggregation = Literal["SUM", "MIN", "MAX", "COUNT"]
Result: TypeAlias = Value | dict[str, Value]


class DmnError(ValueError):
    """A decision table or a fact that cannot be used; names table, row (rule, from 1) and column."""

    def __init__(self, message: str, *, table: str = "", row: int | None = None, column: str | None = None) -> None:
        self.table, self.row, self.column = table, row, column
        where = f"决策表「{table}」" if table else ""
        where += f"第 {row} 行" if row is not None else ""
        where += f"「{column}」列" if column is not None else ""
        super().__init__(f"{where}：{message}" if where else message)


@dataclass(frozen=True, slots=True)
class Input:
    """One input column: the fact's name, its label and type (None = only its nullness is tested).

    `allowed` bounds the search for gaps; a fact outside it is decided by the rules like any other.
    """

    name: str
    label: str
    type: FeelType | None
    allowed: UnaryTests | None = None


@dataclass(frozen=True, slots=True)
class Output:
    """One output column; `default` holds where no rule matches."""

    name: str
    label: str
    type: FeelType | None
    default: Value = None


@dataclass(frozen=True, slots=True)
class Rule:
    """One row: a unary test an input, a literal an output."""

    id: str
    tests: tuple[UnaryTests, ...]
    outputs: tuple[Value, ...]
    note: str = ""


class Reason(NamedTuple):
    """A cell that decided: the rule, the input, its test as written, the fact that met it."""

    rule: str
    column: str
    test: str
    fact: Value


@dataclass(slots=True)
class Outcome:
    """What a table decided about one row.

    `value`: a single output gives the bare value, several give a mapping by name; COLLECT gives a list of these (an
    aggregation one number). `rules`: ids of the rules that matched, in order. UNIQUE with more than one match has
    `conflict` and no value.
    """

    value: Result | list[Result]
    rules: tuple[str, ...]
    conflict: bool
    _table: DecisionTable
    _facts: tuple[Value, ...]
    _hits: tuple[int, ...]

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """Every cell of the matched rules that was no `-`."""
        return tuple(
            Reason(rule.id, column.label, test.text, fact)
            for rule in (self._table.rules[hit] for hit in self._hits)
            for column, test, fact in zip(self._table.inputs, rule.tests, self._facts, strict=True)
            if test.tests
        )


@dataclass(frozen=True)
class DecisionTable:
    """A decision table with hit policy U, F or C (C plain or aggregated by SUM, MIN, MAX, COUNT)."""

    name: str
    policy: HitPolicy
    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]
    rules: tuple[Rule, ...]
    aggregation: Aggregation | None = None

    @cached_property
    def disjoint(self) -> bool:
        """Whether no two rules can match the same row, so that the first match is the only one."""
        from yongzhou.engines.decisions.check import overlaps

        return not overlaps(self, limit=1)

    @cached_property
    def results(self) -> tuple[Result, ...]:
        """What each rule yields."""
        return tuple(self._result(rule.outputs) for rule in self.rules)

    @cached_property
    def default(self) -> Result:
        """What holds where no rule matches: the default outputs, null where there are none."""
        return self._result(tuple(output.default for output in self.outputs))

    @cached_property
    def match(self) -> Callable[[Mapping[str, object]], tuple[tuple[Value, ...], tuple[int, ...]]]:
        """Compiled: facts -> (facts as FEEL values, positions of the rules that match)."""
        return _compile(self)

    def _result(self, values: tuple[Value, ...]) -> Result:
        if len(self.outputs) == 1:
            return values[0]
        return {output.name: value for output, value in zip(self.outputs, values, strict=True)}


def decide(table: DecisionTable, facts: Mapping[str, object]) -> Outcome:
    """Decide one row. `facts` must name every input (null = None); a fact of another type raises `DmnError`."""
    values, hits = table.match(facts)
    rules = table.rules
    if table.policy == "COLLECT":
        return Outcome(_collect(table, hits), tuple(rules[hit].id for hit in hits), False, table, values, hits)
    if len(hits) > 1:
        return Outcome(None, tuple(rules[hit].id for hit in hits), True, table, values, hits)
    value = _own(table.results[hits[0]] if hits else table.default)
    return Outcome(value, (rules[hits[0]].id,) if hits else (), False, table, values, hits)


def _own(value: Result) -> Result:
    return value.copy() if isinstance(value, dict) else value


def _collect(table: DecisionTable, hits: tuple[int, ...]) -> Result | list[Result]:
    if table.aggregation is None:
        return [_own(table.results[hit]) for hit in hits]
    if table.aggregation == "COUNT":
        return float(len(hits))
    numbers = [number for hit in hits if isinstance(number := table.rules[hit].outputs[0], float)]
    if not numbers:
        return None
    if table.aggregation != "SUM":
        return min(numbers) if table.aggregation == "MIN" else max(numbers)
    total = 0.0
    for number in numbers:  # in rule order, one by one, as the batch does: sum() may compensate
        total += number
    return total


def _compile(
    table: DecisionTable,
) -> Callable[[Mapping[str, object]], tuple[tuple[Value, ...], tuple[int, ...]]]:
    """Generate the match function: names of variables are ours, literals pass through `repr`, never a cell's text."""
    lines = ["def match(facts):", " try:"]
    for position, column in enumerate(table.inputs):
        lines.append(f"  x{position} = facts[{column.name!r}]")
    lines += ["  pass", " except KeyError as error:", "  raise missing(error.args[0]) from None"]
    for position, column in enumerate(table.inputs):
        if column.type is not None:
            lines.append(f" if x{position}.__class__ is not {_CLASSES[column.type]}:")
            lines.append(f"  x{position} = fact({position}, x{position})")
        if column.type == "number":
            lines += [f" elif x{position} != x{position}:", f"  x{position} = None"]
    values = "(" + "".join(f"x{position}, " for position in range(len(table.inputs))) + ")"
    first = table.policy == "FIRST" or (table.policy == "UNIQUE" and table.disjoint)
    lines += [] if first else [" hits = []"]
    for number, rule in enumerate(table.rules):
        tests = [test.python(f"x{position}") for position, test in enumerate(rule.tests) if test.tests]
        lines.append(f" if {' and '.join(tests) or 'True'}:")
        lines.append(f"  return {values}, ({number},)" if first else f"  hits.append({number})")
    lines.append(f" return {values}, ()" if first else f" return {values}, tuple(hits)")

    def fact(position: int, value: object) -> Value:
        return as_fact(table, table.inputs[position], value)

    def missing(name: str) -> DmnError:
        return DmnError("缺少这一输入；没有值时请明确给出空值", table=table.name, column=name)

    scope: dict[str, object] = {"date": date, "fact": fact, "missing": missing}
    exec("\n".join(lines), scope)  # noqa: S102 - source made above from positions and literals only
    compiled: Callable[[Mapping[str, object]], tuple[tuple[Value, ...], tuple[int, ...]]] = scope["match"]  # type: ignore[assignment]
    return compiled


_CLASSES: Final = {"number": "float", "string": "str", "boolean": "bool", "date": "date"}


def as_fact(table: DecisionTable, column: Input, value: object) -> Value:
    """A fact as FEEL value of the column's type; `DmnError` when it is of another type."""
    if value is None:
        return None
    if column.type == "number" and isinstance(value, Real | Decimal) and not isinstance(value, bool):
        try:
            number = float(value)
        except OverflowError as error:
            raise DmnError("数值超出双精度范围", table=table.name, column=column.label) from error
        return None if number != number else number
    if column.type == "string" and isinstance(value, str):
        return str(value)
    if column.type == "date" and isinstance(value, date) and not isinstance(value, datetime):
        return value
    raise DmnError(
        f"输入应为{TYPE_NAMES[str(column.type)]}，现为 {type(value).__name__} {value!r}",
        table=table.name,
        column=column.label,
    )

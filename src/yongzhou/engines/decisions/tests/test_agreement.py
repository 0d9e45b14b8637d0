"""One row and a batch agree in value, rule and nulls, on random tables and rows."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from yongzhou.engines.decisions import DecisionTable, Input, Output, Rule, check_table, decide, unary_tests
from yongzhou.engines.decisions.batch import ARROW_TYPES, decide_batch

VALUES = {
    "number": st.sampled_from([-1.0, 0.0, 0.1, 0.30000000000000004, 0.3, 1.0, 2.5, 1e15]),
    "string": st.sampled_from(["a", "b", "A", "", "零陵", "it's"]),
    "boolean": st.booleans(),
    "date": st.dates(date(2026, 1, 1), date(2026, 1, 6)),
}
TYPES = st.sampled_from(sorted(VALUES))


def feel(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'"{value}"'
    return f'date("{value}")' if isinstance(value, date) else f"{value:.17f}"


@st.composite
def cells(draw: st.DrawFn, type_: str) -> str:
    if draw(st.integers(0, 3)) == 0:
        return "-"
    literal = st.one_of(st.none(), VALUES[type_]).map(feel)
    kinds = [literal]
    if type_ in ("number", "date"):
        ends = VALUES[type_].map(feel)
        kinds.append(st.builds(lambda sign, end: f"{sign} {end}", st.sampled_from(["<", "<=", ">", ">="]), ends))
        pairs = st.tuples(VALUES[type_], VALUES[type_]).filter(lambda pair: pair[0] < pair[1])
        kinds.append(st.builds(lambda o, pair, c: f"{o}{feel(pair[0])}..{feel(pair[1])}{c}",
                               st.sampled_from("[(]"), pairs, st.sampled_from("])[")))  # fmt: skip
    text = ", ".join(draw(st.lists(st.one_of(kinds), min_size=1, max_size=3)))
    return f"not({text})" if draw(st.booleans()) else text


@st.composite
def tables(draw: st.DrawFn) -> tuple[DecisionTable, pa.Table]:
    types = draw(st.lists(TYPES, min_size=1, max_size=3))
    inputs = tuple(Input(f"列{n}", f"列{n}", type_) for n, type_ in enumerate(types))
    rules = tuple(
        Rule(
            f"r{n}",
            tuple(unary_tests(draw(cells(t)), t) for t in types),
            (draw(st.one_of(st.none(), VALUES["number"])), f"v{n}"),
        )
        for n in range(draw(st.integers(0, 5)))
    )
    outputs = (Output("甲", "甲", "number", draw(st.sampled_from([None, 7.0]))), Output("乙", "乙", "string"))
    table = DecisionTable("表", draw(st.sampled_from(["UNIQUE", "FIRST", "COLLECT"])), inputs, outputs, rules)
    size = draw(st.integers(0, 6))
    columns = {
        column.name: pa.array(
            draw(st.lists(st.one_of(st.none(), VALUES[column.type]), min_size=size, max_size=size)),
            ARROW_TYPES[column.type],
        )
        for column in inputs
    }
    return table, pa.table(columns)


@settings(max_examples=250, deadline=None)
@given(tables())
def test_one_row_and_a_batch_agree(case: tuple[DecisionTable, pa.Table]):
    table, rows = case
    batch = decide_batch(table, rows)
    single = [decide(table, row) for row in rows.to_pylist()]
    if table.policy == "COLLECT":
        assert batch["rules"].to_pylist() == [list(outcome.rules) for outcome in single]
        assert batch["甲"].to_pylist() == [[value["甲"] for value in outcome.value] for outcome in single]
        return
    empty = {"甲": None, "乙": None}
    values = [empty if outcome.conflict else outcome.value for outcome in single]
    assert batch.select(["甲", "乙"]).to_pylist() == values
    assert batch["rule"].to_pylist() == [outcome.rules[0] if len(outcome.rules) == 1 else None for outcome in single]
    if table.policy == "UNIQUE":
        assert batch["conflict"].to_pylist() == [outcome.conflict for outcome in single]


def test_money_agrees_to_the_last_bit():
    amounts = [Decimal(cents).scaleb(-2) for cents in range(0, 20_000, 7)]
    tests = [unary_tests(f"{amount}", "number") for amount in amounts]
    table = DecisionTable(
        "额", "FIRST", (Input("x", "x", "number"),), (Output("y", "y", "string"),),
        tuple(Rule(f"r{n}", (test,), ("v",)) for n, test in enumerate(tests[:200])),
    )  # fmt: skip
    found = decide_batch(table, pa.table({"x": pa.array(amounts, pa.decimal128(18, 2))}))["rule"].to_pylist()
    assert found[:200] == [f"r{n}" for n in range(200)]
    assert found == [next(iter(decide(table, {"x": amount}).rules), None) for amount in amounts]


@settings(max_examples=100, deadline=None)
@given(tables())
def test_findings_are_true(case: tuple[DecisionTable, pa.Table]):
    """A gap's example meets no rule, an overlap's example meets both; where nothing is found, no row does either."""
    table, rows = case
    every = DecisionTable(table.name, "COLLECT", table.inputs, table.outputs, table.rules)
    unique = DecisionTable(table.name, "UNIQUE", table.inputs, table.outputs, table.rules)
    findings = check_table(unique, limit=1000)
    assert all(decide(every, gap).rules == () for gap in findings.gaps)
    for overlap in findings.overlaps:
        assert {f"r{row - 1}" for row in overlap.rows} <= set(decide(every, overlap.example).rules)
    for row in rows.to_pylist():
        hits = decide(every, row).rules
        assert findings.overlaps or len(hits) < 2
        assert findings.gaps or hits or None in row.values()

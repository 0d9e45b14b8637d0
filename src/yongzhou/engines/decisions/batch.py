"""A table over many rows: one SQL pass in DuckDB finds the rules, Arrow hands out their outputs."""

from __future__ import annotations

from functools import cache

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from yongzhou.engines.decisions.feel import TYPE_NAMES, FeelType, Value
from yongzhou.engines.decisions.table import DecisionTable, DmnError, Input

ARROW_TYPES = {"number": pa.float64(), "string": pa.string(), "boolean": pa.bool_(), "date": pa.date32()}


def table_sql(table: DecisionTable) -> str:
    """A CASE over the input columns: position of the first rule that matches, NULL where none does.

    For policy F, and for U when `table.disjoint`, this is the whole decision and can stand inside any DuckDB query.
    """
    whens = " ".join(f"WHEN {_condition(table, number)} THEN {number}" for number in range(len(table.rules)))
    return f"CASE {whens} END" if whens else "NULL::INTEGER"


def decide_batch(table: DecisionTable, rows: pa.Table, connection: duckdb.DuckDBPyConnection | None = None) -> pa.Table:
    """Decide every row; columns of `rows` are found by input name.

    U and F: a column an output and `rule` (id, null where none matched); U adds `conflict`, true where several rules
    matched (outputs and rule null). C: a list an output and `rules`, or one number when aggregated.
    `DmnError` for a column that is missing or of another type. Rows keep their order.
    """
    columns = {f"x{position}": _column(table, column, rows) for position, column in enumerate(table.inputs)}
    if not columns:
        columns["x0"] = pa.nulls(rows.num_rows, pa.bool_())
    facts = pa.table(columns)
    cursor = (connection or _duckdb()).cursor()
    cursor.register("facts", facts)
    try:
        single = table.policy == "FIRST" or (table.policy == "UNIQUE" and table.disjoint)
        if single:
            return _single(table, _fetch(cursor, f"{table_sql(table)} AS hit")["hit"])
        conditions = ", ".join(
            f"coalesce({_condition(table, number)}, false) AS r{number}" for number in range(len(table.rules))
        )
        found = _fetch(cursor, conditions or "true")
    finally:
        cursor.unregister("facts")
        cursor.close()
    hits = np.zeros((rows.num_rows, len(table.rules)), dtype=bool)
    for number in range(len(table.rules)):
        hits[:, number] = found[f"r{number}"].to_numpy()
    return _unique(table, hits) if table.policy == "UNIQUE" else _collected(table, hits)


@cache
def _duckdb() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(":memory:", config={"threads": 1})


def _fetch(cursor: duckdb.DuckDBPyConnection, columns: str) -> pa.Table:
    # DuckDB scans a registered Arrow table in order and keeps insertion order by default.
    return cursor.sql(f"SELECT {columns} FROM facts").to_arrow_table()


def _condition(table: DecisionTable, number: int) -> str:
    tests = [test.sql(f"x{position}") for position, test in enumerate(table.rules[number].tests) if test.tests]
    return " AND ".join(tests) or "true"


def _column(table: DecisionTable, column: Input, rows: pa.Table) -> pa.ChunkedArray:
    if column.name not in rows.column_names:
        raise DmnError("数据里没有这一列", table=table.name, column=column.name)
    data = rows[column.name]
    kind = data.type
    if pa.types.is_dictionary(kind):
        data = pc.cast(data, kind.value_type)
        kind = data.type
    if column.type is None:  # only its nullness can be asked for
        return pc.if_else(pc.is_null(data), pa.scalar(None, pa.bool_()), pa.scalar(True))
    if pa.types.is_null(kind):
        return pa.chunked_array([pa.nulls(rows.num_rows, ARROW_TYPES[column.type])])
    fits = {
        "number": pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind),
        "string": pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind),
        "boolean": pa.types.is_boolean(kind),
        "date": pa.types.is_date(kind),
    }
    if not fits[column.type]:
        raise DmnError(f"数据应为{TYPE_NAMES[column.type]}，现为 {kind}", table=table.name, column=column.label)
    if column.type == "number":
        if pa.types.is_decimal(kind):
            data = pc.cast(data, pa.string())  # Arrow's own cast of decimals is off by a bit: 0.03 would not equal 0.03
        data = pc.cast(data, pa.float64(), safe=False)
        missing = pc.is_nan(data)
        return pc.if_else(missing, pa.scalar(None, pa.float64()), data) if pc.any(missing).as_py() else data
    return pc.cast(data, ARROW_TYPES[column.type])


def _values(values: list[Value], type_: FeelType | None) -> pa.Array:
    return pa.array(values, ARROW_TYPES[type_ or "string"])


def _single(table: DecisionTable, hit: pa.ChunkedArray) -> pa.Table:
    """Outputs by position of the rule; null takes the default, which stands behind the rules."""
    positions = pc.fill_null(pc.cast(hit, pa.int32()), len(table.rules))
    columns = {}
    for place, output in enumerate(table.outputs):
        values = [*(rule.outputs[place] for rule in table.rules), output.default]
        columns[output.name] = pc.take(_values(values, output.type), positions)
    columns["rule"] = pc.take(pa.array([*(rule.id for rule in table.rules), None], pa.string()), positions)
    if table.policy == "UNIQUE":
        columns["conflict"] = pa.array(np.zeros(len(positions), dtype=bool))
    return pa.table(columns)


def _unique(table: DecisionTable, hits: npt.NDArray[np.bool_]) -> pa.Table:
    count = hits.sum(axis=1)
    conflict = count > 1
    first = np.where(count > 0, hits.argmax(axis=1) if hits.shape[1] else 0, len(table.rules))
    found = _single(table, pa.chunked_array([pa.array(first, pa.int32())]))
    mask = pa.array(conflict)
    columns = {
        name: pc.if_else(mask, pa.scalar(None, column.type), column)
        for name, column in zip(found.column_names, found.columns, strict=True)
    }
    return pa.table(columns | {"conflict": mask})


def _collected(table: DecisionTable, hits: npt.NDArray[np.bool_]) -> pa.Table:
    where, rule = np.nonzero(hits)
    offsets = pa.array(np.searchsorted(where, np.arange(hits.shape[0] + 1)), pa.int32())
    positions = pa.array(rule, pa.int32())

    def lists(values: pa.Array) -> pa.ListArray:
        return pa.ListArray.from_arrays(offsets, pc.take(values, positions))

    rules = lists(pa.array([rule.id for rule in table.rules], pa.string()))
    if table.aggregation is not None:
        return pa.table({table.outputs[0].name: _aggregated(table, hits), "rules": rules})
    columns = {
        output.name: lists(_values([rule.outputs[place] for rule in table.rules], output.type))
        for place, output in enumerate(table.outputs)
    }
    return pa.table(columns | {"rules": rules})


def _aggregated(table: DecisionTable, hits: npt.NDArray[np.bool_]) -> pa.Array:
    if table.aggregation == "COUNT":
        return pa.array(hits.sum(axis=1).astype(float))
    start = {"SUM": 0.0, "MIN": np.inf, "MAX": -np.inf}[str(table.aggregation)]
    fold = {"SUM": np.add, "MIN": np.minimum, "MAX": np.maximum}[str(table.aggregation)]
    total = np.full(hits.shape[0], start)
    some = np.zeros(hits.shape[0], dtype=bool)
    for number, rule in enumerate(table.rules):
        if isinstance(value := rule.outputs[0], float):
            total = np.where(hits[:, number], fold(total, value), total)
            some |= hits[:, number]
    return pa.array(total, mask=~some)

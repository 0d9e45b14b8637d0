"""Observations from the lake: bounded questions with parameters, one answer for all datastreams of a page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

import duckdb

from yongzhou.core.catalogue.reader import reader
from yongzhou.core.data.actor import Actor
from yongzhou.core.lake import LakeError
from yongzhou.core.operations.problem import Problem
from yongzhou.core.things.models import Datastream, Latest
from yongzhou.portals.sensorthings import terms
from yongzhou.portals.sensorthings.filters import Arithmetic, Call, Compare, Constant, FilterError, Logic, Node, Path
from yongzhou.portals.sensorthings.kinds import KINDS
from yongzhou.portals.sensorthings.options import OptionError, Options, Order

Row = dict[str, object]
COUNT_STOP: Final = 10_000
DATASTREAMS_MAX: Final = 20_000
EARLIEST: Final = datetime(1970, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(9999, 1, 1, tzinfo=UTC)
_WINDOWS: Final = (timedelta(days=2), timedelta(days=40))  # newest first: most answers lie in the last days
_COLUMNS: Final = ("datastream", "phenomenon", "result", "flag", "origin", "frame", "received")
# as core.lake.queries: a device sends a moment again, what was received last holds
_MOMENTS: Final = """
WITH moments AS (
  SELECT datastream, phenomenon, result, flag, origin, frame, received FROM lake.observation
  WHERE datastream IN {numbers} AND phenomenon >= ? AND phenomenon < ?
  QUALIFY row_number() OVER (PARTITION BY datastream, phenomenon ORDER BY received DESC, seq DESC) = 1
)
"""
_ORDERED: Final = {
    "phenomenonTime": "phenomenon", "resultTime": "received", "result": "result", "resultQuality": "flag",
    "id": "phenomenon", "@iot.id": "phenomenon",
}  # fmt: skip
_SIGNS: Final = {"eq": "=", "ne": "IS DISTINCT FROM", "gt": ">", "ge": ">=", "lt": "<", "le": "<="}
_MATHS: Final = {"add": "+", "sub": "-", "mul": "*", "div": "/", "mod": "%"}
_PARTS: Final = {
    "year": "year", "month": "month", "day": "day", "hour": "hour", "minute": "minute", "second": "second",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asked:
    """A filter of observations: SQL with parameters, its span of phenomenon times, and datastreams (None: any)."""

    sql: str
    parameters: list[object]
    start: datetime
    end: datetime


def compiled(node: Node | None, actor: Actor) -> Asked:
    """A filter tree as a condition of the lake; `FilterError` for what cannot be asked."""
    parameters: list[object] = []
    sql = _condition(node, actor, parameters) if node is not None else "TRUE"
    start, end = _span(node)
    return Asked(sql, parameters, start, end)


def _condition(node: Node, actor: Actor, parameters: list[object]) -> str:
    if isinstance(node, Logic):
        parts = [_condition(part, actor, parameters) for part in node.parts]
        if node.word == "not":
            return f"(NOT coalesce({parts[0]}, FALSE))"
        return "(" + f" {node.word.upper()} ".join(parts) + ")"
    steps = {path.steps[0] for path in terms.paths(node)}
    if "Datastream" in steps or "FeatureOfInterest" in steps:
        return _of_datastreams(node, steps, actor)
    if isinstance(node, Compare):
        return _compare(node, parameters)
    if isinstance(node, Constant) and node.kind == "flag":
        return "TRUE" if node.value else "FALSE"
    raise FilterError("这里应是一个条件", "expected a condition", getattr(node, "at", 0))


def _of_datastreams(node: Node, steps: set[str], actor: Actor) -> str:
    """A condition on the datastream, answered by the records: numbers only come into the SQL."""
    kind = KINDS["Datastreams"]
    assert kind.rows is not None
    if len(steps) > 1:
        raise FilterError(
            "一个比较不能同时用两条导航路径", "one comparison, one navigation path", getattr(node, "at", 0)
        )
    inner = terms.shorter(node)
    if steps == {"FeatureOfInterest"}:
        inner = _below_thing(inner)
    rows = kind.rows(actor).filter(terms.condition(inner, kind, actor)).order_by()
    numbers = rows.values_list("number", flat=True)[:DATASTREAMS_MAX]
    return f"datastream IN {listed(list(numbers))}"


def _below_thing(node: Node) -> Node:
    if isinstance(node, Path):
        return Path(("Thing", *node.steps), node.at)
    if isinstance(node, Compare):
        return Compare(node.word, _below_thing(node.left), _below_thing(node.right), node.at)
    if isinstance(node, Call):
        return Call(node.name, tuple(map(_below_thing, node.arguments)), node.at)
    return node


def _compare(node: Compare, parameters: list[object]) -> str:
    word, left, right = node.word, node.left, node.right
    if isinstance(left, Constant) and not isinstance(right, Constant):
        word, left, right = terms.FLIPPED[word], right, left
    if isinstance(left, Path) and left.steps in (("id",), ("@iot.id",)):
        return _identity(word, right, node.at, parameters)
    one, type_ = _term(left, parameters)
    if isinstance(right, Constant) and right.kind == "null":
        if word not in ("eq", "ne"):
            raise FilterError("null 只能用 eq 或 ne 比较", "null takes eq or ne only", node.at)
        return f"({one} IS {'NOT ' if word == 'ne' else ''}NULL)"
    other, other_type = _term(right, parameters)
    if type_ != other_type:
        raise FilterError(f"{type_} 与 {other_type} 不能比较", f"cannot compare {type_} with {other_type}", node.at)
    return f"({one} {_SIGNS[word]} {other})"


def _identity(word: str, right: Node, at: int, parameters: list[object]) -> str:
    key = parse_id(str(right.value)) if isinstance(right, Constant) else None
    if word not in ("eq", "ne") or key is None:
        raise FilterError("Observations 的 id 形如 '12-1718650000000000'，只能用 eq 或 ne", "id takes eq or ne", at)
    parameters += key
    return f"({'NOT ' if word == 'ne' else ''}(datastream = ? AND phenomenon = ?))"


def _term(node: Node, parameters: list[object]) -> tuple[str, str]:
    if isinstance(node, Constant):
        if node.kind not in ("number", "text", "time"):
            raise FilterError("这里应是数字、文字或时间", "expected a number, text or time", node.at)
        parameters.append(node.value)
        return "?", node.kind
    if isinstance(node, Path):
        name = "/".join(node.steps)
        found = KINDS["Observations"].properties.get(name)
        if found is None:
            known = "、".join(sorted(KINDS["Observations"].properties))
            raise FilterError(
                f"Observations 没有属性 {name[:60]}；有：{known}", f"unknown property {name[:60]}", node.at
            )
        return found.path, found.type
    if isinstance(node, Arithmetic):
        left, one = _term(node.left, parameters)
        right, other = _term(node.right, parameters)
        if (one, other) != ("number", "number"):
            raise FilterError("只有数字能运算", "arithmetic takes numbers", node.at)
        return f"(CAST({left} AS DOUBLE) {_MATHS[node.word]} CAST({right} AS DOUBLE))", "number"
    if isinstance(node, Call) and node.name in _PARTS and len(node.arguments) == 1:
        inner, type_ = _term(node.arguments[0], parameters)
        if type_ == "time":
            return f"date_part('{_PARTS[node.name]}', {inner})", "number"
    if isinstance(node, Call) and node.name in ("round", "floor", "ceiling") and len(node.arguments) == 1:
        inner, type_ = _term(node.arguments[0], parameters)
        if type_ == "number":
            return f"{'ceil' if node.name == 'ceiling' else node.name}({inner})", "number"
    name = node.name if isinstance(node, Call) else type(node).__name__
    raise FilterError(f"Observations 不支持 {name}", f"{name} is not supported on Observations", getattr(node, "at", 0))


def _span(node: Node | None) -> tuple[datetime, datetime]:
    """Phenomenon times outside [start, end) cannot fulfil the filter."""
    start, end = EARLIEST, LATEST
    if isinstance(node, Logic) and node.word == "and":
        for part in node.parts:
            first, last = _span(part)
            start, end = max(start, first), min(end, last)
    elif isinstance(node, Compare) and isinstance(node.left, Path) and node.left.steps == ("phenomenonTime",):
        moment = node.right.value if isinstance(node.right, Constant) else None
        if isinstance(moment, datetime) and EARLIEST < moment < LATEST:
            if node.word in ("eq", "ge", "gt"):
                start = moment
            if node.word in ("eq", "le", "lt"):
                end = moment + timedelta(microseconds=1)
    return start, end


def parse_id(text: str) -> list[object] | None:
    """Datastream number and phenomenon time of an observation's id; None for another text."""
    number, dash, micros = text.partition("-")
    if not dash or not number.isdecimal() or not micros.isdecimal() or len(micros) > 17 or len(number) > 18:
        return None
    try:
        return [int(number), EARLIEST + timedelta(microseconds=int(micros))]
    except OverflowError:
        return None


def listed(numbers: Sequence[int]) -> str:
    """Whole numbers written out: DuckLake prunes its files by constants only."""
    return "(" + ", ".join(str(int(number)) for number in numbers) + ")" if numbers else "(NULL)"


@contextmanager
def _asking() -> Iterator[duckdb.DuckDBPyConnection]:
    try:
        with reader() as cursor:
            yield cursor
    except LakeError as error:
        raise Problem("lake", str(error), status=503) from error
    except duckdb.InterruptException as error:
        raise Problem(
            "slow", "查询超过 20 秒（query took too long）", status=503, remedy="请缩短 phenomenonTime 的范围"
        ) from error
    except (duckdb.ConversionException, duckdb.OutOfRangeException, duckdb.BinderException) as error:
        raise Problem("filter", "$filter 的值不能用于此属性（value does not fit the property）", status=400) from error


def _rows(sql: str, parameters: Sequence[object]) -> list[Row]:
    with _asking() as cursor:
        found = cursor.execute(sql, list(parameters)).fetchall()
    return [dict(zip(_COLUMNS, row, strict=True)) for row in found]


def order_sql(order: Sequence[Order]) -> tuple[str, bool, bool]:
    """ORDER BY text, whether it is by phenomenon time alone, and whether that falls; the newest first by default."""
    if not order:
        return "phenomenon DESC, datastream DESC", True, True
    parts = []
    for one in order:
        column = _ORDERED.get("/".join(one.path))
        if column is None:
            raise OptionError(
                "$orderby",
                f"不能按 {'/'.join(one.path)[:60]} 排序，可用：{'、'.join(_ORDERED)}",
                "cannot order by this",
            )
        parts.append(f"{column} {'DESC' if one.descending else 'ASC'} NULLS LAST")
    alone = len(order) == 1 and _ORDERED["/".join(order[0].path)] == "phenomenon"
    parts.append(f"datastream {'DESC' if order[0].descending else 'ASC'}")
    return ", ".join(parts), alone, order[0].descending


def page(numbers: Sequence[int], options: Options, actor: Actor, after: tuple[datetime, int] | None) -> list[Row]:
    """Up to `top` + 1 observations of some datastreams, in order; `after` is the last one of the page before."""
    if not numbers:
        return []
    asked = compiled(options.filter, actor)
    ordered, alone, falls = order_sql(options.order)
    sql, parameters, start, end = asked.sql, list(asked.parameters), asked.start, asked.end
    if after is not None:
        sign = "<" if falls else ">"
        sql = f"({sql}) AND (phenomenon, datastream) {sign} (CAST(? AS TIMESTAMPTZ), CAST(? AS BIGINT))"
        parameters += after
        start, end = (start, min(end, after[0] + timedelta(microseconds=1))) if falls else (max(start, after[0]), end)
    wanted = options.top + 1
    moments = _MOMENTS.format(numbers=listed(numbers))
    question = f"{moments} SELECT * FROM moments WHERE {sql} ORDER BY {ordered} LIMIT ? OFFSET ?"
    if alone and falls:
        newest = min(end, _newest(numbers))
        for reach in _WINDOWS:
            if newest - reach <= start:
                break
            rows = _rows(question, [newest - reach, end, *parameters, wanted, options.skip])
            if len(rows) >= wanted:
                return rows
    return _rows(question, [start, end, *parameters, wanted, options.skip])


def _newest(numbers: Sequence[int]) -> datetime:
    if len(numbers) > 1_000:
        return datetime.now(UTC)
    found = Latest.objects.filter(datastream__in=numbers).order_by("-phenomenon").values_list("phenomenon", flat=True)
    return found[0] if found else datetime.now(UTC)


def count(numbers: Sequence[int], options: Options, actor: Actor) -> tuple[int, bool]:
    """How many observations fulfil the filter, counted up to 10,000; whether there are more."""
    if not numbers:
        return 0, False
    asked = compiled(options.filter, actor)
    if options.filter is None:
        chosen = listed(numbers)
        sql = f"SELECT DISTINCT datastream, phenomenon FROM lake.observation WHERE datastream IN {chosen} LIMIT ?"
        parameters: list[object] = [COUNT_STOP + 1]
    else:
        moments = _MOMENTS.format(numbers=listed(numbers))
        sql = f"{moments} SELECT datastream, phenomenon FROM moments WHERE {asked.sql} LIMIT ?"
        parameters = [asked.start, asked.end, *asked.parameters, COUNT_STOP + 1]
    with _asking() as cursor:
        row = cursor.execute(f"SELECT count(*) FROM ({sql})", parameters).fetchone()
    found = int(row[0]) if row else 0
    return min(found, COUNT_STOP), found > COUNT_STOP


def of_each(numbers: Sequence[int], options: Options, actor: Actor) -> Mapping[int, list[Row]]:
    """For each datastream up to `top` + 1 observations: from the latest values where only the newest is asked."""
    if not numbers:
        return {}
    ordered, alone, falls = order_sql(options.order)
    if options.top == 1 and alone and falls and options.filter is None and not options.skip:
        return {row.datastream: [_of_latest(row)] for row in Latest.objects.filter(datastream__in=numbers)}
    asked = compiled(options.filter, actor)
    sql = (
        f"{_MOMENTS.format(numbers=listed(numbers))} SELECT * FROM moments WHERE {asked.sql} "
        f"QUALIFY row_number() OVER (PARTITION BY datastream ORDER BY {ordered}) BETWEEN ? AND ? ORDER BY {ordered}"
    )
    first = options.skip + 1
    found: dict[int, list[Row]] = {}
    for row in _rows(sql, [asked.start, asked.end, *asked.parameters, first, first + options.top]):
        found.setdefault(int(str(row["datastream"])), []).append(row)
    return found


def _of_latest(row: Latest) -> Row:
    return {name: getattr(row, name) for name in _COLUMNS}


def one(number: int, phenomenon: datetime) -> Row | None:
    """One observation by its identity."""
    sql = f"{_MOMENTS.format(numbers=listed([number]))} SELECT * FROM moments"
    rows = _rows(sql, [phenomenon, phenomenon + timedelta(microseconds=1)])
    return rows[0] if rows else None


def numbers_of(actor: Actor, **where: object) -> list[int]:
    """Numbers of the datastreams that an actor may see."""
    kind = KINDS["Datastreams"]
    assert kind.rows is not None
    found = kind.rows(actor).filter(**where).order_by().values_list("number", flat=True)[: DATASTREAMS_MAX + 1]
    numbers: list[int] = list(found)
    if len(numbers) > DATASTREAMS_MAX:
        raise Problem(
            "query",
            f"请先用 Datastream/… 缩小到 {DATASTREAMS_MAX} 个数据流以内（narrow by Datastream first）",
            status=400,
        )
    return numbers


def thing_of(numbers: Sequence[int]) -> Mapping[int, UUID]:
    """Thing of each datastream."""
    return dict(Datastream.objects.filter(number__in=numbers).values_list("number", "thing_id"))

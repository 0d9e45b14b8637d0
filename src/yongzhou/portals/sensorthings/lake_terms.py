"""A filter of observations as a condition of the lake: SQL with parameters, never with the asker's text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from yongzhou.core.data.actor import Actor
from yongzhou.portals.sensorthings import terms
from yongzhou.portals.sensorthings.filters import Arithmetic, Call, Compare, Constant, FilterError, Logic, Node, Path
from yongzhou.portals.sensorthings.kinds import KINDS

DATASTREAMS_MAX: Final = 20_000
EARLIEST: Final = datetime(1970, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(9999, 1, 1, tzinfo=UTC)
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

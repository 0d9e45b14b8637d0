"""A filter tree as a condition on records: Django expressions, parameters only."""

from __future__ import annotations

import operator
from collections.abc import Callable
from datetime import datetime
from functools import reduce
from typing import Final
from uuid import UUID

from django.db.models import Case, DateTimeField, F, FloatField, Q, Value, When
from django.db.models.expressions import Combinable, CombinedExpression, Expression, ExpressionWrapper
from django.db.models.functions import (
    Ceil,
    ExtractDay,
    ExtractHour,
    ExtractMinute,
    ExtractMonth,
    ExtractSecond,
    ExtractYear,
    Floor,
    Length,
    Lower,
    Round,
    Trim,
    Upper,
)
from django.db.models.lookups import (
    Contains,
    EndsWith,
    Exact,
    GreaterThan,
    GreaterThanOrEqual,
    LessThan,
    LessThanOrEqual,
    StartsWith,
)

from yongzhou.core.data.actor import Actor
from yongzhou.portals.sensorthings.filters import Arithmetic, Call, Compare, Constant, FilterError, Logic, Node, Path
from yongzhou.portals.sensorthings.kinds import KINDS, Kind
from yongzhou.portals.sensorthings.shapes import SHAPES, near, related

Term = tuple[Expression | F | Value, str]
NOTHING: Final = Q(pk__in=[])
FLIPPED: Final = {"eq": "eq", "ne": "ne", "gt": "lt", "ge": "le", "lt": "gt", "le": "ge"}
_LOOKUPS: Final = {
    "eq": Exact, "gt": GreaterThan, "ge": GreaterThanOrEqual, "lt": LessThan, "le": LessThanOrEqual,
}  # fmt: skip
_TESTS: Final = {"startswith": StartsWith, "endswith": EndsWith, "contains": Contains, "substringof": Contains}
_FUNCTIONS: Final[dict[str, tuple[type[Expression], str, str]]] = {
    "tolower": (Lower, "text", "text"), "toupper": (Upper, "text", "text"), "trim": (Trim, "text", "text"),
    "length": (Length, "text", "number"), "year": (ExtractYear, "time", "number"),
    "month": (ExtractMonth, "time", "number"), "day": (ExtractDay, "time", "number"),
    "hour": (ExtractHour, "time", "number"), "minute": (ExtractMinute, "time", "number"),
    "second": (ExtractSecond, "time", "number"), "round": (Round, "number", "number"),
    "floor": (Floor, "number", "number"), "ceiling": (Ceil, "number", "number"),
}  # fmt: skip
_SIGNS: Final = {
    "add": Combinable.ADD, "sub": Combinable.SUB, "mul": Combinable.MUL, "div": Combinable.DIV, "mod": Combinable.MOD,
}  # fmt: skip
_NAMES: Final = {
    "text": "文字", "number": "数字", "time": "时间", "flag": "真假", "uuid": "编号", "shape": "几何", "null": "空",
}  # fmt: skip


def condition(node: Node, kind: Kind, actor: Actor) -> Q:
    """The rows of a kind for which a filter holds; `FilterError` for what cannot be asked."""
    if isinstance(node, Logic):
        parts = [condition(part, kind, actor) for part in node.parts]
        if node.word == "not":
            return ~parts[0]
        return reduce(operator.and_ if node.word == "and" else operator.or_, parts)
    if (through := _through_many(node, kind, actor)) is not None:
        return through
    if isinstance(node, Compare):
        return _compare(node, kind, actor)
    if isinstance(node, Call) and node.name in SHAPES:
        return related(node, kind, actor)
    if isinstance(node, Call) and node.name in _TESTS:
        return _test(node, kind, actor)
    if isinstance(node, Path):
        term, type_ = value(node, kind)
        if type_ == "flag":
            return Q(Exact(term, Value(True)))
    if isinstance(node, Constant) and node.kind == "flag":
        return ~NOTHING if node.value else NOTHING
    raise FilterError("这里应是一个条件", "expected a condition", getattr(node, "at", 0))


def _through_many(node: Node, kind: Kind, actor: Actor) -> Q | None:
    """A condition on a related collection: holds if any of its rows fulfils it."""
    names = {path.steps[0] for path in paths(node)}
    name = next((one for one in names if one in kind.navs and kind.navs[one].many), None)
    if name is None or kind.navs[name].kind not in KINDS:
        return None
    nav = kind.navs[name]
    target = KINDS[nav.kind]
    if target.rows is None or target.properties.get("location") or len(names) > 1:
        return None
    inner = condition(_without_first(node), target, actor)
    return Q(**{f"{nav.ours}__in": target.rows(actor).filter(inner).order_by().values(nav.theirs)})


def paths(node: Node) -> list[Path]:
    """All property paths of a tree."""
    if isinstance(node, Path):
        return [node]
    if isinstance(node, Compare | Arithmetic):
        return paths(node.left) + paths(node.right)
    parts = node.parts if isinstance(node, Logic) else node.arguments if isinstance(node, Call) else ()
    return [path for part in parts for path in paths(part)]


def _without_first(node: Node) -> Node:
    """The same tree with each path one step shorter."""
    if isinstance(node, Path):
        return Path(node.steps[1:], node.at)
    if isinstance(node, Compare):
        return Compare(node.word, _without_first(node.left), _without_first(node.right), node.at)
    if isinstance(node, Arithmetic):
        return Arithmetic(node.word, _without_first(node.left), _without_first(node.right), node.at)
    if isinstance(node, Call):
        return Call(node.name, tuple(map(_without_first, node.arguments)), node.at)
    return node


shorter = _without_first


def _compare(node: Compare, kind: Kind, actor: Actor) -> Q:
    word, left, right = node.word, node.left, node.right
    if isinstance(left, Constant) and not isinstance(right, Constant):
        word, left, right = FLIPPED[word], right, left
    if isinstance(left, Call) and left.name == "geo.distance":
        return near(left, word, right, kind, actor)
    (one, type_), (other, other_type) = value(left, kind), value(right, kind)
    if other_type == "null":
        if word not in ("eq", "ne"):
            raise FilterError("null 只能用 eq 或 ne 比较", "null takes eq or ne only", node.at)
        missing = Q(Exact(_is_null(one), Value(True)))
        return missing if word == "eq" else ~missing
    if type_ == "uuid" and other_type == "text":
        if not isinstance(right, Constant) or (key := as_uuid(str(right.value))) is None:
            return NOTHING if word == "eq" else ~NOTHING
        other, other_type = Value(key), "uuid"
    if type_ != other_type:
        first, second = _NAMES[type_], _NAMES[other_type]
        raise FilterError(f"{first}与{second}不能比较", f"cannot compare {type_} with {other_type}", node.at)
    if word == "ne":
        return ~Q(Exact(one, other))
    return Q(_LOOKUPS[word](one, other))


def _is_null(term: Expression | F | Value) -> Expression:
    from django.db.models.lookups import IsNull

    return Case(When(IsNull(term, True), then=Value(True)), default=Value(False))


def as_uuid(text: str) -> UUID | None:
    """A UUID, or None for text that is none."""
    try:
        return UUID(text)
    except ValueError:
        return None


def _test(node: Call, kind: Kind, actor: Actor) -> Q:
    if len(node.arguments) != 2:
        raise FilterError(f"{node.name} 要两个参数", f"{node.name} takes two arguments", node.at)
    whole, part = node.arguments
    if node.name == "substringof" or (node.name == "contains" and isinstance(whole, Constant)):
        whole, part = part, whole
    term, type_ = value(whole, kind)
    if type_ != "text" or not isinstance(part, Constant) or part.kind != "text":
        raise FilterError(f"{node.name} 要一个文字属性与一段文字", f"{node.name} takes text", node.at)
    return Q(_TESTS[node.name](term, part.value))


def value(node: Node, kind: Kind) -> Term:
    """A term as an expression with its type."""
    if isinstance(node, Constant):
        return _constant(node)
    if isinstance(node, Path):
        name = "/".join(node.steps)
        found = kind.properties.get(name)
        if found is None:
            known = "、".join(sorted(kind.properties))
            raise FilterError(
                f"{kind.name} 没有属性 {name[:60]}；有：{known}", f"unknown property {name[:60]}", node.at
            )
        return F(found.path), found.type
    if isinstance(node, Arithmetic):
        return _arithmetic(node, kind)
    if isinstance(node, Call) and node.name in _FUNCTIONS:
        made, wanted, type_ = _FUNCTIONS[node.name]
        if len(node.arguments) != 1:
            raise FilterError(f"{node.name} 要一个参数", f"{node.name} takes one argument", node.at)
        term, given = value(node.arguments[0], kind)
        if given != wanted:
            raise FilterError(f"{node.name} 要{_NAMES[wanted]}", f"{node.name} takes {wanted}", node.at)
        return made(term), type_
    if isinstance(node, Call) and node.name == "now":
        raise FilterError("请写明时刻，不支持 now()", "now() is not supported, state the instant", node.at)
    name = node.name if isinstance(node, Call) else type(node).__name__
    raise FilterError(f"不支持 {name}", f"{name} is not supported here", getattr(node, "at", 0))


def _constant(node: Constant) -> Term:
    field: Callable[[], object] | None = {"number": FloatField, "time": DateTimeField}.get(node.kind)
    if isinstance(node.value, datetime) and node.value.tzinfo is None:
        raise FilterError("时间须带时区", "time needs a zone", node.at)
    if isinstance(node.value, float) and node.value.is_integer() and abs(node.value) < 2**53:
        return Value(int(node.value)), node.kind  # compared as a whole number, so that an index of keys serves it
    return Value(node.value, output_field=field() if field else None), node.kind  # type: ignore[arg-type]


def _arithmetic(node: Arithmetic, kind: Kind) -> Term:
    (left, one), (right, other) = value(node.left, kind), value(node.right, kind)
    if (one, other) != ("number", "number"):
        raise FilterError("只有数字能运算", "arithmetic takes numbers", node.at)
    number = FloatField()
    if node.word in ("div", "mod") and isinstance(right, Value) and right.value == 0:
        raise FilterError("除数为 0", "division by zero", node.at)
    return ExpressionWrapper(CombinedExpression(left, _SIGNS[node.word], right), number), "number"

"""Which problems an operation can answer with: read from its source, and from what it calls within the house."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Iterator
from functools import cache
from types import FunctionType
from typing import Any, Final, NamedTuple

from yongzhou.house.reference.syntax import body_of

DEPTH: Final = 4  # of calls followed below the operation


class Told(NamedTuple):
    """One refusal as the source writes it; parts that are computed are shown as …"""

    code: str
    status: int
    title: str


ALWAYS: Final = (
    Told("login", 401, "请先登录"),
    Told("forbidden", 403, "没有权限"),
    Told("invalid", 422, "请检查:字段不对"),
)


def problems_of(function: Callable[..., Any]) -> list[Told]:
    """Refusals of one operation in order of status and code; those of every operation are not among them."""
    found: dict[tuple[str, str], Told] = {}
    _follow(inspect.unwrap(function), found, set(), DEPTH)
    usual = {told.code for told in ALWAYS}
    return sorted((told for told in found.values() if told.code not in usual), key=lambda told: (told.status, told))


def _follow(function: Any, found: dict[tuple[str, str], Told], seen: set[object], depth: int) -> None:
    if not isinstance(function, FunctionType) or function in seen or not function.__module__.startswith("yongzhou."):
        return
    seen.add(function)
    told, names = _read(function)
    for each in told:
        found.setdefault((each.code, each.title), each)
    if depth:
        for name in names:
            _follow(inspect.unwrap(function.__globals__.get(name, function)), found, seen, depth - 1)


@cache
def _read(function: FunctionType) -> tuple[tuple[Told, ...], tuple[str, ...]]:
    """Problems that a function makes itself, and names of what it calls."""
    body = body_of(function)
    if body is None:
        return (), ()
    calls = [node for node in ast.walk(body) if isinstance(node, ast.Call)]
    named = [node for node in calls if isinstance(node.func, ast.Name)]
    told = tuple(each for node in named if node.func.id == "Problem" for each in _told(node))  # type: ignore[attr-defined]
    return told, tuple(dict.fromkeys(node.func.id for node in named))  # type: ignore[attr-defined]


def _told(call: ast.Call) -> Iterator[Told]:
    code = call.args[0] if call.args else None
    if not isinstance(code, ast.Constant) or not isinstance(code.value, str):
        return
    status = next((word.value for word in call.keywords if word.arg == "status"), None)
    number = status.value if isinstance(status, ast.Constant) and isinstance(status.value, int) else 422
    yield Told(code.value, number, _text(call.args[1]) if len(call.args) > 1 else "")


def _text(node: ast.expr) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values)
    return "…"

"""Marks of published sources in tests, read from the syntax without running anything."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_ORDER: Final = ("kind", "source", "clause")


class UnreadableMark(ValueError):
    """A mark whose words are not literals."""

    def __init__(self, line: int) -> None:
        super().__init__("reference(…) 的参数不是字面量")
        self.line = line


@dataclass(frozen=True, slots=True, order=True)
class Mark:
    """One test that checks a value of a source."""

    source: str
    clause: str
    kind: str  # "published" or "recomputed"
    test: str  # "src/…/test_x.py::test_name"


def marks_in(root: Path, tests: Iterable[Path]) -> list[Mark]:
    """Marks of all test files, in a stable order; unreadable ones are left out (`yongzhou check` tells them)."""
    found: list[Mark] = []
    for path in tests:
        syntax = ast.parse(path.read_text(encoding="utf-8"), str(path))
        for name, words in marks(syntax, strict=False):
            found.append(Mark(words["source"], words["clause"], words["kind"], f"{path.relative_to(root)}::{name}"))
    return sorted(found)


def marks(syntax: ast.Module, *, strict: bool = True) -> list[tuple[str, dict[str, str]]]:
    """(test name, {kind, source, clause}) of each mark; `UnreadableMark` for one that is no literal."""
    constants = _constants(syntax)
    found = []
    for test, node in _functions(syntax):
        for decorator in node.decorator_list:
            if not isinstance(decorator, ast.Call) or _name(decorator.func) != "reference":
                continue
            words = _arguments(decorator, constants)
            if set(words) == set(_ORDER):
                found.append((test, words))
            elif strict:
                raise UnreadableMark(decorator.lineno)
    return found


def _functions(syntax: ast.Module) -> Iterable[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for node in syntax.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, node
        elif isinstance(node, ast.ClassDef):
            for inner in node.body:
                if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef):
                    yield f"{node.name}::{inner.name}", inner


def _constants(syntax: ast.Module) -> dict[str, str]:
    found: dict[str, str] = {}
    for node in syntax.body:
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        value = _text(node.value, found) if isinstance(node, ast.Assign | ast.AnnAssign) and node.value else None
        for target in targets:
            if isinstance(target, ast.Name) and value is not None:
                found[target.id] = value
    return found


def _arguments(call: ast.Call, constants: dict[str, str]) -> dict[str, str]:
    given = [*zip(_ORDER, call.args, strict=False), *((word.arg, word.value) for word in call.keywords if word.arg)]
    words = {str(name): _text(value, constants) for name, value in given}
    return {name: value for name, value in words.items() if value is not None}


def _text(node: ast.expr, constants: dict[str, str]) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.Name):
        return constants.get(node.id)
    return None


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""

"""Sources as the reference reads them: each file parsed once."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path
from types import FunctionType

Function = ast.FunctionDef | ast.AsyncFunctionDef


@cache
def parsed(path: Path) -> ast.Module:
    """The syntax tree of a Python file."""
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def docstring(path: Path) -> str:
    """The docstring of a module, "" for none."""
    return ast.get_docstring(parsed(path)) or ""


def body_of(function: FunctionType) -> Function | None:
    """The definition of a function by the line at which its code begins; None for one made at run time."""
    path = Path(function.__code__.co_filename)
    return _functions(path).get(function.__code__.co_firstlineno) if path.is_file() else None


@cache
def _functions(path: Path) -> dict[int, Function]:
    return {
        min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)]): node
        for node in ast.walk(parsed(path))
        if isinstance(node, Function)
    }

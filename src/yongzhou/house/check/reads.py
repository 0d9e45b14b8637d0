"""Guarded reads: `.objects` only in core, operations, city loaders and tests; pages go through `visible_to`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from yongzhou.house.check.finding import Finding, Tree, is_test

RULE: Final = "guarded-reads"
RAW: Final = {"objects", "_default_manager", "_base_manager"}


def check(tree: Tree) -> Iterator[Finding]:
    """Yield raw reads of models outside of the places that may."""
    for path in tree.sources:
        if not _allowed(path.relative_to(tree.package)):
            yield from raw_reads(tree.syntax(path), tree.name(path))


def raw_reads(syntax: ast.AST, name: str) -> Iterator[Finding]:
    """Attributes of a syntax tree by which rows come unguarded; `visible_to` of a model itself may use them."""
    for node in ast.walk(syntax):
        if isinstance(node, ast.Attribute) and node.attr in RAW and not _of_no_model(node.value):
            yield Finding(
                RULE, name, f"用了 .{node.attr},绕过权限", "读用 Model.visible_to(actor);写放进 operations.py,由 ctx 完成", node.lineno
            )


def _allowed(path: Path) -> bool:
    parts = path.parts
    if is_test(path) or parts[0] == "core" or parts[:2] == ("house", "prepare.py"):
        return True
    inner = parts[3:] if parts[0] == "systems" else parts[2:]
    return bool(inner) and (inner[0] in ("operations", "operations.py", "city.py"))


def _of_no_model(value: ast.expr) -> bool:
    """`self.objects` of a plain object is no read of rows."""
    return isinstance(value, ast.Name) and value.id == "self"

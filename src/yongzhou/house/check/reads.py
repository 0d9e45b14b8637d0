"""Guarded reads: where people are served, rows come through `visible_to`, never by `.objects`.

Free are those that act as the house and serve nobody directly: core, engines, the house itself, and in a system its
models, operations, city loaders, subscribers and periodic duties. What else reads so stands in `exempt.csv` with its
count and reason; that list may only shrink.
"""

from __future__ import annotations

import ast
import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from yongzhou.house.check.finding import Finding, Tree, is_test

RULE: Final = "guarded-reads"
RAW: Final = {"objects", "_default_manager", "_base_manager"}
FREE: Final = {"models", "models.py", "operations", "operations.py", "city.py", "hears.py", "periodic.py"}
EXEMPT: Final = Path(__file__).with_name("exempt.csv")


def check(tree: Tree) -> Iterator[Finding]:
    """Yield raw reads of models outside of the places that may, and exemptions that have become too wide."""
    exempt = exemptions()
    for path in tree.sources:
        if allowed(path.relative_to(tree.package)):
            continue
        name = tree.name(path)
        found = list(raw_reads(tree.syntax(path), name))
        granted = exempt.pop(name, 0)
        if len(found) > granted:
            yield from found
        elif len(found) < granted:
            yield Finding(
                RULE, name, f"豁免 {granted} 处,只剩 {len(found)} 处", "在 house/check/exempt.csv 里改小或删去"
            )
    for name in exempt:
        yield Finding(RULE, name, "豁免的文件已不在", "从 house/check/exempt.csv 删去")


def exemptions(path: Path = EXEMPT) -> dict[str, int]:
    """How many raw reads a file may hold."""
    with path.open(encoding="utf-8", newline="") as file:
        return {row["path"]: int(row["count"]) for row in csv.DictReader(file)}


def raw_reads(syntax: ast.AST, name: str) -> Iterator[Finding]:
    """Attributes of a syntax tree by which rows come unguarded; `visible_to` of a model itself may use them."""
    for node in ast.walk(syntax):
        if isinstance(node, ast.Attribute) and node.attr in RAW and not _of_no_model(node.value):
            yield Finding(
                RULE,
                name,
                f"用了 .{node.attr},绕过权限",
                "读用 Model.visible_to(actor);写放进 operations.py,由 ctx 完成",
                node.lineno,
            )


def allowed(path: Path) -> bool:
    """Whether a file below `src/yongzhou` may read unguarded."""
    parts = path.parts
    if is_test(path) or parts[0] in ("core", "engines", "house"):
        return True
    return parts[0] == "systems" and len(parts) > 3 and parts[3] in FREE


def _of_no_model(value: ast.expr) -> bool:
    """`self.objects` of a plain object is no read of rows."""
    return isinstance(value, ast.Name) and value.id == "self"

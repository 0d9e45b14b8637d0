"""Migrations: they say what the models say, and import nothing of the house but what they may."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from yongzhou.house import schema
from yongzhou.house.check.finding import Finding, Tree

RULE: Final = "migrations"
ALLOWED: Final = ("django", "yongzhou.core.crypto.identity", "yongzhou.core.data.geometry")


def check(tree: Tree) -> Iterator[Finding]:
    """Yield foreign imports, and models without their migration."""
    for path in schema.migration_files(tree.package):
        yield from foreign(path, tree.name(path))
    stale = schema.missing_migrations().strip()
    if stale:
        yield Finding(
            RULE, "src/yongzhou", f"模型有改动而没有迁移:{' '.join(stale.split())[:300]}", "运行 yongzhou schema"
        )


def foreign(path: Path, name: str) -> Iterator[Finding]:
    """Imports of one migration that would tie it to today's code."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        for module in names:
            if not any(module == root or module.startswith(f"{root}.") for root in ALLOWED):
                yield Finding(
                    RULE,
                    name,
                    f"导入了 {module}",
                    "迁移只导入 django 和字段所需的 core 模块",
                    getattr(node, "lineno", 0),
                )

"""Tests: no `TransactionTestCase` (committed tests take a clone a module), marks of sources with literal words."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from yongzhou.house.check.finding import Finding, Tree
from yongzhou.house.references import UnreadableMark, marks

RULE: Final = "real-transactions"
BANNED: Final = {"TransactionTestCase", "LiveServerTestCase", "transactional_db"}


def check(tree: Tree) -> Iterator[Finding]:
    """Yield tests that flush the database, and marks whose words cannot be read without running them."""
    for path in tree.tests:
        syntax = tree.syntax(path)
        yield from banned(syntax, tree.name(path))
        try:
            marks(syntax)
        except UnreadableMark as error:
            yield Finding(
                RULE, tree.name(path), str(error), "reference(…) 的参数写成字符串或本文件里的常量", error.line
            )


def banned(syntax: ast.AST, name: str) -> Iterator[Finding]:
    """Names that empty tables between tests."""
    for node in ast.walk(syntax):
        word = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
        word = node.arg if isinstance(node, ast.arg) else word
        if word in BANNED:
            yield Finding(RULE, name, f"用了 {word}", "用夹具 db(回滚)或 committed_db(每模块一个克隆库)", node.lineno)  # type: ignore[attr-defined]

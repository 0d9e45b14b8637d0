"""Small files: a module over 300 lines is told, over 400 is refused (tests and migrations may be longer)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from yongzhou.house.check.finding import Finding, Tree, is_test

RULE: Final = "size"
SOFT: Final = 300
HARD: Final = 400


def check(tree: Tree) -> Iterator[Finding]:
    """Yield modules that have grown too long."""
    for path in tree.sources:
        if is_test(path):
            continue
        lines = path.read_text(encoding="utf-8").count("\n")
        if lines > SOFT:
            text = f"{lines} 行,超过 {HARD if lines > HARD else SOFT} 行"
            yield Finding(RULE, tree.name(path), text, "按「一个文件一件事」拆开", soft=lines <= HARD)

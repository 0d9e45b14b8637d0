"""Events: each has its published schema, a published version never changes, subscribers read what is promised."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from yongzhou.core.bus.contract import broken_promises, unkept_readings
from yongzhou.house.check.finding import Finding, Tree

RULE: Final = "events"


def check(tree: Tree) -> Iterator[Finding]:
    """Yield events whose contract is broken or not published."""
    for sentence in broken_promises(tree.root / "schema" / "events"):
        yield Finding(RULE, "schema/events", sentence, "新事件运行 yongzhou check --fix;已发布的不改,另立版本")
    for sentence in unkept_readings():
        yield Finding(RULE, "src/yongzhou", sentence, "订阅方只读对方承诺的必填字段")

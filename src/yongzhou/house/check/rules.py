"""All rules of `yongzhou check`, by id, in the order of its report."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from yongzhou.house.check import (
    decisions,
    events,
    generated,
    indicators,
    manifest,
    migrations,
    permissions,
    quality,
    reads,
    samples,
    shape,
    size,
    tests_lint,
    web,
)
from yongzhou.house.check.finding import Finding, Tree

Rule = Callable[[Tree], Iterable[Finding]]

RULES: Final[dict[str, Rule]] = {
    "manifest": manifest.check,
    "shape": shape.check,
    "size": size.check,
    "quality": quality.check,
    "samples": samples.check,
    "guarded-reads": reads.check,
    "own-origin": web.check,
    "real-transactions": tests_lint.check,
    "indicators": indicators.check,
    "decisions": decisions.check,
    "events": events.check,
    "permissions": permissions.check,
    "migrations": migrations.check,
    "generated": generated.check,
}


def check(tree: Tree, only: Sequence[str] = ()) -> list[Finding]:
    """Run all rules, or only some; a rule that breaks is itself a finding and does not stop the others."""
    found: list[Finding] = []
    for name, rule in RULES.items():
        if only and name not in only:
            continue
        try:
            found += rule(tree)
        except Exception as error:
            text = f"检查中断:{type(error).__name__}: {str(error)[:300]}"
            found.append(Finding(name, "src/yongzhou", text, "先修好这个错误,再运行 yongzhou check"))
    return found

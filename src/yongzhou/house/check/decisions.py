"""Decision tables: each DMN file loads; overlaps of a unique table and unanswered rows are told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from yongzhou.engines.decisions import DmnError, check_table, decisions_in, load_dmn
from yongzhou.house.check.finding import Finding, Tree

RULE: Final = "decisions"


def check(tree: Tree) -> Iterator[Finding]:
    """Yield tables that do not load or contradict themselves."""
    for path in sorted(tree.package.glob("systems/*/*/decisions/*.dmn")):
        yield from faults(path, tree.name(path))


def faults(path: Path, name: str) -> Iterator[Finding]:
    """What is wrong with one file."""
    try:
        for decision in decisions_in(path):
            table = load_dmn(path, decision)
            found = check_table(table, limit=3)
            if not found.overlaps and all(output.default is not None for output in table.outputs):
                continue  # the default answers what no rule does
            for message in found.messages:
                text = f"{decision}:{message}"
                yield Finding(RULE, name, text, "改条件,使每种情形恰有一条规则", soft=not found.overlaps)
    except DmnError as error:
        yield Finding(RULE, name, f"读不懂:{error}", "用决策表编辑器改正;支持 U、F、C 三种命中策略")

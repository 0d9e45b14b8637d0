"""The quality scale: each system answers each rule of `docs/quality/` with done, todo or exempt and a reason.

A system may add subjects of its own (a peer to compare with, a part still to build) in the same words.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import yaml

from yongzhou.house.check.finding import Finding, Tree

RULE: Final = "quality"
HEADINGS: Final = ("## 为什么", "## 怎样做到", "## 例外")


def rules(root: Path) -> list[str]:
    """Names of the rules: one page each."""
    return sorted(path.stem for path in (root / "docs" / "quality").glob("*.md") if path.stem != "README")


def check(tree: Tree) -> Iterator[Finding]:
    """Yield rules without an answer, answers without a reason, pages without their headings."""
    known = rules(tree.root)
    for name in known:
        page = tree.root / "docs" / "quality" / f"{name}.md"
        missing = [heading for heading in HEADINGS if heading not in page.read_text(encoding="utf-8")]
        if missing:
            yield Finding(RULE, tree.name(page), f"缺小节 {'、'.join(missing)}", "每页都是:为什么、怎样做到、例外")
    for folder in tree.systems:
        path = folder / "quality.yaml"
        if path.exists():
            yield from _answers(tree.name(path), path, known)


def _answers(name: str, path: Path, known: list[str]) -> Iterator[Finding]:
    try:
        answers = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except yaml.YAMLError as error:
        yield Finding(RULE, name, f"读不懂:{error}", "按 YAML 改正")
        return
    if not isinstance(answers, dict):
        yield Finding(RULE, name, "应为「规则: 回答」的表", "例:reference_values: done")
        return
    for rule in known:
        if rule not in answers:
            yield Finding(
                RULE,
                name,
                f"没有回答 {rule}",
                f"写 {rule}: done,或 {{todo: 原因}}、{{exempt: 原因}},见 docs/quality/{rule}.md",
            )
    for rule, answer in answers.items():
        if not right(answer):
            yield Finding(
                RULE, name, f"{rule} 的回答 {answer!r} 不对", "写 done,或 {todo: 原因}、{exempt: 原因},原因不能空"
            )


def right(answer: object) -> bool:
    """Whether an answer is `done`, or `todo` / `exempt` with a reason."""
    if answer == "done":
        return True
    if not isinstance(answer, dict) or len(answer) != 1:
        return False
    ((state, reason),) = answer.items()
    return state in ("todo", "exempt") and isinstance(reason, str) and len(reason.strip()) > 3


def draft(root: Path) -> str:
    """A quality file that promises nothing yet."""
    return "".join(f'{name}: {{todo: "尚未评定"}}\n' for name in rules(root))

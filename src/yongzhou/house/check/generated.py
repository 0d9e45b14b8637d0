"""Generated files are as their commands would write them today; `--fix` writes them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from yongzhou.core.bus.contract import export
from yongzhou.house import schema
from yongzhou.house.check import quality, samples
from yongzhou.house.check.finding import Finding, Tree
from yongzhou.house.pages import systems_page, truth_page, without_states
from yongzhou.house.reference import pages as reference
from yongzhou.house.results import read

RULE: Final = "generated"


def check(tree: Tree) -> Iterator[Finding]:
    """Yield generated files that are stale."""
    written, fresh = _text(tree.root / "docs" / "systems.md"), systems_page(tree)
    remedy = "运行 make test,再运行 yongzhou systems --write"
    if without_states(written) != without_states(fresh):
        yield Finding(RULE, "docs/systems.md", "与清单、模型、测试不符", remedy)
    elif written != fresh and read(tree.root):
        yield Finding(RULE, "docs/systems.md", "状态与最近的测试结果不同", remedy, soft=True)
    if _text(tree.root / "docs" / "truth.md") != truth_page(tree):
        yield Finding(RULE, "docs/truth.md", "与测试里的 reference(…) 不符", "运行 yongzhou truth --write")
    for name in reference.stale(tree.root):
        yield Finding(RULE, name, "与操作、事件、指标、记录、设置、命令的声明不符", "运行 yongzhou reference --write")
    baseline = tree.root / "schema" / "baseline.sql"
    if schema.baseline_digest(baseline) != schema.digest(tree.package):
        yield Finding(RULE, "schema/baseline.sql", "与迁移不符", "运行 yongzhou schema(make schema)")


def fix(tree: Tree) -> list[str]:
    """Write what is generated and drafts of what is missing; returns the names of changed files."""
    changed = [path for path, text in _wanted(tree) if _write(path, text)]
    changed += export(tree.root / "schema" / "events")
    changed += [tree.root / name for name in reference.write(tree.root)]
    if schema.missing_migrations() or schema.baseline_digest(schema.BASELINE) != schema.digest(tree.package):
        schema.make_migrations()
        schema.write_baseline()
        changed.append(schema.BASELINE)
    return [tree.name(path) for path in changed]


def _wanted(tree: Tree) -> Iterator[tuple[Path, str]]:
    yield tree.root / "docs" / "systems.md", systems_page(tree)
    yield tree.root / "docs" / "truth.md", truth_page(tree)
    for folder in tree.systems:
        if not (folder / "quality.yaml").exists():
            yield folder / "quality.yaml", quality.draft(tree.root)
        if not (folder / "samples.yaml").exists():
            yield folder / "samples.yaml", samples.draft(folder.name)


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


def _write(path: Path, text: str) -> bool:
    if _text(path) == text:
        return False
    path.write_text(text, encoding="utf-8")
    return True

"""A finding, and the tree that validators look at."""

from __future__ import annotations

import ast
import csv
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path

from yongzhou.core.home import REPOSITORY


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault: the rule's id, the file below the repository, what is wrong, how to mend it."""

    rule: str
    path: str
    text: str
    remedy: str
    line: int = 0
    soft: bool = False  # told, but `check` still passes

    def row(self) -> dict[str, object]:
        """As JSON."""
        return asdict(self)

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}" if self.line else self.path
        return f"[{self.rule}] {place} {self.text} → {self.remedy}"


@dataclass(frozen=True, slots=True)
class PlanRow:
    """One of the 68 rows of the plan."""

    row: int
    title: str
    folder: str  # "governance/water"
    programme: str  # number of the programme, or "text" where only the plan's text demands it
    heart: str

    @property
    def name(self) -> str:
        """Folder name, unique in the house."""
        return self.folder.rpartition("/")[2]


@dataclass(frozen=True)
class Tree:
    """One checkout: what a validator may look at. Texts and syntax trees are read once."""

    root: Path = REPOSITORY

    @property
    def package(self) -> Path:
        """`src/yongzhou`."""
        return self.root / "src" / "yongzhou"

    @cached_property
    def plan(self) -> list[PlanRow]:
        """The rows of the plan in their order."""
        return plan(self.package)

    @cached_property
    def systems(self) -> list[Path]:
        """Folders of systems that have begun: a package with any module in it."""
        return sorted(path.parent for path in self.package.glob("systems/*/*/__init__.py"))

    @cached_property
    def sources(self) -> list[Path]:
        """All Python files of the package that people write: no migrations."""
        return sorted(path for path in self.package.rglob("*.py") if "migrations" not in path.parts)

    @cached_property
    def tests(self) -> list[Path]:
        """All test files of the repository."""
        folders = [self.package, *(self.root / name for name in ("tests", "simulator", "benchmarks"))]
        return sorted(path for folder in folders for path in folder.rglob("test_*.py"))

    def name(self, path: Path) -> str:
        """A path as findings show it."""
        return str(path.relative_to(self.root))

    def syntax(self, path: Path) -> ast.Module:
        """The syntax tree of a Python file."""
        return _parsed(path, path.stat().st_mtime_ns)


_trees: dict[tuple[Path, int], ast.Module] = {}


def _parsed(path: Path, version: int) -> ast.Module:
    key = (path, version)
    if key not in _trees:
        _trees[key] = ast.parse(path.read_text(encoding="utf-8"), str(path))
    return _trees[key]


def plan(package: Path) -> list[PlanRow]:
    """The rows of `systems/plan.csv`."""
    with (package / "systems" / "plan.csv").open(encoding="utf-8", newline="") as file:
        return [PlanRow(int(r["row"]), r["title"], r["folder"], r["programme"], r["heart"]) for r in csv.DictReader(file)]


def is_test(path: Path) -> bool:
    """Whether a Python file belongs to tests."""
    return "tests" in path.parts or path.name in ("testing.py", "conftest.py")


def calls(tree: ast.AST) -> Iterator[ast.Call]:
    """All calls of a syntax tree."""
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))

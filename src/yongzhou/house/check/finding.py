"""A finding, and the tree that validators look at."""

from __future__ import annotations

import ast
from dataclasses import asdict, dataclass
from functools import cached_property, lru_cache
from pathlib import Path

from yongzhou.core.home import REPOSITORY
from yongzhou.house.plan import PlanRow, plan


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


@lru_cache(maxsize=2000)
def _parsed(path: Path, version: int) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def is_test(path: Path) -> bool:
    """Whether a Python file belongs to tests."""
    return "tests" in path.parts or path.name in ("testing.py", "conftest.py")

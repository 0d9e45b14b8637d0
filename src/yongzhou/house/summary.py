"""What the house knows of its systems and of its published values, for commands and generated pages."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from yongzhou.core.data.registry import records
from yongzhou.core.operations.registry import operations
from yongzhou.house.check.finding import Tree
from yongzhou.house.references import Mark, marks_in
from yongzhou.house.results import TITLES, Result, State, read, state_of


@dataclass(frozen=True, slots=True)
class SystemRow:
    """One of the 68 rows as it stands today."""

    row: int
    folder: str  # "governance/water"
    title: str
    programme: str
    state: State
    records: int
    operations: int
    references: int
    heart: str

    def as_json(self) -> dict[str, object]:
        """For machines."""
        return asdict(self)

    @property
    def state_title(self) -> str:
        """The state in Chinese."""
        return TITLES[self.state]


def systems(tree: Tree, results: dict[str, Result] | None = None) -> list[SystemRow]:
    """All rows of the plan; states from the last test results, counts from what is declared."""
    known = read(tree.root) if results is None else results
    marks = references(tree)
    rows = []
    for row in tree.plan:
        folder = f"src/yongzhou/systems/{row.folder}"
        begun = (tree.root / folder / "system.py").exists()
        rows.append(
            SystemRow(
                row=row.row,
                folder=row.folder,
                title=row.title,
                programme=row.programme,
                state=state_of(folder, known) if begun else "none",
                records=sum(model._meta.app_label == row.name for model in records().values()),
                operations=sum(op.system == row.name for op in operations().values()),
                references=sum(mark.test.startswith(f"{folder}/") for mark in marks),
                heart=row.heart,
            )
        )
    return rows


def references(tree: Tree) -> list[Mark]:
    """All marks of the repository's tests."""
    return marks_in(tree.root, tree.tests)


def truths(tree: Tree) -> list[dict[str, Any]]:
    """One object a mark and compared value: source, clause, kind, test, what, published, ours, tolerance, holds.

    `published` and `ours` are None where the test asserts in its own words; `holds` is None where it has not run.
    """
    by_test: dict[str, list[Result]] = {}
    for result in read(tree.root).values():
        by_test.setdefault(result.test.partition("[")[0], []).append(result)
    rows: list[dict[str, Any]] = []
    for mark in references(tree):
        base = asdict(mark)
        runs = [run for run in by_test.get(mark.test, []) if run.outcome != "skipped"]
        holds = all(run.outcome == "passed" for run in runs) if runs else None
        checks = [check for run in runs for check in run.checks]
        plain = {"what": "", "published": None, "ours": None, "tolerance": None, "holds": holds}
        rows += [{**base, **check} for check in checks] or [{**base, **plain}]
    return rows

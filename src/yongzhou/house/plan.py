"""The rows of the plan: `systems/plan.csv`, data and not code. No Django here."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class PlanRow:
    """One row of the plan."""

    row: int
    title: str
    folder: str  # "governance/water"
    programme: str  # number of the programme, or "text" where only the plan's text demands it
    heart: str

    @property
    def name(self) -> str:
        """Folder name, unique in the house."""
        return self.folder.rpartition("/")[2]


def plan(package: Path) -> list[PlanRow]:
    """The rows below `src/yongzhou`, in their order."""
    with (package / "systems" / "plan.csv").open(encoding="utf-8", newline="") as file:
        return [
            PlanRow(int(row["row"]), row["title"], row["folder"], row["programme"], row["heart"])
            for row in csv.DictReader(file)
        ]

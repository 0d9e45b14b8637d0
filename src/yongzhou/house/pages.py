"""The generated pages `docs/systems.md` and `docs/truth.md`: same input, same text; no times, no machine."""

from __future__ import annotations

import re
from typing import Final

from yongzhou.core.system import WINGS
from yongzhou.house.check.finding import Tree
from yongzhou.house.references import Mark
from yongzhou.house.results import TITLES
from yongzhou.house.summary import SystemRow, references, systems

HEADER: Final = "<!-- Written by `yongzhou {command}`; do not edit. -->\n\n"
_STATE: Final = re.compile("|".join(TITLES.values()))


def systems_page(tree: Tree, rows: list[SystemRow] | None = None) -> str:
    """All 68 rows by wing, with the state that their tests give them."""
    rows = rows or systems(tree)
    counts = {title: sum(row.state_title == title for row in rows) for title in TITLES.values()}
    lines = [
        "# Systems",
        "",
        "The 68 rows of the plan. The state is computed from the tests of each folder, never typed:",
        "未建 none, 可走通 walkable (all its tests pass), 有据可依 referenced (one of them checks a published value),",
        "经受负载 loaded (one of them bears the promised load).",
        "",
        "合计:" + ",".join(f"{title} {count}" for title, count in counts.items()) + "。",
    ]
    for wing, title in WINGS.items():
        lines += [
            "",
            f"## {title} `{wing}/`",
            "",
            "| 行 | 系统 | 目录 | 工程 | 状态 | 记录 | 操作 | 参考值 | 核心 |",
            "|--:|---|---|---|---|--:|--:|--:|---|",
        ]
        lines += [_row(row) for row in rows if row.folder.startswith(f"{wing}/")]
    return HEADER.format(command="systems --write") + "\n".join(lines) + "\n"


def without_states(page: str) -> str:
    """A systems page with the states blanked: what can be compared before any test has run."""
    return _STATE.sub("·", re.sub(r"^合计:.*$", "", page, flags=re.MULTILINE))


def truth_page(tree: Tree) -> str:
    """All published and recomputed values that tests check, by source."""
    marks = references(tree)
    lines = [
        "# Truth",
        "",
        "Values of standards, papers and other programs that our tests check. *published*: the number stands in the",
        "source; *recomputed*: an independent way gave it. Whether each holds: `yongzhou truth` after a test run.",
        "",
        f"{len(marks)} tests, {len({mark.source for mark in marks})} sources.",
        "",
        "| source | clause | kind | test |",
        "|---|---|---|---|",
        *(_mark(mark) for mark in marks),
    ]
    return HEADER.format(command="truth --write") + "\n".join(lines) + "\n"


def _row(row: SystemRow) -> str:
    cells = (
        row.row,
        row.title,
        f"`{row.folder}`",
        row.programme,
        row.state_title,
        row.records,
        row.operations,
        row.references,
        row.heart,
    )
    return _cells(*cells)


def _mark(mark: Mark) -> str:
    file, _, test = mark.test.partition("::")
    return _cells(mark.source, mark.clause, mark.kind, f"[`{test}`](../{file})")


def _cells(*values: object) -> str:
    return "| " + " | ".join(str(value).replace("|", "\\|") for value in values) + " |"

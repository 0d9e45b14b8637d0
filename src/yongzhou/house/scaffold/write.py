"""Write the skeleton of one system into its folder."""

from __future__ import annotations

import csv
import difflib
import keyword
import re
from dataclasses import asdict
from pathlib import Path
from string import Template
from typing import Final

from yongzhou.core.system import WINGS
from yongzhou.house.plan import PlanRow, plan

TEMPLATE: Final = Path(__file__).with_name("template")
_NAME: Final = re.compile(r"[a-z][a-z0-9_]{2,30}")


class ScaffoldError(ValueError):
    """The system cannot be begun so; the text is Chinese and names the remedy."""


def begin(package: Path, folder: str, *, title: str | None, row: int | None, lead: str) -> Path:
    """Write the skeleton of `wing/name` below `package`/systems and return its folder.

    Title and row come from the plan; a folder that the plan does not know needs a title and is added to the plan, at
    the next free row where none is given.
    """
    wing, _, name = folder.partition("/")
    if wing not in WINGS:
        raise ScaffoldError(f"没有分类 {wing};可用:{'、'.join(WINGS)}")
    if not _NAME.fullmatch(name) or keyword.iskeyword(name):
        raise ScaffoldError(f"目录名 {name!r} 不行:3 到 31 个小写字母、数字、下划线,以字母开头")
    place = package / "systems" / wing / name
    if place.exists():
        raise ScaffoldError(f"{place} 已存在;要重来请先移走它")
    known = _planned(package, folder, title, row)
    words = {"wing": wing, "name": name, "title": known.title, "row": str(known.row), "lead": lead}
    for source in sorted(TEMPLATE.rglob("*.txt")):
        target = place / source.relative_to(TEMPLATE).with_suffix("")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(Template(source.read_text(encoding="utf-8")).substitute(words), encoding="utf-8")
    (package / "systems" / wing / "__init__.py").touch()
    return place


def _planned(package: Path, folder: str, title: str | None, row: int | None) -> PlanRow:
    rows = plan(package)
    name = folder.partition("/")[2]
    found = next((known for known in rows if known.folder == folder), None)
    if found is None and (other := next((known for known in rows if known.name == name), None)):
        raise ScaffoldError(f"目录名 {name} 已归第 {other.row} 行({other.folder});目录名在全院唯一")
    if found is None:
        free = max((known.row for known in rows), default=0) + 1
        if title is None:
            near = difflib.get_close_matches(folder, [known.folder for known in rows], n=3)
            hint = f";相近的有 {'、'.join(near)}" if near else ""
            raise ScaffoldError(f"规划里没有 {folder};新系统请写 --title 中文名,它会加进 systems/plan.csv{hint}")
        row = row or free
        if any(known.row == row for known in rows):
            raise ScaffoldError(f"第 {row} 行已有系统;下一个空行是 {free}")
        found = PlanRow(row, title, folder, "text", "to be written")
        with (package / "systems" / "plan.csv").open("a", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerow(asdict(found).values())
    if (title or found.title, row or found.row) != (found.title, found.row):
        raise ScaffoldError(
            f"规划第 {found.row} 行写的是「{found.title}」;请去掉 --title 和 --row,或改 systems/plan.csv"
        )
    return found

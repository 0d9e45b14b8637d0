"""`yongzhou new`: what it refuses, and what it writes."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
import yaml

from yongzhou.house.plan import plan
from yongzhou.house.scaffold import ScaffoldError, begin

HEAD = "row,title,folder,programme,heart\n33,智慧停车,services/parking,8,one net of all lots\n"


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """An empty package with a plan of one row."""
    (tmp_path / "systems").mkdir()
    (tmp_path / "systems" / "plan.csv").write_text(HEAD, encoding="utf-8")
    return tmp_path


def test_writes_what_can_be_read(package: Path) -> None:
    place = begin(package, "services/parking", title=None, row=None, lead="市城市管理局")
    manifest = (place / "system.py").read_text()
    assert 'title="智慧停车"' in manifest
    assert "row=33" in manifest
    for path in place.rglob("*.py"):
        ast.parse(path.read_text())
    assert "register" in yaml.safe_load((place / "samples.yaml").read_text())


def test_a_folder_that_the_plan_does_not_know_joins_it(package: Path) -> None:
    begin(package, "services/lockers", title="智能寄存", row=69, lead="市数据局")
    begin(package, "services/umbrellas", title="共享雨伞", row=None, lead="市数据局")  # the next free row
    assert [(row.row, row.name) for row in plan(package)] == [(33, "parking"), (69, "lockers"), (70, "umbrellas")]


@pytest.mark.parametrize(
    ("folder", "title", "row", "because"),
    [
        ("nowhere/parking", None, None, "没有分类"),
        ("services/Parking", None, None, "小写字母"),
        ("services/class", "课堂", 70, "小写字母"),
        ("services/lockers", None, None, "规划里没有"),
        ("services/parkin", None, None, "相近的有 services/parking"),
        ("services/lockers", "智能寄存", 33, "已有系统"),
        ("governance/parking", "停车执法", 70, "全院唯一"),
        ("services/parking", "停车", None, "写的是"),
    ],
)
def test_refuses(package: Path, folder: str, title: str | None, row: int | None, because: str) -> None:
    with pytest.raises(ScaffoldError, match=because):
        begin(package, folder, title=title, row=row, lead="市数据局")
    assert not list((package / "systems").rglob("system.py"))


def test_never_writes_over_a_system(package: Path) -> None:
    begin(package, "services/parking", title=None, row=None, lead="市数据局")
    with pytest.raises(ScaffoldError, match="已存在"):
        begin(package, "services/parking", title=None, row=None, lead="市数据局")

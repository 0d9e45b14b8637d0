"""The reference: every declared thing has its heading, and the committed pages say what the declarations say."""

from __future__ import annotations

from pathlib import Path

import pytest

from yongzhou.core.home import PORTS, REPOSITORY
from yongzhou.house.reference import commands, pages, settings
from yongzhou.house.reference.house import House
from yongzhou.house.reference.markdown import anchor, plain, table
from yongzhou.house.reference.problems import problems_of
from yongzhou.house.reference.variables import VARIABLES, read_in
from yongzhou.house.setup import load_rooms
from yongzhou.systems.governance.grid_governance.operations import report

FOLDER = REPOSITORY / pages.FOLDER


@pytest.fixture(scope="module")
def house() -> House:
    load_rooms()
    return House(REPOSITORY)


def lacking(file: str, kind: str, names: list[str]) -> list[str]:
    """Names without a heading of their own in a committed page."""
    path = FOLDER / file
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    return [name for name in names if f"{{ #{anchor(kind, name)} }}\n" not in text]


@pytest.mark.parametrize("kind", pages.KINDS)
def test_every_declared_thing_has_its_heading(house: House, kind: str) -> None:
    missing = [name for name in house.names(kind) if lacking(house.areas[house.home_of(kind, name)].file, kind, [name])]
    assert house.names(kind)
    assert not missing, "run `yongzhou reference --write`"


def test_every_setting_has_its_heading() -> None:
    missing = lacking("settings.md", "variable", [variable.name for variable in VARIABLES])
    missing += lacking("settings.md", "port", list(PORTS))
    missing += lacking("settings.md", "parameter", list(settings.parameters(REPOSITORY / "cities" / "yongzhou")))
    assert not missing, "run `yongzhou reference --write`"


def test_every_command_has_its_heading() -> None:
    names = [f"yongzhou {name}" for name in commands.names()]
    assert not lacking("commands.md", "command", names), "run `yongzhou reference --write`"


def test_committed_pages_are_fresh(house: House) -> None:
    assert pages.stale(REPOSITORY) == [], "run `yongzhou reference --write`"


def test_every_variable_that_is_read_is_declared() -> None:
    read = {name for name, _ in read_in(REPOSITORY / "src" / "yongzhou")}
    assert read <= {variable.name for variable in VARIABLES}, "declare it in house/reference/variables.py"


def test_no_variable_is_declared_that_nobody_reads() -> None:
    package = REPOSITORY / "src" / "yongzhou"
    own = package / "house" / "reference"
    texts = [path.read_text(encoding="utf-8") for path in package.rglob("*.py") if not path.is_relative_to(own)]
    assert [each.name for each in VARIABLES if not any(f'"{each.name}"' in text for text in texts)] == []


def test_every_way_to_read_a_variable_is_seen(tmp_path: Path) -> None:
    (tmp_path / "reads.py").write_text(
        'import os\nNAME: str = "A"\nos.environ[NAME]\nos.environ.get("B")\nos.getenv("C")\n'
        'environ.setdefault("D", "")\nclick.option("--x", envvar="E")\n"F" in os.environ\n'
    )
    assert [name for name, _ in read_in(tmp_path)] == list("ABCDEF")


def test_errors_are_read_from_what_an_operation_calls() -> None:
    found = {(told.code, told.status) for told in problems_of(report.function)}
    assert ("wrong_door", 403) in found  # raised by a function that it calls
    assert ("too_many", 429) in found


def test_write_mends_and_removes(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "files", lambda root: {"docs/reference/a.md": "new", "docs/reference/x/b.md": "same"})
    folder = tmp_path / pages.FOLDER
    (folder / "x").mkdir(parents=True)
    for name, text in {"a.md": "old", "x/b.md": "same", "gone.md": "nobody stands for it"}.items():
        (folder / name).write_text(text)
    assert pages.write(tmp_path) == ["docs/reference/a.md", "docs/reference/gone.md"]
    assert pages.stale(tmp_path) == []
    assert (folder / "a.md").read_text() == "new"


def test_a_cell_cannot_break_its_table() -> None:
    assert table(["a"], [["x|y\nz"]])[2] == "| x\\|y z |"


def test_a_tag_is_shown_and_code_is_left_alone() -> None:
    assert plain("below `up/<device>/`,\n not <b>") == "below `up/<device>/`, not &lt;b>"


def test_an_anchor_keeps_what_makes_a_name() -> None:
    assert anchor("parameter", "GB/T 28592 24 h") == "parameter-GB-T-28592-24-h"
    assert anchor("parameter", "行政许可") == "parameter-行政许可"

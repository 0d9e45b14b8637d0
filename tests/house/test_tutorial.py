"""The tutorial works: its commands and files are followed step by step in a copy of the repository."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.homes import free_home
from yongzhou.core.home import REPOSITORY
from yongzhou.house.scaffold import begin

pytestmark = pytest.mark.family
PARTS = (
    "src",
    "cities",
    "schema",
    "docs",
    "tests",
    "conftest.py",
    "pyproject.toml",
    "zensical.toml",
    "zensical.en.toml",
)
FOLDER = "systems/services/umbrellas"
_BLOCK = re.compile(r'^```(\w+)(?: title="(\S+)")?\n(.*?)^```$', re.MULTILINE | re.DOTALL)
SKELETON = "systems/services/parking"  # as `yongzhou new` writes it: its tests must be green before anybody touches it


def page(language: str) -> str:
    """The tutorial in one language."""
    return (REPOSITORY / "docs" / language / "tutorial" / "add-a-system.md").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Step:
    """One fenced block: language, the file that it names, its text."""

    language: str
    file: str
    text: str


def steps(text: str) -> list[Step]:
    """The fenced blocks that are followed, in order; what stands in `console` is only looked at."""
    found = [Step(*block) for block in _BLOCK.findall(text)]
    return [step for step in found if step.language != "console"]


def changed(before: str, diff: str) -> str:
    """A text with one hunk applied; the lines that it shows must stand there once."""
    lines = diff.splitlines(keepends=True)
    old = "".join(line[1:] for line in lines if line[0] != "+")
    new = "".join(line[1:] for line in lines if line[0] != "-")
    assert before.count(old) == 1, f"the tutorial shows lines that are not there:\n{old}"
    return before.replace(old, new)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the repository where the system does not exist yet."""
    ignored = shutil.ignore_patterns("__pycache__", "*.egg-info", "vendor", "node_modules")
    for name in PARTS:
        source = REPOSITORY / name
        if source.is_dir():
            shutil.copytree(source, tmp_path / name, ignore=ignored)
        elif source.exists():
            shutil.copy(source, tmp_path / name)
    for folder in (FOLDER, SKELETON):
        shutil.rmtree(tmp_path / "src" / "yongzhou" / folder, ignore_errors=True)
    begin(tmp_path / "src" / "yongzhou", SKELETON.removeprefix("systems/"), title=None, row=None, lead="市城市管理局")
    return tmp_path


def environment(copy: Path) -> dict[str, str]:
    """Everything in the copy: its code, its data, its ports."""
    home = free_home(copy / "data")
    left_out = ("DATABASE", "DATABASE_URL", "NATS_URL", "DJANGO_SETTINGS_MODULE")
    return {
        **{key: value for key, value in os.environ.items() if key not in left_out and not key.startswith("PYTEST_")},
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PYTHONPATH": f"{copy / 'src'}:{copy}",
        "DATA": str(home.data),
        "PORT": str(home.port),
        "PYTEST_ADDOPTS": f"src/yongzhou/{SKELETON}",  # tested in the same run as the reader's own system
        "TEST_DATA": str(copy / "test-data"),
        "TEST_PORT": str(free_home(copy).port),
    }


def follow(step: Step, copy: Path, variables: dict[str, str]) -> None:
    """Do what one block says: run it, write it, change by it, or append it."""
    target = copy / step.file
    if step.language == "sh":
        done = subprocess.run(
            ["sh", "-e", "-c", step.text], cwd=copy, env=variables, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{step.text}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    elif step.language == "diff":
        target.write_text(changed(target.read_text(encoding="utf-8"), step.text), encoding="utf-8")
    elif step.language == "csv":
        target.write_text(target.read_text(encoding="utf-8").rstrip("\n") + "\n" + step.text, encoding="utf-8")
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(step.text, encoding="utf-8")


def test_followed_step_by_step(copy: Path) -> None:
    variables = environment(copy)
    for step in steps(page("zh")):
        follow(step, copy, variables)
    row = next(line for line in (copy / "docs" / "systems.md").read_text().splitlines() if "services/umbrellas" in line)
    assert "可走通" in row
    reference = (copy / "docs" / "reference" / "systems" / "umbrellas.md").read_text()
    for heading in ("operation-umbrellas.call_in", "indicator-umbrellas.overdue", "record-umbrellas.loan"):
        assert f"{{ #{heading} }}" in reference
    assert "umbrella_in_one_hand" in (copy / "schema" / "baseline.sql").read_text()


def test_the_english_page_shows_the_same_steps() -> None:
    assert steps(page("en")) == steps(page("zh"))

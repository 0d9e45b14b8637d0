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

pytestmark = pytest.mark.family
PAGE = REPOSITORY / "docs" / "tutorial-add-a-system.md"
PARTS = ("src", "cities", "schema", "docs", "tests", "conftest.py", "pyproject.toml")
FOLDER = "systems/services/parking"


@dataclass(frozen=True)
class Step:
    """One fenced block: language, the file that it names, its text."""

    language: str
    file: str
    text: str


def steps(page: str) -> list[Step]:
    """The fenced blocks of a page, in order."""
    return [Step(*found) for found in re.findall(r"^```(\w+) ?(\S*)\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)]


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
    shutil.rmtree(tmp_path / "src" / "yongzhou" / FOLDER, ignore_errors=True)
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
        "TEST_DATA": str(copy / "test-data"),
        "TEST_PORT": str(free_home(copy).port),
    }


def test_followed_step_by_step(copy: Path) -> None:
    variables = environment(copy)
    for step in steps(PAGE.read_text(encoding="utf-8")):
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
            target.write_text(step.text, encoding="utf-8")
    row = next(line for line in (copy / "docs" / "systems.md").read_text().splitlines() if "services/parking" in line)
    assert "可走通" in row
    assert "30 of 120 spaces" in (copy / "docs" / "truth.md").read_text()
    assert "capacity" in (copy / "schema" / "baseline.sql").read_text()

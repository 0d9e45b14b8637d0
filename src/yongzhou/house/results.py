"""What the last test runs said: `build/test-results.json`, written by `tests/support/results.py`."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

from yongzhou.core.home import REPOSITORY

FILE: Final = REPOSITORY / "build" / "test-results.json"

State = Literal["none", "walkable", "referenced", "loaded"]
TITLES: Final[dict[State, str]] = {"none": "未建", "walkable": "可走通", "referenced": "有据可依", "loaded": "经受负载"}


@dataclass(frozen=True, slots=True)
class Result:
    """One test as it last ended; `checks` are values that it compared with a source."""

    test: str
    outcome: str  # "passed", "failed", "skipped"
    marks: tuple[str, ...] = ()
    checks: tuple[dict[str, Any], ...] = field(default=())


def read(root: Path = REPOSITORY, file: Path | None = None) -> dict[str, Result]:
    """Results by test id; one whose file has changed since does not count."""
    path = file or root / "build" / "test-results.json"
    if not path.exists():
        return {}
    stamps: dict[str, str | None] = {}
    found = {}
    for test, row in json.loads(path.read_text(encoding="utf-8")).items():
        name = test.partition("::")[0]
        if name not in stamps:
            stamps[name] = stamp(root / name)
        if stamps[name] == row["stamp"]:
            found[test] = Result(test, row["outcome"], tuple(row["marks"]), tuple(row["checks"]))
    return found


def stamp(path: Path) -> str | None:
    """Digest of a test file; None if it is gone."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()[:16]
    except FileNotFoundError:
        return None


def state_of(folder: str, results: dict[str, Result]) -> State:
    """The state of a system folder (`src/yongzhou/systems/<wing>/<name>`) by its tests alone.

    walkable: its tests pass, all of them; referenced: one of them checks a published value; loaded: one of them
    bears the mark `load`. A failed test anywhere in the folder takes the state back to none.
    """
    own = [result for result in results.values() if result.test.startswith(f"{folder}/")]
    if not any(result.outcome == "passed" for result in own) or any(result.outcome == "failed" for result in own):
        return "none"
    passed = {mark for result in own if result.outcome == "passed" for mark in result.marks}
    if "reference:published" not in passed:
        return "walkable"
    return "loaded" if "load" in passed else "referenced"

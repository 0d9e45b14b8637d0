"""Pytest plugin: keeps how each test last ended in `build/test-results.json`, and gives the fixture `truth`.

`yongzhou systems` computes the state of a system from this file, `yongzhou truth` whether a published value holds.
A run of some tests only renews their lines.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from yongzhou.house import results

_collected: dict[str, dict[str, Any]] = {}
_roots: list[Path] = []


class Truth:
    """Compares our value with a published one, and keeps both for `yongzhou truth`."""

    def __init__(self, keep: Callable[[dict[str, Any]], None]) -> None:
        self._keep = keep

    def check(self, published: float, ours: float, tolerance: float = 0.0, *, what: str = "") -> None:
        """Fail unless `ours` lies within an absolute `tolerance` of `published`."""
        holds = abs(published - ours) <= tolerance
        self._keep(
            {"what": what, "published": float(published), "ours": float(ours), "tolerance": tolerance, "holds": holds}
        )
        assert holds, f"{what or 'value'}: published {published}, ours {ours}, tolerance {tolerance}"


@pytest.fixture
def truth(request: pytest.FixtureRequest) -> Truth:
    """`truth.check(published, ours, tolerance)`: compared, and shown in `yongzhou truth`."""
    return Truth(lambda row: request.node.user_properties.append(("truth", row)))


def pytest_configure(config: pytest.Config) -> None:
    """Know the mark of load tests."""
    config.addinivalue_line("markers", "load: bears the load that the design promises; makes a system `loaded`")
    _roots[:] = [config.rootpath]


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Put the marks where the controller of xdist sees them too."""
    marks = [f"reference:{mark.kwargs.get('kind', '')}" for mark in item.iter_markers("reference")]
    marks += ["load"] if item.get_closest_marker("load") else []
    item.user_properties.append(("marks", sorted(set(marks))))


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Remember the worst of setup, call and teardown."""
    line = _collected.setdefault(report.nodeid, {"outcome": "passed", "marks": [], "checks": []})
    if report.outcome == "failed" or (report.outcome == "skipped" and line["outcome"] == "passed"):
        line["outcome"] = report.outcome
    if report.when == "call" or report.outcome == "skipped":
        line["marks"] = next((list(value) for name, value in report.user_properties if name == "marks"), [])
        line["checks"] = [value for name, value in report.user_properties if name == "truth"]


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Renew the file; the workers of xdist leave it to their controller."""
    if hasattr(session.config, "workerinput") or not _collected or not _roots:
        return
    root = _roots[0]
    merge(root, root / "build" / results.FILE.name, _collected)


def merge(root: Path, file: Path, collected: dict[str, dict[str, Any]]) -> None:
    """Put new lines over the old ones and drop tests whose file has changed or gone."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with (file.parent / "test-results.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lines = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
        for test, line in collected.items():
            lines[test] = {**line, "stamp": results.stamp(root / test.partition("::")[0])}
        stamps = {name: results.stamp(root / name) for name in {test.partition("::")[0] for test in lines}}
        kept = {test: line for test, line in sorted(lines.items()) if line["stamp"] == stamps[test.partition("::")[0]]}
        draft = file.with_suffix(f".{os.getpid()}")
        draft.write_text(json.dumps(kept, ensure_ascii=False, indent=1), encoding="utf-8")
        draft.replace(file)

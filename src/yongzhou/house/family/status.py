"""The status file DATA/family.json: written by the supervisor, read by `yongzhou status` and by tests."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TypedDict

from yongzhou.core.home import Home
from yongzhou.house.family import procfs
from yongzhou.house.family.lock import DataLock


class MemberStatus(TypedDict):
    """One member as the status file has it; times are seconds since the epoch."""

    title: str
    state: str
    pid: int | None
    since: float | None
    ready_seconds: float | None
    restarts: int
    message: str
    ports: dict[str, int]
    budget_mb: int


class FamilyStatus(TypedDict):
    """The whole family."""

    pid: int
    data: str
    port: int
    city: str
    started: float
    stopping: bool
    members: dict[str, MemberStatus]


def path(home: Home) -> Path:
    """Where the status file lies."""
    return home.data / "family.json"


def write(home: Home, status: FamilyStatus) -> None:
    """Replace the status file in one step."""
    draft = path(home).with_suffix(".new")
    draft.write_text(json.dumps(status, ensure_ascii=False, indent=1))
    os.replace(draft, path(home))


def read(home: Home) -> FamilyStatus | None:
    """What the running family last wrote; None if none runs on this data folder."""
    if DataLock(home.data).holder() is None:
        return None
    try:
        status: FamilyStatus = json.loads(path(home).read_text())
    except FileNotFoundError:
        return None
    return status


def memory_mb(status: FamilyStatus) -> dict[str, float]:
    """Pss of each member with its children, and of the supervisor itself, in MB."""
    used = {name: procfs.pss_mb(procfs.tree(m["pid"])) for name, m in status["members"].items() if m["pid"]}
    return {"supervisor": procfs.pss_mb([status["pid"]]), **used}

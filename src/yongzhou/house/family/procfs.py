"""What the kernel tells about processes: children, memory, whose family they belong to. Linux only."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Final

MARK: Final = "YONGZHOU_FAMILY"  # in the environment of every member: the data folder


def alive(pid: int) -> bool:
    """Whether the process runs. A zombie does not, unless threads of its still end and hold its ports."""
    try:
        fields = _stat(pid)
    except OSError:
        return False
    return fields[0] != "Z" or int(fields[17]) > 1


def name_of(pid: int) -> str:
    """Short name of a process, "" if it is gone."""
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


def tree(root: int) -> list[int]:
    """The process and all its descendants."""
    children: dict[int, list[int]] = {}
    for pid in _pids():
        try:
            children.setdefault(int(_stat(pid)[1]), []).append(pid)
        except OSError:
            continue
    found = [root]
    for pid in found:
        found.extend(children.get(pid, ()))
    return found


def pss_mb(pids: Iterable[int]) -> float:
    """Proportional set size of some processes together, MB; a process that is gone counts nothing."""
    total = 0
    for pid in pids:
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        total += next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)
    return total / 1024


def orphans(data: Path) -> list[int]:
    """Processes of a family of this data folder that is gone: marked so, and not among our own ancestors."""
    wanted = f"{MARK}={data}".encode()
    own = _ancestors(os.getpid())
    found = []
    for pid in _pids():
        try:
            environment = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
        except OSError:
            continue
        if wanted in environment and pid not in own and alive(pid):
            found.append(pid)
    return found


def end(pids: Iterable[int], *, gently: signal.Signals | None = None, seconds: float = 10.0) -> None:
    """End processes that are not our children: first `gently`, if given, for `seconds`; then SIGKILL."""
    left = [pid for pid in pids if alive(pid)]
    for step, patience in ((gently, seconds), (signal.SIGKILL, 5.0)):
        if step is None:
            continue
        for pid in left:
            try:
                os.kill(pid, step)
            except ProcessLookupError:
                continue
        deadline = time.monotonic() + patience
        while (left := [pid for pid in left if alive(pid)]) and time.monotonic() < deadline:
            time.sleep(0.02)


def _pids() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdecimal()]


def _stat(pid: int) -> list[str]:
    """Fields of /proc/<pid>/stat after the command: state, parent, …"""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def _ancestors(pid: int) -> set[int]:
    found = set()
    while pid > 0:
        found.add(pid)
        try:
            pid = int(_stat(pid)[1])
        except OSError:
            break
    return found

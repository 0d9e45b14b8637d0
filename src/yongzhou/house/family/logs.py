"""Logs of the members: one file each below DATA/logs, capped; the house's own lines are JSON (`core.observe.logs`)."""

from __future__ import annotations

import json
import os
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Final

CAP_BYTES: Final = 5_000_000
KEPT: Final = 2
SUPERVISOR: Final = "family"  # logger of the lines that the supervisor writes into a member's log


def open_log(folder: Path, name: str) -> BinaryIO:
    """Open a member's log for appending and note the start in it."""
    folder.mkdir(parents=True, exist_ok=True)
    file = (folder / f"{name}.log").open("ab")
    at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    start = {"at": at, "level": "info", "role": name, "logger": SUPERVISOR, "event": "start"}
    file.write(json.dumps(start).encode() + b"\n")
    file.flush()
    return file


def last_line(folder: Path, name: str) -> str:
    """What a member last said since its last start, in one line; "" if nothing."""
    try:
        with (folder / f"{name}.log").open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - 4096))
            lines = file.read().decode(errors="replace").splitlines()
    except FileNotFoundError:
        return ""
    line = next((line.strip() for line in reversed(lines) if line.strip()), "")
    try:
        said = json.loads(line)
        if said["logger"] == SUPERVISOR:
            return ""
        more = f": {said['error']} {said.get('message', '')}" if "error" in said else ""
        return f"{said['event']}{more}".strip()
    except (ValueError, TypeError, KeyError):
        return line


def cap(folder: Path) -> None:
    """Move what is over the cap aside; the writers append on, since they hold the files open in append mode."""
    for log in folder.glob("*.log"):
        if log.stat().st_size < CAP_BYTES:
            continue
        for number in range(KEPT, 1, -1):
            older = log.with_suffix(f".log.{number - 1}")
            if older.exists():
                older.replace(log.with_suffix(f".log.{number}"))
        shutil.copyfile(log, log.with_suffix(".log.1"))
        os.truncate(log, 0)

"""Logs of the members: one file each below DATA/logs, capped."""

from __future__ import annotations

import os
import shutil
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Final

CAP_BYTES: Final = 5_000_000
KEPT: Final = 2


def open_log(folder: Path, name: str) -> BinaryIO:
    """Open a member's log for appending and note the start in it."""
    folder.mkdir(parents=True, exist_ok=True)
    file = (folder / f"{name}.log").open("ab")
    file.write(f"--- {datetime.now().astimezone().isoformat(timespec='seconds')} start {name}\n".encode())
    file.flush()
    return file


def last_line(folder: Path, name: str) -> str:
    """The last line that a member wrote since its last start, without the blanks around; "" if none."""
    try:
        with (folder / f"{name}.log").open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - 4096))
            lines = file.read().decode(errors="replace").splitlines()
    except FileNotFoundError:
        return ""
    line = next((line.strip() for line in reversed(lines) if line.strip()), "")
    return "" if line.startswith("--- ") else line


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

"""One family a data folder: a lock that dies with its holder."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path
from types import TracebackType
from typing import TextIO


class DataInUse(Exception):
    """Another family runs on this data folder."""


class DataLock:
    """Exclusive lock of a data folder; the kernel frees it when the holder dies, however it dies."""

    def __init__(self, data: Path) -> None:
        self.path = data / "family.lock"
        self._file: TextIO | None = None

    def acquire(self, *, patience: float = 0.0) -> None:
        """Take the lock; `DataInUse` if another holds it for longer than `patience` seconds."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        file = self.path.open("a+")
        deadline = time.monotonic() + patience
        while not _try_lock(file):
            if time.monotonic() >= deadline:
                file.close()
                raise DataInUse(
                    f"数据目录 {self.path.parent} 已有一个家族在运行(进程 {self.holder()})。\n"
                    "先停止它(在它的终端按 Ctrl-C,或运行 yongzhou stop),或用 DATA= 指定另一个目录。"
                )
            time.sleep(0.05)
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        self._file = file

    def release(self) -> None:
        """Give the lock back."""
        if self._file is not None:
            self._file.truncate(0)
            self._file.close()
            self._file = None

    def holder(self) -> int | None:
        """Process id of the family that holds the lock now, if any."""
        try:
            file = self.path.open("r+")
        except FileNotFoundError:
            return None
        with file:
            if _try_lock(file):
                return None
            text = file.read().strip()
            return int(text) if text.isdecimal() else 0

    def __enter__(self) -> DataLock:
        self.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def _try_lock(file: TextIO) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True

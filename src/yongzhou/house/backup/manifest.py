"""What a backup says of itself: every file with size and SM3, every table with rows and digest."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.hashes import SM3, Hash

NAME: Final = "manifest.json"
SECRETS: Final = "secrets.sealed"
_CHUNK: Final = 1 << 20


class BackupError(Exception):
    """A backup that cannot be made, read or restored; the text is Chinese and says what to do."""


@dataclass(frozen=True, slots=True)
class TablePrint:
    """One table: number of rows, and a digest that does not depend on their order."""

    rows: int
    digest: str


@dataclass(slots=True)
class Manifest:
    """Everything that a restore needs to prove that it has everything."""

    made_at: str
    city: str
    version: str
    format: int = 1
    tables: dict[str, TablePrint] = field(default_factory=dict)  # "schema.table"
    lake: dict[str, int] = field(default_factory=dict)  # rows of each table of the lake at its snapshot
    lake_snapshot: int | None = None
    streams: dict[str, dict[str, object]] = field(default_factory=dict)
    files: dict[str, tuple[int, str]] = field(default_factory=dict)  # path: (bytes, SM3)

    def text(self) -> str:
        """As JSON, always in the same order."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=1, sort_keys=True)

    @classmethod
    def read(cls, folder: Path) -> Manifest:
        """The manifest of a backup; `BackupError` if there is none or it is of another format."""
        try:
            row = json.loads((folder / NAME).read_text(encoding="utf-8"))
        except (FileNotFoundError, NotADirectoryError):
            raise BackupError(f"{folder} 里没有 {NAME}:不是备份,或备份没有做完") from None
        except ValueError as error:
            raise BackupError(f"{folder / NAME} 读不懂:{error}") from error
        if row.get("format") != 1:
            raise BackupError(f"备份格式 {row.get('format')} 不认识:请用做它的版本恢复")
        row["tables"] = {name: TablePrint(**value) for name, value in row["tables"].items()}
        row["files"] = {name: (size, digest) for name, (size, digest) in row["files"].items()}
        return cls(**row)


def digest_of(path: Path) -> str:
    """SM3 of a file, hex."""
    state = Hash(SM3())
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            state.update(chunk)
    return state.finalize().hex()


def copy(source: Path, target: Path) -> tuple[int, str]:
    """Copy one file and put it on disk; its size and SM3 as read."""
    target.parent.mkdir(parents=True, exist_ok=True)
    state, size = Hash(SM3()), 0
    with source.open("rb") as reader, target.open("wb") as writer:
        while chunk := reader.read(_CHUNK):
            state.update(chunk)
            writer.write(chunk)
            size += len(chunk)
        writer.flush()
        os.fsync(writer.fileno())
    return size, state.finalize().hex()


def put(path: Path, data: bytes) -> None:
    """Write one file and put it on disk."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def wrong_files(folder: Path, manifest: Manifest) -> list[str]:
    """Files of a backup that are missing, changed or foreign, one Chinese sentence each."""
    faults = []
    for name, (size, digest) in sorted(manifest.files.items()):
        path = folder / name
        if not path.is_file():
            faults.append(f"{name} 不在")
        elif path.stat().st_size != size or digest_of(path) != digest:
            faults.append(f"{name} 被改动或损坏")
    there = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    return faults + [f"{name} 不属于这份备份" for name in sorted(there - set(manifest.files) - {NAME, SECRETS})]


def empty(folder: Path, what: str) -> None:
    """Make a folder, or refuse one that holds anything."""
    if folder.exists() and any(folder.iterdir()):
        raise BackupError(f"{what} {folder} 不是空的:请换一个目录")
    folder.mkdir(parents=True, exist_ok=True)


def discard(paths: Iterable[Path]) -> None:
    """Remove folders of an attempt that failed."""
    for path in paths:
        shutil.rmtree(path, ignore_errors=True)

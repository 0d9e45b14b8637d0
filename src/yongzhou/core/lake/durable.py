"""Files on disk for sure: DuckDB writes Parquet without fsync (seen by strace), so the lake does it itself."""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import date
from pathlib import Path


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def day_folder(root: Path, table: str, day: date) -> Path:
    """Folder in which DuckLake keeps the Parquet files of one day of a table partitioned by year, month, day."""
    return root / "main" / table / f"year={day.year}" / f"month={day.month}" / f"day={day.day}"


def sync_since(folders: Iterable[Path], root: Path, since: float) -> int:
    """fsync the files in `folders` modified since `since` (seconds of the epoch), and every folder up to `root`.

    Returns the number of files. A file of another writer is synced too, which does no harm; one that vanishes
    meanwhile was dropped by its writer.
    """
    files = 0
    touched: set[Path] = set()
    for folder in folders:
        try:
            entries = [entry.path for entry in os.scandir(folder) if entry.is_file() and entry.stat().st_mtime >= since]
        except FileNotFoundError:
            continue
        for path in entries:
            try:
                _sync(Path(path))
            except FileNotFoundError:
                continue
            files += 1
        if entries:
            touched.update(parent for parent in (folder, *folder.parents) if parent.is_relative_to(root))
    for folder in sorted(touched, key=lambda path: len(path.parts), reverse=True):
        _sync(folder)
    return files


def all_folders(root: Path) -> list[Path]:
    """Every folder below `root`, itself included."""
    return [Path(folder) for folder, _, _ in os.walk(root)]

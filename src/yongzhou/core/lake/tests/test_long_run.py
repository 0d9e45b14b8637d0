"""The lake over a long life: however many windows are appended, files and snapshots stay few and no row is lost."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import psycopg

from yongzhou.core.home import Home
from yongzhou.core.lake import Lake
from yongzhou.core.lake.catalogue import LakeFacts, facts
from yongzhou.core.lake.tests.test_lake import BORN, NOON, frames, observations

WINDOWS = 6_000 if os.environ.get("ATTACK") else 80
A_DAY = WINDOWS // 4  # windows of a day: the run lives through four days
EVERY = 40  # windows between two maintenances
LARGE = 520  # rows that are not inlined any more: a file of its own


def _facts(home: Home) -> LakeFacts:
    with psycopg.connect(home.dsn()) as connection:
        found = facts(connection)
    assert found is not None
    return found


def _on_disk(root: Path) -> int:
    return sum(1 for _ in root.rglob("*.parquet"))


def test_files_and_snapshots_stay_few(lake: Lake, home: Home) -> None:
    rows, most_files, most_snapshots = 0, 0, 0
    for window in range(1, WINDOWS + 1):
        at = NOON + timedelta(days=window // A_DAY, seconds=window)
        count = LARGE if window % 4 == 0 else 5
        values = [(stream, at, 1.0, 1) for stream in range(count)]
        lake.append(
            observations(values, seq=window), frames([f"{window}"], seq=window, at=at),
            stream="OBS", incarnation=BORN, last_seq=window,
        )  # fmt: skip
        rows += count
        if window % EVERY == 0:
            lake.maintain(force=True, keep="0 seconds")
            now = _facts(home)
            most_files, most_snapshots = max(most_files, now.known_files), max(most_snapshots, now.snapshots)
    end = _facts(home)
    print(f"{WINDOWS} windows: at most {most_files} files and {most_snapshots} snapshots after a maintenance; {end}")
    assert lake.total() == rows
    assert lake.position("OBS", BORN) == WINDOWS
    assert most_snapshots <= 5
    assert most_files <= 2 * 5 + 4  # a file a table and day, and what one maintenance leaves
    assert _on_disk(home.lake) == end.known_files + end.to_delete

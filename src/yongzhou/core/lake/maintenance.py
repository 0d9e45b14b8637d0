"""What only the worker does to the lake: merge, flush, expire, delete. Updates conflict with appends, so it retries."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

import duckdb

from yongzhou.core.lake import durable

YOUNG_BYTES: Final = 8_000_000  # a file below is young: worth merging
YOUNG_FILES: Final = 200  # 900 files cost a history query 224 ms, merged 11 ms
AT_LATEST: Final = 600.0  # seconds
MERGE_BELOW: Final = 64_000_000  # bytes: larger files are left alone, else each merge rewrites the day
KEEP: Final = "15 minutes"  # longer than any query of a reader, whose snapshot must not lose its files
TRIES: Final = 6

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Maintained:
    """What one maintenance did."""

    young_before: int
    young_after: int
    flushed_rows: int
    deleted_files: int
    seconds: float


class MaintenanceMixin:
    """Maintenance methods of `Lake`."""

    root: Path
    _maintained_at: float

    @contextmanager
    def cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Given by `Lake`."""
        raise NotImplementedError
        yield

    def _transaction(self) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
        """Given by `Lake`."""
        raise NotImplementedError

    def young_files(self) -> int:
        """Files that a merge would spare: small ones beyond the first of their day."""
        small: Counter[str] = Counter()
        with self.cursor() as cursor:
            for table in ("observation", "frame", "reader_position"):
                rows = cursor.execute(
                    f"SELECT data_file, data_file_size_bytes FROM ducklake_list_files('lake', '{table}')"
                ).fetchall()
                small.update(path.rpartition("/")[0] for path, size in rows if size < YOUNG_BYTES)
        return sum(count - 1 for count in small.values())

    def maintain(self, *, force: bool = False, keep: str = KEEP) -> Maintained | None:
        """Merge young files, flush inlined rows, forget old positions, expire snapshots, delete dropped files.

        Does nothing (None) unless `force`, more than 200 young files, or 10 minutes since the last time.
        `keep` (an SQL interval) is how long a reader may stay on its snapshot.
        For one worker only; raises `duckdb.Error` if a step still conflicts after 6 tries.
        """
        young = self.young_files()
        if not (force or young > YOUNG_FILES or time.monotonic() - self._maintained_at >= AT_LATEST):
            return None
        started = time.monotonic()
        self._again(self._forget_positions)
        # positions stay inlined in PostgreSQL: there a deleted one vanishes, in Parquet it would keep a file
        flushed = [
            row
            for table in ("observation", "frame")
            for row in self._again(
                partial(self._settled, f"ducklake_flush_inlined_data('lake', table_name => '{table}')")
            )
        ]
        self._again(lambda: self._settled(f"ducklake_merge_adjacent_files('lake', max_file_size => {MERGE_BELOW})"))
        self._again(
            lambda: self._settled(f"ducklake_expire_snapshots('lake', older_than => now() - INTERVAL '{keep}')")
        )
        deleted = self._again(
            lambda: self._settled(f"ducklake_cleanup_old_files('lake', older_than => now() - INTERVAL '{keep}')")
        )
        # left by a writer that was killed before its commit
        orphans = self._again(
            lambda: self._settled("ducklake_delete_orphaned_files('lake', older_than => now() - INTERVAL '1 day')")
        )
        self._maintained_at = time.monotonic()
        return Maintained(
            young_before=young,
            young_after=self.young_files(),
            flushed_rows=sum(int(str(row[2])) for row in flushed),
            deleted_files=len(deleted) + len(orphans),
            seconds=time.monotonic() - started,
        )

    def _settled(self, call: str) -> list[tuple[object, ...]]:
        """One maintenance call in its own transaction; files that it wrote are on disk before the commit."""
        since = time.time() - 2.0
        with self._transaction() as cursor:
            rows: list[tuple[object, ...]] = cursor.execute(f"CALL {call}").fetchall()
            durable.sync_since(durable.all_folders(self.root), self.root, since)
        return rows

    def _forget_positions(self) -> None:
        with self._transaction() as cursor:
            cursor.execute(
                "DELETE FROM lake.reader_position p WHERE last_seq < (SELECT max(last_seq) FROM lake.reader_position q "
                "WHERE q.stream = p.stream AND q.incarnation = p.incarnation)"
            )

    @staticmethod
    def _again(step: Callable[[], T]) -> T:
        for attempt in range(TRIES - 1):
            try:
                return step()
            except duckdb.Error:
                time.sleep(0.05 * 2**attempt * (1 + random.random()))
        return step()

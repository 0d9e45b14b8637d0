"""The one DuckDB of a process with the DuckLake attached: connect, append with the reader's position, read."""

from __future__ import annotations

import importlib.util
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Final

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from yongzhou.core.home import Home
from yongzhou.core.lake import durable
from yongzhou.core.lake.maintenance import MaintenanceMixin
from yongzhou.core.lake.queries import QueriesMixin
from yongzhou.core.lake.tables import DAY_OF, FRAME, OBSERVATION, LakeError, create_tables, missing_tables

_EXTENSIONS: Final = ("ducklake", "postgres_scanner", "icu", "json")
CONFLICT_TRIES: Final = 7
_CLOCK_SLACK: Final = 2.0  # seconds: file times come from the kernel's coarse clock


def _extension(name: str) -> Path:
    """File of a DuckDB extension in its wheel: loaded in place, nothing is downloaded or copied."""
    spec = importlib.util.find_spec(f"duckdb_extension_{name}")
    found = (
        sorted(Path(spec.origin).parent.glob(f"extensions/*/{name}.duckdb_extension")) if spec and spec.origin else []
    )
    if not found:
        raise LakeError(
            f"缺少 DuckDB 扩展 {name}:请重新运行 make setup 安装 duckdb-extension-{name.replace('_', '-')}。"
        )
    return found[-1]


def connect(home: Home, read_only: bool = False, *, memory: str = "512MB", threads: int = 1) -> Lake:
    """The lake of a home. Creates its tables if absent, unless `read_only`.

    Raises `LakeError` if PostgreSQL does not answer, or if it is to be read before anybody created it.
    """
    home.lake.mkdir(parents=True, exist_ok=True)
    connection = duckdb.connect(
        config={
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "memory_limit": memory,
            "threads": str(threads),
            "temp_directory": str(home.data / "tmp" / "duckdb"),
        }
    )
    for name in _EXTENSIONS:
        connection.execute(f"LOAD '{_extension(name)}'")
    connection.execute("SET GLOBAL TimeZone = 'UTC'")
    connection.execute("SET GLOBAL pg_pool_max_connections = 4")
    options = f"DATA_PATH '{home.lake}/', METADATA_SCHEMA 'lake', DATA_INLINING_ROW_LIMIT 500"
    dsn = home.dsn("yz_owner").replace("'", "''")
    try:
        connection.execute(f"ATTACH 'ducklake:postgres:{dsn}' AS lake ({options}{', READ_ONLY' if read_only else ''})")
        if not read_only:
            create_tables(connection)
        elif missing_tables(connection):
            raise LakeError("数据湖还没有建立:请先启动 telemetry 或 worker。")
    except (duckdb.Error, LakeError) as error:
        connection.close()
        if isinstance(error, LakeError):
            raise
        # only the server's word: the whole text quotes the connection string with its password
        word = str(error).rpartition("failed:")[2].strip() if "failed:" in str(error) else type(error).__name__
        raise LakeError(f"无法打开数据湖({word}):请检查 postgres 角色是否在运行,目录库是否已建立。") from None
    return Lake(home.lake, connection)


class Lake(QueriesMixin, MaintenanceMixin):
    """Use `connect`. Safe for threads: each call works on its own cursor; appends of one process follow each other."""

    def __init__(self, root: Path, connection: duckdb.DuckDBPyConnection) -> None:
        self.root = root
        self._connection = connection
        self._writing = threading.Lock()
        self._maintained_at = time.monotonic()

    @contextmanager
    def cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A cursor on the same DuckDB; tables `lake.observation`, `lake.frame`, `lake.reader_position`."""
        cursor = self._connection.cursor()
        try:
            yield cursor
        finally:
            cursor.close()

    @contextmanager
    def _transaction(self) -> Iterator[duckdb.DuckDBPyConnection]:
        with self.cursor() as cursor:
            cursor.execute("BEGIN")
            try:
                yield cursor
            except BaseException:
                with suppress(duckdb.Error):  # the first error is the one to tell
                    cursor.execute("ROLLBACK")
                raise
            cursor.execute("COMMIT")

    def append(
        self, observations: pa.Table, frames: pa.Table, *, stream: str, incarnation: datetime, last_seq: int
    ) -> int:
        """Store a window and the reader's position in one DuckLake transaction; returns the safe sequence.

        `observations` has schema `OBSERVATION`, `frames` has `FRAME`. New Parquet files and their folders are
        fsynced before the commit, so a position that can be read back is always on disk. A conflict with the
        worker's maintenance is tried again. Whatever is raised (`duckdb.Error`, `OSError`) leaves the outcome
        open: ask `position` before anything is sent again.
        """
        with self._writing:
            for attempt in range(CONFLICT_TRIES):
                try:
                    self._append(observations, frames, stream, incarnation, last_seq)
                    break
                except duckdb.TransactionException:
                    if self.position(stream, incarnation) == last_seq:
                        break
                    if attempt == CONFLICT_TRIES - 1:
                        raise
                    time.sleep(0.02 * 2**attempt)
        return last_seq

    def _append(
        self, observations: pa.Table, frames: pa.Table, stream: str, incarnation: datetime, last_seq: int
    ) -> None:
        with self._transaction() as cursor:
            since = time.time() - _CLOCK_SLACK
            folders: list[Path] = []
            for name, table, schema in (("observation", observations, OBSERVATION), ("frame", frames, FRAME)):
                if table.num_rows:
                    cursor.register("incoming", _with_uuid(table.select(schema.names).cast(schema)))
                    cursor.execute(f"INSERT INTO lake.{name} SELECT * FROM incoming")
                    cursor.unregister("incoming")
                    days = pc.unique(table[DAY_OF[name]].cast(pa.date32())).to_pylist()
                    folders += [durable.day_folder(self.root, name, day) for day in days]
            durable.sync_since(folders, self.root, since)
            cursor.execute("INSERT INTO lake.reader_position VALUES (?, ?, ?)", [stream, incarnation, last_seq])

    def position(self, stream: str, incarnation: datetime) -> int | None:
        """Highest sequence of this incarnation of a stream whose observations are in the lake; None if none is."""
        with self.cursor() as cursor:
            row = cursor.execute(
                "SELECT max(last_seq) FROM lake.reader_position WHERE stream = ? AND incarnation = ?",
                [stream, incarnation],
            ).fetchone()
        return None if row is None or row[0] is None else int(row[0])

    def close(self) -> None:
        """Let go of DuckDB and its connections to PostgreSQL."""
        self._connection.close()


def _with_uuid(table: pa.Table) -> pa.Table:
    """The same table with `frame` (16 bytes) as Arrow's UUID, which DuckDB reads as its own."""
    at = table.schema.get_field_index("frame")
    column = table.column(at)
    chunks = [pa.ExtensionArray.from_storage(pa.uuid(), chunk) for chunk in column.chunks]
    return table.set_column(at, "frame", pa.chunked_array(chunks, pa.uuid()))

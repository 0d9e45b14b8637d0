"""The lake's part: exactly the Parquet files that the catalogue knows at the dump's snapshot."""

from __future__ import annotations

import os
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import duckdb
import psycopg

from yongzhou.core.home import Home
from yongzhou.core.lake import LakeError, connect
from yongzhou.house.backup.records import Connection

TABLES: Final = ("observation", "frame", "reader_position")
_PATHS: Final = """
with t as (
    select distinct on (t.table_id) t.table_id,
        case when t.path_is_relative then s.path || t.path else t.path end as folder,
        t.path_is_relative and s.path_is_relative as inside
    from lake.ducklake_table t join lake.ducklake_schema s using (schema_id) order by t.table_id, t.begin_snapshot desc
), f as (
    select table_id, path, path_is_relative from lake.ducklake_data_file
    union all select table_id, path, path_is_relative from lake.ducklake_delete_file
)
select distinct case when f.path_is_relative then t.folder || f.path else f.path end, f.path_is_relative and t.inside
from f join t using (table_id) order by 1
"""


def exists(connection: Connection) -> bool:
    """Whether this database has a lake at all."""
    row = connection.execute("select to_regclass('lake.ducklake_data_file') is not null").fetchone()
    return bool(row and row[0])


def files(connection: Connection, home: Home) -> list[Path]:
    """Files of the lake below `DATA/lake` that the catalogue refers to, as one connection sees it."""
    found = []
    for path, relative in connection.execute(_PATHS).fetchall():
        found.append(Path(str(path)) if relative else Path(str(path)).relative_to(home.lake))
    return found


def hold(paths: list[Path], home: Home, folder: Path) -> list[Path]:
    """Keep hold of these files by hard links, at once, since maintenance may drop them while we copy."""
    missing = []
    for path in paths:
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(home.lake / path, target)
        except FileNotFoundError:
            missing.append(path)
    return missing


def snapshot_id(connection: Connection) -> int | None:
    """The lake's newest snapshot in a picture of the catalogue."""
    row = connection.execute("select max(snapshot_id) from lake.ducklake_snapshot").fetchone()
    return None if row is None or row[0] is None else int(str(row[0]))


def counts(home: Home, at: int | None = None) -> dict[str, int]:
    """Rows of each table of the lake, now or at one of its snapshots; empty where there is no lake."""
    version = "" if at is None else f" AT (VERSION => {at})"
    try:
        lake = connect(home, read_only=True, memory="256MB")
    except LakeError:
        return {}
    found = {}
    with closing(lake), lake.cursor() as cursor:
        for name in TABLES:
            try:
                row = cursor.execute(f"SELECT count(*) FROM lake.{name}{version}").fetchone()
            except duckdb.CatalogException:
                continue
            found[name] = int(row[0]) if row else 0
    return found


def positions(home: Home) -> dict[tuple[str, datetime], int]:
    """How far each incarnation of a stream is in the lake: (stream, incarnation) to sequence."""
    try:
        lake = connect(home, read_only=True, memory="256MB")
    except LakeError:
        return {}
    with closing(lake), lake.cursor() as cursor:
        rows = cursor.execute(
            "SELECT stream, incarnation, max(last_seq) FROM lake.reader_position GROUP BY ALL"
        ).fetchall()
    return {(stream, incarnation.astimezone(UTC)): int(last) for stream, incarnation, last in rows}


def move(home: Home) -> None:
    """Tell a restored catalogue where its files lie now."""
    with psycopg.connect(home.dsn(), autocommit=True) as connection:
        connection.execute("update lake.ducklake_metadata set value = %s where key = 'data_path'", [f"{home.lake}/"])

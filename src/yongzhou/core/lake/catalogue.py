"""What the catalogue of the lake tells without opening it: files, snapshots, bytes. Plain SQL, milliseconds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import psycopg

from yongzhou.core.lake.maintenance import YOUNG_BYTES

_FACTS: Final = """
with live as (
    select table_id, file_size_bytes, record_count, regexp_replace(path, '/[^/]*$', '') as folder
    from lake.ducklake_data_file where end_snapshot is null
), young as (
    select count(*) - 1 as spare from live where file_size_bytes < %s group by table_id, folder
)
select (select count(*) from live), (select coalesce(sum(file_size_bytes), 0) from live),
    (select coalesce(sum(spare), 0) from young), (select count(*) from lake.ducklake_snapshot),
    (select coalesce(extract(epoch from now() - min(snapshot_time)), 0) from lake.ducklake_snapshot),
    (select count(*) from lake.ducklake_files_scheduled_for_deletion),
    (select count(*) from lake.ducklake_data_file)
"""


@dataclass(frozen=True, slots=True)
class LakeFacts:
    """The lake by its catalogue. `young` is the number of files that a merge would spare."""

    files: int
    bytes: int
    young: int
    snapshots: int
    oldest_snapshot_s: float
    to_delete: int  # files that no snapshot needs, still on disk
    known_files: int  # files of any snapshot


def facts(connection: psycopg.Connection[tuple[object, ...]]) -> LakeFacts | None:
    """The facts as one connection sees them; None where nobody has made a lake yet."""
    there = connection.execute("select to_regclass('lake.ducklake_data_file') is not null").fetchone()
    if not there or not there[0]:
        return None
    row = connection.execute(_FACTS, [YOUNG_BYTES]).fetchone()
    assert row is not None
    files, size, young, snapshots, age, to_delete, known = (float(str(value)) for value in row)
    return LakeFacts(int(files), int(size), int(young), int(snapshots), age, int(to_delete), int(known))

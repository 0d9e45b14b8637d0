"""Tables of the lake: their Arrow schemas at the door of `append`, and their definitions in DuckLake."""

from __future__ import annotations

from typing import Final

import duckdb
import pyarrow as pa

CATALOGUE: Final = "lake"  # name of the attached DuckLake and of its schema in PostgreSQL

_TIME = pa.timestamp("us", tz="UTC")

OBSERVATION: Final = pa.schema(
    [
        ("datastream", pa.int64()),
        ("phenomenon", _TIME),
        ("result", pa.float64()),
        ("flag", pa.int8()),
        ("seq", pa.uint64()),
        ("frame", pa.binary(16)),
        ("received", _TIME),
        ("origin", pa.string()),
    ]
)
FRAME: Final = pa.schema(
    [
        ("frame", pa.binary(16)),
        ("door", pa.string()),
        ("station", pa.string()),
        ("function", pa.string()),
        ("serial", pa.int64()),
        ("received", _TIME),
        ("peer", pa.string()),
        ("seq", pa.uint64()),
        ("raw", pa.binary()),
    ]
)

# The column by which a table is partitioned by (UTC) day, if it is.
DAY_OF: Final = {"observation": "phenomenon", "frame": "received", "reader_position": None}

_CREATE: Final = {
    "observation": (
        "CREATE TABLE lake.observation (datastream BIGINT, phenomenon TIMESTAMPTZ, result DOUBLE, flag TINYINT,"
        " seq UBIGINT, frame UUID, received TIMESTAMPTZ, origin VARCHAR)",
        "ALTER TABLE lake.observation SET PARTITIONED BY (year(phenomenon), month(phenomenon), day(phenomenon))",
        "ALTER TABLE lake.observation SET SORTED BY (datastream ASC, phenomenon ASC)",
    ),
    "frame": (
        "CREATE TABLE lake.frame (frame UUID, door VARCHAR, station VARCHAR, function VARCHAR, serial BIGINT,"
        " received TIMESTAMPTZ, peer VARCHAR, seq UBIGINT, raw BLOB)",
        "ALTER TABLE lake.frame SET PARTITIONED BY (year(received), month(received), day(received))",
        "ALTER TABLE lake.frame SET SORTED BY (station ASC, received ASC)",
    ),
    "reader_position": (
        "CREATE TABLE lake.reader_position (stream VARCHAR, incarnation TIMESTAMPTZ, last_seq UBIGINT)",
    ),
}


# One datastream is read at a time: a point read then opens one small row group a file.
_ROW_GROUP: Final = "CALL lake.set_option('parquet_row_group_size', 16384)"


class LakeError(RuntimeError):
    """The lake cannot be opened or does not answer; the message is Chinese and says how to mend it."""


def missing_tables(cursor: duckdb.DuckDBPyConnection) -> list[str]:
    """Tables of the lake that do not exist yet."""
    found = {
        row[0]
        for row in cursor.execute("SELECT table_name FROM duckdb_tables() WHERE database_name = 'lake'").fetchall()
    }
    return [name for name in _CREATE if name not in found]


def create_tables(cursor: duckdb.DuckDBPyConnection) -> None:
    """Create what is missing, all in one transaction: two roles that start together leave one lake."""
    if not missing_tables(cursor):
        return
    cursor.execute(_ROW_GROUP)  # refused inside the transaction of the tables
    try:
        cursor.execute("BEGIN")
        for name in missing_tables(cursor):
            for statement in _CREATE[name]:
                cursor.execute(statement)
        cursor.execute("COMMIT")
    except duckdb.Error:
        cursor.execute("ROLLBACK")
        if missing_tables(cursor):
            raise

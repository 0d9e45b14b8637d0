"""One datastream's history out of 10 M rows: our lake against DuckDB's own table, unsorted, same rows and threads.

Run: `python -m benchmarks.history [rows]`. Prints lines of JSON (`benchmarks.result`): milliseconds, median of 20
datastreams. Bars: 50 ms, and no slower than the peer.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Final

import duckdb
import pyarrow as pa

from benchmarks.result import tell
from yongzhou.core.home import Home
from yongzhou.core.lake import connect
from yongzhou.house.family import postgres_and_nats

ROWS: Final = 10_000_000
STREAMS: Final = 1000
DAYS: Final = 10
START: Final = datetime(2026, 6, 1, tzinfo=UTC)
BAR_MS: Final = 50.0

# as they arrive: by time, all datastreams interleaved
_DAY: Final = """
SELECT (i % {streams})::BIGINT AS datastream,
       TIMESTAMPTZ '{day}' + to_microseconds((i // {streams}) * (86400000000 // {each})) AS phenomenon,
       random() AS result, 1::TINYINT AS flag, i::UBIGINT AS seq, uuid() AS frame,
       TIMESTAMPTZ '{day}' + to_microseconds((i // {streams}) * (86400000000 // {each})) AS received,
       'synthetic' AS origin
FROM range({rows}) t(i)
"""


def timed(question: Callable[[int], pa.Table], rows: int) -> float:
    """Milliseconds of one question, median of 20 datastreams; each answer must have `rows` rows."""
    spent = []
    for stream in range(0, STREAMS, STREAMS // 20):
        began = time.perf_counter()
        answer = question(stream)
        spent.append((time.perf_counter() - began) * 1000)
        if answer.num_rows != rows:
            raise RuntimeError(f"datastream {stream}: {answer.num_rows} rows, not {rows}")
    return median(spent)


def main(rows: int) -> None:
    """Fill both, ask both."""
    each = rows // DAYS // STREAMS
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder), int(os.environ.get("BENCH_PORT") or 9290))
        os.environ.pop("DATABASE", None)
        peer = duckdb.connect(f"{folder}/peer.duckdb", config={"threads": "1", "memory_limit": "1GB"})
        peer.execute(
            "CREATE TABLE observation (datastream BIGINT, phenomenon TIMESTAMPTZ, result DOUBLE, flag TINYINT,"
            " seq UBIGINT, frame UUID, received TIMESTAMPTZ, origin VARCHAR)"
        )
        with postgres_and_nats(home):
            lake = connect(home, memory="1GB")
            for day in range(DAYS):
                sql = _DAY.format(streams=STREAMS, each=each, rows=rows // DAYS, day=START + timedelta(days=day))
                with lake.cursor() as cursor:
                    cursor.execute(f"INSERT INTO lake.observation {sql}")
                peer.execute(f"INSERT INTO observation {sql}")
            end = START + timedelta(days=DAYS)
            columns = "datastream, phenomenon, result, flag, origin, frame, received, seq"

            def native(stream: int, until: datetime) -> pa.Table:
                sql = f"SELECT {columns} FROM observation WHERE datastream = ? AND phenomenon >= ? AND phenomenon < ?"
                answer: pa.Table = peer.execute(sql, [stream, START, until]).to_arrow_table()
                return answer

            for name, until, count in (
                ("history of one datastream, all", end, each * DAYS),
                ("history of one datastream, one day", START + timedelta(days=1), each),
            ):
                theirs = timed(lambda stream, until=until: native(stream, until), count)  # type: ignore[misc]
                ours = timed(lambda stream, until=until: lake.history([stream], START, until), count)  # type: ignore[misc]
                what = f"{name}, {rows:,} rows"
                tell(what, ours=ours, peer=theirs, ratio=ours / theirs, bar="ratio <= 1.0", unit="ms")
                tell(f"{what}, as such", ours=ours, peer=None, ratio=None, bar=f"ours <= {BAR_MS}", unit="ms")
            lake.close()
        peer.close()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ROWS)

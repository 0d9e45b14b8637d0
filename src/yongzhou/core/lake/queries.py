"""Questions to the lake. Every answer is an Arrow table; `frame` is the text of a UUID."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from typing import Final
from uuid import UUID

import duckdb
import pyarrow as pa

from yongzhou.core.lake.tables import OBSERVATION

# Buckets start at midnight in Asia/Shanghai (no summer time in the years that the city measures).
MIDNIGHT: Final = datetime(2000, 1, 1, tzinfo=timezone(timedelta(hours=8)))

# A device sends a moment again (overlapping reports, corrections): what was received last holds.
_ONE_A_MOMENT = "QUALIFY row_number() OVER (PARTITION BY datastream, phenomenon ORDER BY received DESC, seq DESC) = 1"

_HISTORY = """
SELECT datastream, phenomenon, result, flag, origin, frame, received, seq FROM lake.observation
WHERE datastream IN {datastreams} AND phenomenon >= ? AND phenomenon < ?
{one_a_moment} ORDER BY datastream, phenomenon
"""
_STEPS = """
WITH rows AS (
  SELECT datastream, phenomenon, result, flag, origin FROM lake.observation
  WHERE datastream IN {datastreams} AND phenomenon >= ? AND phenomenon < ? {one_a_moment}
)
SELECT datastream, time_bucket(to_seconds(?), phenomenon, ?::TIMESTAMPTZ) AS bucket,
       min(result) FILTER (flag < 4) AS min, avg(result) FILTER (flag < 4) AS avg, max(result) FILTER (flag < 4) AS max,
       arg_max(result, phenomenon) FILTER (flag < 4) AS last,
       count(*) FILTER (flag < 4) AS valid, count(*) AS received, list_sort(list_distinct(list(origin))) AS origins
FROM rows GROUP BY ALL ORDER BY datastream, bucket
"""
_COUNTS = """
SELECT datastream, count(*) AS rows, count(*) FILTER (flag < 4) AS valid,
       min(phenomenon) AS first, max(phenomenon) AS last
FROM lake.observation WHERE phenomenon >= ? AND phenomenon < ? {only} GROUP BY datastream ORDER BY datastream
"""


class QueriesMixin:
    """Read methods of `Lake`."""

    @contextmanager
    def cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Given by `Lake`."""
        raise NotImplementedError
        yield

    def _ask(self, sql: str, parameters: Sequence[object] = ()) -> pa.Table:
        with self.cursor() as cursor:
            answer: pa.Table = cursor.execute(sql, list(parameters)).to_arrow_table()
        return answer

    def history(
        self,
        datastreams: Sequence[int],
        start: datetime,
        end: datetime,
        step: float | None = None,
        *,
        origin: datetime = MIDNIGHT,
    ) -> pa.Table:
        """Observations of some datastreams in [start, end), ordered by datastream and time, one a moment.

        Without `step`: datastream, phenomenon, result, flag, origin, frame, received, seq.
        With `step` (seconds): datastream, bucket (its start; buckets count from `origin`), min, avg, max, last,
        valid, received (numbers of observations), origins. Failed and missing values (flag 4, 9) count as
        received, never as valid; a bucket without any observation is no row.
        """
        listed = _numbers(datastreams)
        if step is None:
            return self._ask(_HISTORY.format(datastreams=listed, one_a_moment=_ONE_A_MOMENT), [start, end])
        if step <= 0:
            raise ValueError("step is a positive number of seconds")
        return self._ask(_STEPS.format(datastreams=listed, one_a_moment=_ONE_A_MOMENT), [start, end, step, origin])

    def frames(self, ids: Sequence[UUID | str]) -> pa.Table:
        """Raw frames by identity: the columns of table `frame`."""
        return self._ask(
            "SELECT * FROM lake.frame WHERE list_contains(?::UUID[], frame) ORDER BY received", [[str(i) for i in ids]]
        )

    def frames_of(self, station: str, limit: int = 20, *, door: str | None = None) -> pa.Table:
        """Last raw frames of a station by its address, newest first."""
        return self._ask(
            "SELECT * FROM lake.frame WHERE station = ? AND door = coalesce(?, door) "
            "ORDER BY received DESC, seq DESC LIMIT ?",
            [station, door, limit],
        )

    def last_identities(self, per_station: int = 8, *, reach: timedelta = timedelta(days=2)) -> pa.Table:
        """door, station, frame (16 bytes) of the last frames a station, oldest first: what a reader must know again.

        Only frames received within `reach` before the newest one.
        """
        table = self._ask(
            "SELECT door, station, frame FROM lake.frame WHERE received >= (SELECT max(received) FROM lake.frame) - ? "
            "QUALIFY row_number() OVER (PARTITION BY door, station ORDER BY seq DESC, received DESC) <= ? "
            "ORDER BY seq, received",
            [reach, per_station],
        )
        return _with_bytes(table)

    def since(self, seq: int, until: int, *, received_from: datetime) -> pa.Table:
        """Observations (schema `OBSERVATION`), seq < sequence <= until, received since `received_from`, in order."""
        table = self._ask(
            "SELECT datastream, phenomenon, result, flag, seq, frame, received, origin FROM lake.observation "
            "WHERE seq > ? AND seq <= ? AND received >= ? ORDER BY seq",
            [seq, until, received_from],
        )
        return _with_bytes(table).cast(OBSERVATION)

    def counts(self, start: datetime, end: datetime, datastreams: Sequence[int] | None = None) -> pa.Table:
        """Per datastream in [start, end): datastream, rows, valid (flag < 4), first, last (phenomenon times)."""
        only = "" if datastreams is None else f"AND datastream IN {_numbers(datastreams)}"
        return self._ask(_COUNTS.format(only=only), [start, end])

    def total(self) -> int:
        """Number of observations in the lake."""
        return int(self._ask("SELECT count(*) AS n FROM lake.observation")["n"][0].as_py())


def _numbers(datastreams: Sequence[int]) -> str:
    """An SQL list of whole numbers; written out because DuckLake prunes files by constants only."""
    return "(" + ", ".join(str(int(number)) for number in datastreams) + ")" if datastreams else "(NULL)"


def _with_bytes(table: pa.Table) -> pa.Table:
    """The same table with `frame` as 16 bytes instead of text."""
    identities = pa.array([UUID(text).bytes for text in table["frame"].to_pylist()], pa.binary(16))
    return table.set_column(table.schema.get_field_index("frame"), "frame", identities)

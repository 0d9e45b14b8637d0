"""Observations from the lake: bounded questions with parameters, one answer for all datastreams of a page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

import duckdb

from yongzhou.core.catalogue.reader import reader
from yongzhou.core.data.actor import Actor
from yongzhou.core.lake import LakeError
from yongzhou.core.operations.problem import Problem
from yongzhou.core.things.models import Datastream, Latest
from yongzhou.portals.sensorthings.kinds import KINDS
from yongzhou.portals.sensorthings.lake_terms import DATASTREAMS_MAX, compiled, listed
from yongzhou.portals.sensorthings.options import OptionError, Options, Order

Row = dict[str, object]
COUNT_STOP: Final = 10_000
_WINDOWS: Final = (timedelta(days=2), timedelta(days=40))  # newest first: most answers lie in the last days
_COLUMNS: Final = ("datastream", "phenomenon", "result", "flag", "origin", "frame", "received")
# as core.lake.queries: a device sends a moment again, what was received last holds
_MOMENTS: Final = """
WITH moments AS (
  SELECT datastream, phenomenon, result, flag, origin, frame, received FROM lake.observation
  WHERE datastream IN {numbers} AND phenomenon >= ? AND phenomenon < ?
  QUALIFY row_number() OVER (PARTITION BY datastream, phenomenon ORDER BY received DESC, seq DESC) = 1
)
"""
_ORDERED: Final = {
    "phenomenonTime": "phenomenon", "resultTime": "received", "result": "result", "resultQuality": "flag",
    "id": "phenomenon", "@iot.id": "phenomenon",
}  # fmt: skip


@contextmanager
def _asking() -> Iterator[duckdb.DuckDBPyConnection]:
    try:
        with reader() as cursor:
            yield cursor
    except LakeError as error:
        raise Problem("lake", str(error), status=503) from error
    except duckdb.InterruptException as error:
        raise Problem(
            "slow", "查询超过 20 秒（query took too long）", status=503, remedy="请缩短 phenomenonTime 的范围"
        ) from error
    except (duckdb.ConversionException, duckdb.OutOfRangeException, duckdb.BinderException) as error:
        raise Problem("filter", "$filter 的值不能用于此属性（value does not fit the property）", status=400) from error


def _rows(sql: str, parameters: Sequence[object]) -> list[Row]:
    with _asking() as cursor:
        found = cursor.execute(sql, list(parameters)).fetchall()
    return [dict(zip(_COLUMNS, row, strict=True)) for row in found]


def order_sql(order: Sequence[Order]) -> tuple[str, bool, bool]:
    """ORDER BY text, whether it is by phenomenon time alone, and whether that falls; the newest first by default."""
    if not order:
        return "phenomenon DESC, datastream DESC", True, True
    parts = []
    for one in order:
        column = _ORDERED.get("/".join(one.path))
        if column is None:
            raise OptionError(
                "$orderby",
                f"不能按 {'/'.join(one.path)[:60]} 排序，可用：{'、'.join(_ORDERED)}",
                "cannot order by this",
            )
        parts.append(f"{column} {'DESC' if one.descending else 'ASC'} NULLS LAST")
    alone = len(order) == 1 and _ORDERED["/".join(order[0].path)] == "phenomenon"
    parts.append(f"datastream {'DESC' if order[0].descending else 'ASC'}")
    return ", ".join(parts), alone, order[0].descending


def page(numbers: Sequence[int], options: Options, actor: Actor, after: tuple[datetime, int] | None) -> list[Row]:
    """Up to `top` + 1 observations of some datastreams, in order; `after` is the last one of the page before."""
    if not numbers:
        return []
    asked = compiled(options.filter, actor)
    ordered, alone, falls = order_sql(options.order)
    sql, parameters, start, end = asked.sql, list(asked.parameters), asked.start, asked.end
    if after is not None:
        sign = "<" if falls else ">"
        sql = f"({sql}) AND (phenomenon, datastream) {sign} (CAST(? AS TIMESTAMPTZ), CAST(? AS BIGINT))"
        parameters += after
        start, end = (start, min(end, after[0] + timedelta(microseconds=1))) if falls else (max(start, after[0]), end)
    wanted = options.top + 1
    moments = _MOMENTS.format(numbers=listed(numbers))
    question = f"{moments} SELECT * FROM moments WHERE {sql} ORDER BY {ordered} LIMIT ? OFFSET ?"
    if alone and falls:
        newest = min(end, _newest(numbers))
        for reach in _WINDOWS:
            if newest - reach <= start:
                break
            rows = _rows(question, [newest - reach, end, *parameters, wanted, options.skip])
            if len(rows) >= wanted:
                return rows
    return _rows(question, [start, end, *parameters, wanted, options.skip])


def _newest(numbers: Sequence[int]) -> datetime:
    if len(numbers) > 1_000:
        return datetime.now(UTC)
    found = Latest.objects.filter(datastream__in=numbers).order_by("-phenomenon").values_list("phenomenon", flat=True)
    return found[0] if found else datetime.now(UTC)


def count(numbers: Sequence[int], options: Options, actor: Actor) -> tuple[int, bool]:
    """How many observations fulfil the filter, counted up to 10,000; whether there are more."""
    if not numbers:
        return 0, False
    asked = compiled(options.filter, actor)
    if options.filter is None:
        chosen = listed(numbers)
        sql = f"SELECT DISTINCT datastream, phenomenon FROM lake.observation WHERE datastream IN {chosen} LIMIT ?"
        parameters: list[object] = [COUNT_STOP + 1]
    else:
        moments = _MOMENTS.format(numbers=listed(numbers))
        sql = f"{moments} SELECT datastream, phenomenon FROM moments WHERE {asked.sql} LIMIT ?"
        parameters = [asked.start, asked.end, *asked.parameters, COUNT_STOP + 1]
    with _asking() as cursor:
        row = cursor.execute(f"SELECT count(*) FROM ({sql})", parameters).fetchone()
    found = int(row[0]) if row else 0
    return min(found, COUNT_STOP), found > COUNT_STOP


def of_each(numbers: Sequence[int], options: Options, actor: Actor) -> Mapping[int, list[Row]]:
    """For each datastream up to `top` + 1 observations: from the latest values where only the newest is asked."""
    if not numbers:
        return {}
    ordered, alone, falls = order_sql(options.order)
    if options.top == 1 and alone and falls and options.filter is None and not options.skip:
        return {row.datastream: [_of_latest(row)] for row in Latest.objects.filter(datastream__in=numbers)}
    asked = compiled(options.filter, actor)
    sql = (
        f"{_MOMENTS.format(numbers=listed(numbers))} SELECT * FROM moments WHERE {asked.sql} "
        f"QUALIFY row_number() OVER (PARTITION BY datastream ORDER BY {ordered}) BETWEEN ? AND ? ORDER BY {ordered}"
    )
    first = options.skip + 1
    found: dict[int, list[Row]] = {}
    for row in _rows(sql, [asked.start, asked.end, *asked.parameters, first, first + options.top]):
        found.setdefault(int(str(row["datastream"])), []).append(row)
    return found


def _of_latest(row: Latest) -> Row:
    return {name: getattr(row, name) for name in _COLUMNS}


def one(number: int, phenomenon: datetime) -> Row | None:
    """One observation by its identity."""
    sql = f"{_MOMENTS.format(numbers=listed([number]))} SELECT * FROM moments"
    rows = _rows(sql, [phenomenon, phenomenon + timedelta(microseconds=1)])
    return rows[0] if rows else None


def numbers_of(actor: Actor, **where: object) -> list[int]:
    """Numbers of the datastreams that an actor may see."""
    kind = KINDS["Datastreams"]
    assert kind.rows is not None
    found = kind.rows(actor).filter(**where).order_by().values_list("number", flat=True)[: DATASTREAMS_MAX + 1]
    numbers: list[int] = list(found)
    if len(numbers) > DATASTREAMS_MAX:
        raise Problem(
            "query",
            f"请先用 Datastream/… 缩小到 {DATASTREAMS_MAX} 个数据流以内（narrow by Datastream first）",
            status=400,
        )
    return numbers


def thing_of(numbers: Sequence[int]) -> Mapping[int, UUID]:
    """Thing of each datastream."""
    return dict(Datastream.objects.filter(number__in=numbers).values_list("number", "thing_id"))

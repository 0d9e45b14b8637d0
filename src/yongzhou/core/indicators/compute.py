"""Compute an indicator: its SQL on today's resources, its readings upserted, changes told to the screens."""

from __future__ import annotations

import logging
import time
from datetime import datetime

import duckdb
import pyarrow as pa
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from yongzhou.core.bus.live import publish_live
from yongzhou.core.catalogue.reader import bind, reader
from yongzhou.core.catalogue.resources import CatalogueError
from yongzhou.core.indicators.definition import Indicator, indicators
from yongzhou.core.indicators.models import Run

logger = logging.getLogger(__name__)

_UPSERT = """
insert into core_reading (indicator, period, region, value, numerator, denominator, origin, computed_at, revision)
select %s, u.*, %s, 1
from unnest(%s::timestamptz[], %s::text[], %s::float8[], %s::float8[], %s::float8[], %s::text[]) as u
on conflict (indicator, region, period) do update set value = excluded.value, numerator = excluded.numerator,
    denominator = excluded.denominator, origin = excluded.origin, computed_at = excluded.computed_at,
    revision = core_reading.revision + 1
where (core_reading.value, core_reading.numerator, core_reading.denominator, core_reading.origin)
    is distinct from (excluded.value, excluded.numerator, excluded.denominator, excluded.origin)
"""


def compute(indicator: Indicator, *, now: datetime | None = None) -> int:
    """Compute one indicator and store its readings; returns how many rows changed. An error is kept with the run."""
    at = now or timezone.now()
    started = time.perf_counter()
    try:
        with reader() as cursor:
            table = cursor.execute(
                f"select period, region, value, numerator, denominator, origin from ({bind(indicator.sql)})"
                " where period is not null"
            ).to_arrow_table()
        changed = _store(indicator, at, started, table)
    except (duckdb.Error, CatalogueError, DatabaseError) as error:  # one wrong indicator never stops the others
        logger.warning("indicator %s: %s", indicator.name, error)
        _note(indicator, at, started, rows=0, error=str(error)[:2000])
        return 0
    if changed:
        publish_live("indicator", {"key": indicator.name, "at": at.isoformat()})
    return changed


def _store(indicator: Indicator, at: datetime, started: float, table: pa.Table) -> int:
    columns = {name: table[name].to_pylist() for name in table.column_names}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            _UPSERT,
            [
                indicator.name,
                at,
                columns["period"],
                columns["region"],
                columns["value"],
                columns["numerator"],
                columns["denominator"],
                [origin or "measured" for origin in columns["origin"]],
            ],
        )
        changed: int = cursor.rowcount
        _note(indicator, at, started, rows=table.num_rows, error="")
    return changed


def _note(indicator: Indicator, at: datetime, started: float, *, rows: int, error: str) -> None:
    values: dict[str, object] = {
        "at": at,
        "milliseconds": (time.perf_counter() - started) * 1000,
        "rows": rows,
        "error": error,
    }
    if not error:
        values["good_at"] = at
    Run.objects.update_or_create(indicator=indicator.name, defaults=values)


def refresh_due(now: datetime | None = None) -> list[str]:
    """Compute what is due by its refresh period; returns the names."""
    at = now or timezone.now()
    last = dict(Run.objects.values_list("indicator", "at"))
    due = [
        indicator
        for indicator in indicators().values()
        if indicator.name not in last or at - last[indicator.name] >= indicator.refresh
    ]
    for indicator in due:
        compute(indicator, now=at)
    return [indicator.name for indicator in due]

"""Counting wrong tries in the database, for all processes together; see `domain.delays` for the pace."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from django.db import connection, transaction

from yongzhou.core.crypto import blind
from yongzhou.core.people.domain.delays import Pace
from yongzhou.core.people.models import Tries

FORGOTTEN: Final = timedelta(hours=24)  # a counter that nobody touched for so long starts anew


def key(kind: str, *parts: str) -> str:
    """The name of a counter; what was typed for a name may be anything and is kept only as a blind index."""
    return blind("|".join(f"{len(part)}:{part}" for part in (kind, *parts)), "tries")


def begin(counters: Mapping[str, Pace], now: datetime) -> timedelta:
    """Count one try under all counters and return nothing to wait, or the longest wait and count nothing.

    The try is counted before it is looked at, so that many at once cannot outrun the count; `succeeded` takes it back.
    """
    with transaction.atomic():
        known = {row.key: row for row in Tries.objects.select_for_update().filter(key__in=counters).order_by("key")}
        wait = timedelta(0)
        for name, pace in counters.items():
            row = known.get(name)
            if row is not None and now - row.at < FORGOTTEN:
                wait = max(wait, row.at + pace.wait(row.failures) - now)
        if wait > timedelta(0):
            return wait
        with connection.cursor() as cursor:
            cursor.executemany(
                "insert into people_tries (key, failures, at) values (%s, 1, %s) on conflict (key) do update set "
                "failures = case when people_tries.at < %s then 1 else people_tries.failures + 1 end, "
                "at = excluded.at",
                [(name, now, now - FORGOTTEN) for name in sorted(counters)],
            )
    return timedelta(0)


def succeeded(counters: Mapping[str, Pace]) -> None:
    """Forget the wrong tries under these counters."""
    Tries.objects.filter(key__in=counters).delete()


def prune(now: datetime) -> int:
    """Drop counters that count no more."""
    return Tries.objects.filter(at__lt=now - FORGOTTEN).delete()[0]

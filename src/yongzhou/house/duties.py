"""The worker's duties for the house itself: maintain the lake, make the coming months' partitions."""

from __future__ import annotations

from contextlib import closing
from datetime import date
from typing import Final

import psycopg

from yongzhou.core.home import Home
from yongzhou.core.jobs import every
from yongzhou.core.lake import connect
from yongzhou.core.lake.catalogue import facts
from yongzhou.core.lake.maintenance import AT_LATEST, YOUNG_FILES

KEYS_DAYS: Final = 30  # a client that repeats itself later than that acts anew
QUEUE_DAYS: Final = 7
KEPT_S: Final = 900.0  # snapshots that maintenance keeps for readers: `maintenance.KEEP`


@every(30.0, "house.lake")
def maintain_lake() -> None:
    """Merge, flush, expire and delete, when there are many young files or the oldest snapshot is old enough."""
    home = Home.here()
    with psycopg.connect(home.dsn(), autocommit=True, application_name="yz lake duty") as connection:
        lake = facts(connection)
    if lake is None or (lake.young <= YOUNG_FILES and lake.oldest_snapshot_s < AT_LATEST + KEPT_S):
        return
    with closing(connect(home, memory="256MB")) as opened:
        opened.maintain(force=True)


@every(6 * 3600.0, "house.partitions")
def partitions_ahead() -> None:
    """History's partitions of this month and the next two: a house that is never restarted needs them too."""
    from django.db import connection

    from yongzhou.core.data.history import partition_sql

    today = date.today()
    for ahead in range(3):
        month = today.month - 1 + ahead
        with connection.cursor() as cursor:
            cursor.execute(partition_sql(today.year + month // 12, month % 12 + 1))


@every(24 * 3600.0, "house.prune")
def forget_what_is_over() -> None:
    """Rows that nobody asks for any more: answers to idempotency keys, ended sessions, finished queue entries."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("delete from core_answer where at < now() - make_interval(days => %s)", [KEYS_DAYS])
        cursor.execute("delete from django_session where expire_date < now()")
        cursor.execute(
            "delete from procrastinate_jobs j where status in ('succeeded', 'cancelled', 'aborted')"
            " and not exists (select from procrastinate_events e where e.job_id = j.id"
            " and e.at > now() - make_interval(days => %s))",
            [QUEUE_DAYS],
        )

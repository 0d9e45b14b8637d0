"""PostgreSQL and what waits in it: outbox, dead letters, quarantine, jobs, seals, duties, WAL. No Django.

One connection.
A table that is not there yet (a house that was never prepared) makes its figures 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import psycopg
from psycopg import sql

from yongzhou.core.home import Home
from yongzhou.core.lake.catalogue import LakeFacts
from yongzhou.core.lake.catalogue import facts as lake_facts

CONNECT_S: Final = 3
_SERVER: Final = """
select current_setting('server_version'), (select count(*) from pg_stat_activity where backend_type = 'client backend'),
    current_setting('max_connections')::int, pg_database_size(current_database()),
    (select coalesce(sum(size), 0) from pg_ls_waldir()),
    (select coalesce(max(extract(epoch from now() - xact_start)), 0) from pg_stat_activity
        where xact_start is not null and backend_type = 'client backend' and pid <> pg_backend_pid()),
    (select coalesce(failed_count, 0) from pg_stat_archiver),
    (select coalesce(extract(epoch from now() - last_archived_time), -1) from pg_stat_archiver),
    current_setting('archive_mode'), (select count(*) from pg_stat_replication where state = 'streaming'),
    (select coalesce(max(pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn)), 0) from pg_stat_replication),
    current_setting('data_checksums'), (select datcollate from pg_database where datname = current_database()),
    current_setting('fsync'), (select coalesce(sum(checksum_failures), 0) from pg_stat_database)
"""
# name: (table, expression) - one number each, 0 where the table is not there
_WAITING: Final = {
    "outbox": ("core_outbox", "count(*)"),
    "outbox_age_s": ("core_outbox", "coalesce(extract(epoch from now() - min(at)), 0)"),
    "dead_letters": ("core_dead_letter", "count(*) filter (where state = 'parked')"),
    "retrying": ("core_dead_letter", "count(*) filter (where state = 'retrying')"),
    "quarantine": ("core_quarantine", "count(*) filter (where state = 'open')"),
    "jobs_queued": ("core_job_run", "count(*) filter (where state = 'queued')"),
    "jobs_failed_day": (
        "core_job_run",
        "count(*) filter (where state = 'failed' and finished_at > now() - interval '1 day')",
    ),
    "job_age_s": (
        "core_job_run",
        "coalesce(extract(epoch from now() - min(submitted_at) filter (where state = 'queued')), 0)",
    ),
    "failed_duties": ("core_duty", "count(*) filter (where error <> '')"),
    "obs_followed": ("telemetry_progress", "coalesce(max(last_seq) filter (where stream = 'OBS'), 0)"),
}
_UNSEALED: Final = """
select coalesce(extract(epoch from now() - min(l.at)), 0), count(*) from core_audit_line l
where l.tx > coalesce((select last_tx from core_audit_block order by number desc limit 1), -1)
"""
_DUTIES: Final = "select name, extract(epoch from now() - started_at)::float8, error <> '' from core_duty order by name"


@dataclass(frozen=True, slots=True)
class DatabaseFacts:
    """One database; ages in seconds, sizes in bytes."""

    version: str
    connections: int
    max_connections: int
    bytes: int
    wal_bytes: int
    longest_transaction_s: float
    archive_failures: int
    archived_ago_s: float  # -1: never
    archiving: bool
    standbys: int
    standby_lag_bytes: int
    checksums: bool
    locale: str
    fsync: bool
    checksum_failures: int
    waiting: dict[str, float]
    unsealed: int
    unsealed_age_s: float
    duties: dict[str, tuple[float, bool]]  # name: (seconds since its last start, whether it failed)
    migrations: int
    lake: LakeFacts | None


def facts(home: Home) -> DatabaseFacts:
    """Ask the database of a home; `psycopg.OperationalError` if it does not answer."""
    with psycopg.connect(
        home.dsn(), autocommit=True, connect_timeout=CONNECT_S, application_name="yz observe"
    ) as connection:
        connection.execute("set statement_timeout = '5s'")
        return _facts(connection)


def _facts(connection: psycopg.Connection[tuple[object, ...]]) -> DatabaseFacts:
    row = connection.execute(_SERVER).fetchone()
    assert row is not None
    number = [float(str(value)) if index not in (0, 8, 11, 12, 13) else 0.0 for index, value in enumerate(row)]
    tables = {
        str(name) for (name,) in connection.execute("select tablename from pg_tables where schemaname = 'public'")
    }
    unsealed = (0.0, 0)
    if "core_audit_block" in tables and (found := connection.execute(_UNSEALED).fetchone()):
        unsealed = (float(str(found[0])), int(str(found[1])))
    duties = connection.execute(_DUTIES).fetchall() if "core_duty" in tables else []
    return DatabaseFacts(
        version=str(row[0]),
        connections=int(number[1]),
        max_connections=int(number[2]),
        bytes=int(number[3]),
        wal_bytes=int(number[4]),
        longest_transaction_s=number[5],
        archive_failures=int(number[6]),
        archived_ago_s=number[7],
        archiving=row[8] == "on",
        standbys=int(number[9]),
        standby_lag_bytes=int(number[10]),
        checksums=row[11] == "on",
        locale=str(row[12]),
        fsync=row[13] == "on",
        checksum_failures=int(number[14]),
        waiting=_waiting(connection, tables),
        unsealed=unsealed[1],
        unsealed_age_s=unsealed[0],
        duties={str(name): (float(str(age)), bool(failed)) for name, age, failed in duties},
        migrations=_count(connection, "django_migrations", "count(*)") if "django_migrations" in tables else 0,
        lake=lake_facts(connection),
    )


def _waiting(connection: psycopg.Connection[tuple[object, ...]], tables: set[str]) -> dict[str, float]:
    return {
        name: _count(connection, table, expression) if table in tables else 0
        for name, (table, expression) in _WAITING.items()
    }


def _count(connection: psycopg.Connection[tuple[object, ...]], table: str, expression: str) -> int:
    statement = sql.SQL("select {} from {}").format(sql.SQL(expression), sql.Identifier(table))
    row = connection.execute(statement).fetchone()
    return int(float(str(row[0]))) if row else 0

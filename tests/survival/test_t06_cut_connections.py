"""T6: all connections to PostgreSQL are cut every 2 s; few requests suffer, jobs end once."""

from __future__ import annotations

import time

import psycopg
import pytest

from tests.survival.city import City, until
from tests.survival.clerk import Clerks

pytestmark = pytest.mark.family

CUTS = 10
EVERY_S = 2.0
JOBS = 8


def cut(city: City) -> int:
    """End every backend of the house's database but our own; how many there were."""
    with psycopg.connect(city.home.dsn(), autocommit=True) as database:
        found = database.execute(
            "select count(pg_terminate_backend(pid)) from pg_stat_activity"
            " where datname = current_database() and pid <> pg_backend_pid() and usename = current_user"
        ).fetchone()
    return int(found[0]) if found else 0


def test_few_requests_fail_and_every_job_ends_once(city: City) -> None:
    jobs = city.inside("submit", "survival.count", JOBS)
    ended = 0
    with Clerks(city, 3, pause=0.02) as clerks:
        for _ in range(CUTS):
            time.sleep(EVERY_S)
            ended += cut(city)
    failed = sum(status == 0 or status >= 500 for status in clerks.statuses)
    print(f"{ended} connections cut, {failed} of {len(clerks.statuses)} requests failed")
    assert not clerks.failures
    assert failed <= max(1, len(clerks.statuses) // 100)
    state = "select count(*) from core_job_run where id = any(%s::uuid[]) and state = 'done'"
    until(lambda: city.one(state, jobs) == JOBS, 60, "all jobs are done")
    steps = city.sql(
        "select key, count(*) from survival_note where kind = 'job' and split_part(key, ' ', 1) = any(%s) group by 1",
        jobs,
    )
    assert len(steps) == JOBS * 10
    assert {count for _, count in steps} == {1}

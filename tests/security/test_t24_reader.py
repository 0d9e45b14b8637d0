"""T24: the SQL of an indicator reads the lake and `share.*`; it writes nothing, opens no file, and ends in time."""

from __future__ import annotations

import time

import duckdb
import pytest

from yongzhou.core.catalogue import reader as catalogue
from yongzhou.core.catalogue.resources import CatalogueError
from yongzhou.core.home import Home

HOME = Home.here()
REFUSED = [
    "create table shared.t (a int)",
    "create table lake.t (a int)",
    "create table shared.share.t (a int)",
    "insert into lake.frame select * from lake.frame",
    "delete from lake.observation",
    "drop table lake.observation",
    "select * from shared.public.people_login",
    "select * from shared.public.people_person",
    "select * from postgres_query('shared', 'select * from public.people_login')",
    "select * from postgres_query('shared', 'select * from pg_authid')",
    "call postgres_execute('shared', 'create table share.t (a int)')",
    "select * from __ducklake_metadata_lake.public.people_login",
    "select * from postgres_query('__ducklake_metadata_lake', 'select name, password from public.people_login')",
    "call postgres_execute('__ducklake_metadata_lake', 'delete from public.people_login')",
    "select * from read_text('/etc/passwd')",
    "select * from read_csv('/etc/passwd')",
    "select * from read_blob('/etc/hostname')",
    f"select * from read_text('{HOME.data}/secrets/django')",
    f"select * from read_text('{HOME.lake}/../secrets/django')",
    "select * from glob('/etc/*')",
    "copy (select 1) to '/tmp/out_of_the_lake.csv'",
    "attach '/tmp/other.duckdb' as other",
    "attach '{dsn}' as owner (type postgres)",  # a test's name must not hold the owner's password
    "install httpfs",
    "load httpfs",
    "set enable_external_access = true",
    "set allowed_directories = ['/']",
    "set memory_limit = '100GB'",
]


@pytest.fixture(scope="module", autouse=True)
def closed(committed_db: str) -> object:
    catalogue.close_readers()
    yield
    catalogue.close_readers()


@pytest.mark.parametrize("sql", REFUSED)
def test_refused(sql: str) -> None:
    with catalogue.reader() as cursor, pytest.raises(duckdb.Error):
        cursor.execute(sql.replace("{dsn}", HOME.dsn())).fetchall()


def test_another_database_cannot_be_named() -> None:
    with pytest.raises(CatalogueError):
        catalogue.bind("select * from postgres_scan('host=10.0.0.1', 'public', 'people_login')")


def test_the_databases_of_the_session_tell_no_secret_of_the_owner() -> None:
    with catalogue.reader() as cursor:
        told = str(cursor.execute("select * from duckdb_databases()").fetchall())
        told += str(cursor.execute("select * from duckdb_settings()").fetchall())
    assert HOME.secret("postgres_yz_owner") not in told


def test_the_lake_and_what_is_shared_can_be_read() -> None:
    from yongzhou.core.lake import connect
    from yongzhou.core.lake.tests.test_lake import BORN, NONE, frames, many

    writer = connect(HOME)
    try:
        writer.append(many(2000), frames(["a"]), stream="OBS", incarnation=BORN, last_seq=1)  # a Parquet file
        writer.append(many(10), NONE, stream="OBS", incarnation=BORN, last_seq=2)  # rows kept in the catalogue
    finally:
        writer.close()
    with catalogue.reader() as cursor:
        assert cursor.execute("select count(*) from lake.observation").fetchone() == (2010,)
        assert cursor.execute(catalogue.bind("select count(*) from {{resource('places.place')}}")).fetchone()[0] > 3000


def test_a_query_that_does_not_end_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue, "SECONDS", 0.3)
    started = time.monotonic()
    with catalogue.reader() as cursor, pytest.raises(duckdb.Error):
        cursor.execute(
            "select count(*) from range(10000000) a, range(10000000) b where a.range * b.range % 7 = 3"
        ).fetchall()
    assert time.monotonic() - started < 5


def test_a_query_may_not_take_all_memory() -> None:
    with catalogue.reader() as cursor, pytest.raises(duckdb.Error):
        cursor.execute("select list(range) from range(400000000)").fetchall()

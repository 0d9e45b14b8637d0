"""Read shared resources with DuckDB as `yz_reader`, who sees `share.*` and the lake, and nothing else."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import duckdb
import psycopg

from yongzhou.core.catalogue.resources import CatalogueError, resource
from yongzhou.core.home import Home
from yongzhou.core.lake import Lake, LakeError, connect

_RESOURCE: Final = re.compile(r"\{\{\s*resource\('([a-z0-9_.]+)'\)\s*\}\}")
_ELSEWHERE: Final = re.compile(r"\bpostgres_\w+|\battach\b", re.IGNORECASE)  # not stopped by enable_external_access
SECONDS: Final = 20.0  # an expert's SQL stops after this

_lock = threading.Lock()
_lakes: dict[tuple[Home, str], Lake] = {}  # by home and database


def resources_of(sql: str) -> tuple[str, ...]:
    """Names of the resources that a SQL text reads, in order."""
    return tuple(dict.fromkeys(_RESOURCE.findall(sql)))


def bind(sql: str) -> str:
    """The SQL with its resources put in; `CatalogueError` for an unknown one, and for a way to another database."""
    if found := _ELSEWHERE.search(sql):
        raise CatalogueError(f"指标的 SQL 不能使用 {found.group()}；请用 {{{{resource('…')}}}}")
    return _RESOURCE.sub(lambda found: resource(found.group(1)).sql, sql)


@contextmanager
def reader(home: Home | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    """A read-only cursor on lake and shared views; a query is interrupted after `SECONDS`."""
    lake = _lake(home or Home.here())
    with lake.cursor() as cursor:
        timer = threading.Timer(SECONDS, cursor.interrupt)
        timer.start()
        try:
            yield cursor
        finally:
            timer.cancel()


def close_readers() -> None:
    """Let go of every lake and its connections to PostgreSQL."""
    with _lock:
        while _lakes:
            _lakes.popitem()[1].close()


class _AsReader(Home):
    """The same home, whose every connection to PostgreSQL is the reader's: also that to the lake's catalogue.

    DuckLake's catalogue is a database of its own inside DuckDB. Were it attached as the owner, any SQL could go
    through it to every table of the house.
    """

    __slots__ = ()

    def dsn(self, role: str = "yz_reader") -> str:
        """The reader's connection, whoever is asked for."""
        return super().dsn("yz_reader")


def _lake(home: Home) -> Lake:
    key = (home, home.database)
    with _lock:
        if key not in _lakes:
            guest = _AsReader(home.data, home.port, home.city)
            try:
                lake = connect(guest, read_only=True, memory="256MB")
            except LakeError:
                connect(home, memory="64MB").close()  # the first reader of a fresh city makes the tables
                _let_in(home)
                lake = connect(guest, read_only=True, memory="256MB")
            _lakes[key] = _locked(lake, guest)
        return _lakes[key]


def _let_in(home: Home) -> None:
    """The reader sees the lake's catalogue: what is there, and what DuckLake adds (a table for inlined rows)."""
    with psycopg.connect(home.dsn(), autocommit=True) as connection:
        connection.execute(
            "grant usage on schema lake to yz_reader; grant select on all tables in schema lake to yz_reader; "
            "alter default privileges in schema lake grant select on tables to yz_reader"
        )


def _locked(lake: Lake, guest: Home) -> Lake:
    """Attach what is shared, then close every way out: files beside the lake's, other databases, settings."""
    with lake.cursor() as cursor:
        dsn = guest.dsn().replace("'", "''")
        cursor.execute(f"ATTACH '{dsn}' AS shared (TYPE postgres, READ_ONLY, SCHEMA 'share')")
        folder = str(lake.root).replace("'", "''")
        cursor.execute(f"SET GLOBAL allowed_directories = ['{folder}/']")
        cursor.execute("SET GLOBAL enable_external_access = false")
        cursor.execute("SET GLOBAL lock_configuration = true")
    return lake

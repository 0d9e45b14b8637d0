"""Read shared resources with DuckDB as `yz_reader`, who sees `share.*` and the lake, and nothing else."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import duckdb

from yongzhou.core.catalogue.resources import resource
from yongzhou.core.home import Home
from yongzhou.core.lake import Lake, LakeError, connect

_RESOURCE: Final = re.compile(r"\{\{\s*resource\('([a-z0-9_.]+)'\)\s*\}\}")
SECONDS: Final = 20.0  # an expert's SQL stops after this

_lock = threading.Lock()
_lakes: dict[tuple[Home, str], Lake] = {}  # by home and database


def resources_of(sql: str) -> tuple[str, ...]:
    """Names of the resources that a SQL text reads, in order."""
    return tuple(dict.fromkeys(_RESOURCE.findall(sql)))


def bind(sql: str) -> str:
    """The SQL with its resources put in; `CatalogueError` for an unknown one."""
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


def _lake(home: Home) -> Lake:
    key = (home, home.database)
    with _lock:
        if key not in _lakes:
            try:
                lake = connect(home, read_only=True, memory="256MB")
            except LakeError:
                lake = connect(home, memory="256MB")  # the first reader of a fresh city makes the tables
            with lake.cursor() as cursor:
                dsn = home.dsn("yz_reader").replace("'", "''")
                cursor.execute(f"ATTACH '{dsn}' AS shared (TYPE postgres, READ_ONLY, SCHEMA 'share')")
            _lakes[key] = lake
        return _lakes[key]

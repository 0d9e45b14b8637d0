"""The one-shot `prepare` of a start: the whole of `yongzhou migrate`, unless nothing has changed since the last time.

Setting Django up and looking through schema and city costs seconds that a warm start need not spend. A stamp over the
code's and the city's files (path, size, time of change), the month and the version stands in the database itself, so a
restored or foreign database never matches by mistake.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Final

import psycopg

from yongzhou import __version__
from yongzhou.core.home import REPOSITORY, Home

PACKAGE: Final = Path(__file__).resolve().parents[1]
SUFFIXES: Final = (".py", ".sql", ".csv", ".yaml", ".dmn", ".bpmn", ".geojson", ".json")
_TABLE: Final = (
    "create table if not exists core_prepared (one boolean primary key default true check (one), stamp text)"
)
_KEEP: Final = "insert into core_prepared (stamp) values (%s) on conflict (one) do update set stamp = excluded.stamp"


def stamp(home: Home) -> str:
    """What a database must have been prepared with to need nothing today."""
    digest = hashlib.sha256(f"{__version__} {date.today():%Y-%m} {home.city}".encode())
    for path in sorted(_files(home)):
        status = path.stat()
        digest.update(f"{path} {status.st_size} {status.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def is_prepared(home: Home, wanted: str) -> bool:
    """Whether this home's database carries the stamp, and the start screen's file is there."""
    if not (home.data / "accounts.json").exists():
        return False
    with psycopg.connect(home.dsn(), autocommit=True, connect_timeout=10) as connection:
        there = connection.execute("select to_regclass('public.core_prepared')").fetchone()
        if there is None or there[0] is None:
            return False
        row = connection.execute("select stamp from core_prepared").fetchone()
    return row is not None and row[0] == wanted


def main() -> None:
    """Prepare if needed."""
    home = Home.here()
    wanted = stamp(home)  # before the work: a file that changes meanwhile is seen at the next start
    if is_prepared(home, wanted):
        print("库表与城市数据没有变化", file=sys.stderr)
        return
    from yongzhou.house.setup import start

    start("prepare")
    from yongzhou.house.prepare import prepare

    prepare(home)
    with psycopg.connect(home.dsn(), autocommit=True) as connection:
        connection.execute(_TABLE)
        connection.execute(_KEEP, [wanted])


def _files(home: Home) -> Iterator[Path]:
    for root in (PACKAGE, REPOSITORY / "schema", home.city_folder):
        for path in root.rglob("*"):
            if path.suffix in SUFFIXES and "tests" not in path.parts:
                yield path

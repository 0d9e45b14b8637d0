"""Real PostgreSQL and NATS for the tests of bus, audit and jobs: one home a test process, tables made by Django."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

import psycopg
import pytest
from django.apps import apps
from django.db import connection

from yongzhou.core.audit.install import INSTALL_SQL as AUDIT_SQL
from yongzhou.core.bus.connection import connect_patiently
from yongzhou.core.home import Home
from yongzhou.core.jobs.install import INSTALL_SQL as JOBS_SQL
from yongzhou.house.family import Family, State, postgres_and_nats
from yongzhou.house.settings import _database

FIRST_PORT = 9400
ROOMS = ("bus", "audit", "jobs", "operations")


_running: Family | None = None


@pytest.fixture(scope="session")
def family(tmp_path_factory: pytest.TempPathFactory, django_db_blocker) -> Iterator[Family]:
    """A pair of its own, since these tests kill it and fill its streams; nothing points to it outside of `home`.

    Several folders' conftest name this fixture; the first one starts the pair for all.
    """
    global _running
    if _running is not None:
        yield _running
        return
    number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    home = Home(data=tmp_path_factory.mktemp("home"), port=FIRST_PORT + 20 * number)
    with postgres_and_nats(home) as _running:
        with _pointing_to(home), django_db_blocker.unblock():
            _make_tables()
        yield _running
    _running = None


@contextmanager
def _pointing_to(home: Home) -> Iterator[None]:
    """Let environment (for child processes), `Home.here()` and Django mean this home."""
    was = connection.settings_dict.copy()
    with patch.dict(os.environ, {"DATA": str(home.data), "PORT": str(home.port)}):
        os.environ.pop("DATABASE", None)
        connection.close()
        connection.settings_dict.update(_database(Home.here().dsn()))
        try:
            yield
        finally:
            connection.close()
            connection.settings_dict.clear()
            connection.settings_dict.update(was)


def _make_tables() -> None:
    with connection.schema_editor() as editor:
        for room in ROOMS:
            for model in apps.get_app_config(room).get_models():
                editor.create_model(model)
    with connection.cursor() as cursor:
        for statement in (*AUDIT_SQL, *JOBS_SQL, *AUDIT_SQL, *JOBS_SQL):  # twice: installing again changes nothing
            cursor.execute(statement)
        cursor.execute("CREATE TABLE effect (id bigserial, event uuid, n bigint, by text)")


@pytest.fixture
def home(family: Family, django_db_blocker) -> Iterator[Home]:
    """Empty tables and streams on the running pair; here and in child processes."""
    with _pointing_to(family.home), django_db_blocker.unblock():
        _empty(family.home)
        yield family.home


def kill_and_wait(family: Family, name: str, seconds: float = 40.0) -> None:
    """SIGKILL a server and wait for its next life, patiently: tests kill more often than the family thinks sane."""
    family.kill(name)
    deadline = time.monotonic() + seconds
    while family.runs[name].state is not State.READY:
        assert time.monotonic() < deadline, f"{name} does not come back"
        time.sleep(0.05)


def _empty(home: Home) -> None:
    with psycopg.connect(home.dsn(), autocommit=True) as direct:
        tables = direct.execute(
            "SELECT string_agg(format('%I', tablename), ',') FROM pg_tables WHERE schemaname = 'public'"
            " AND (tablename LIKE 'core\\_%' OR tablename LIKE 'procrastinate\\_%' OR tablename = 'effect')"
        ).fetchone()[0]
        for state in ("DISABLE", "ENABLE"):
            for table in ("core_audit_line", "core_audit_block"):
                direct.execute(f"ALTER TABLE {table} {state} TRIGGER USER")
            if state == "DISABLE":
                direct.execute(f"TRUNCATE {tables} RESTART IDENTITY CASCADE")
    (home.data / "audit" / "head").unlink(missing_ok=True)
    asyncio.run(_drop_streams(home))


async def _drop_streams(home: Home) -> None:
    bus = await connect_patiently(home, "tests")
    for stream in await bus.jetstream().streams_info():
        await bus.jetstream().delete_stream(stream.config.name)
    await bus.close()


@pytest.fixture
def direct(home: Home) -> Iterator[psycopg.Connection]:
    """A database connection beside Django's."""
    with psycopg.connect(home.dsn(), autocommit=True) as connection:
        yield connection

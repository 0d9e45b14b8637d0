"""Databases of the test run: one cluster, a template keyed by the code that shapes it, a clone a worker."""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from yongzhou.core.home import REPOSITORY, Home
from yongzhou.house.family import postgres_and_nats

_family: Any = None


def pytest_configure(config: pytest.Config) -> None:
    """Start Django; the controller starts the real parts, workers find them running."""
    global _family
    import django

    django.setup()
    if hasattr(config, "workerinput") or config.option.collectonly:
        return
    _family = postgres_and_nats(Home.here())
    _family.__enter__()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the real parts after the last test."""
    global _family
    if _family is not None:
        _family.__exit__(None, None, None)
        _family = None


def _admin() -> psycopg.Connection[Any]:
    """The superuser: only he ends connections of others (a lake's readers) before a database is dropped."""
    home = Home.here()
    dsn = home.dsn("postgres").replace(f"dbname={home.database}", "dbname=postgres")
    return psycopg.connect(dsn, autocommit=True)


def _shape_key() -> str:
    digest = hashlib.sha256()
    src = REPOSITORY / "src" / "yongzhou"
    files = [
        *src.glob("core/**/*.py"),
        *src.glob("engines/*/*.py"),
        *src.glob("systems/*/*/*.py"),
        src / "house" / "prepare.py",
        *(REPOSITORY / "schema").glob("*.sql"),
        *(REPOSITORY / "cities").rglob("*.csv"),
        *(REPOSITORY / "cities").rglob("*.geojson"),
    ]
    names = (
        "models.py",
        "city.py",
        "install.py",
        "fields.py",
        "history.py",
        "share.py",
        "prepare.py",
        "record.py",
        "verbs.py",
    )
    for path in sorted(files):
        if path.suffix != ".py" or path.name in names or "models" in path.parts:
            digest.update(str(path).encode() + path.read_bytes())
    return digest.hexdigest()[:16]


@contextmanager
def _locked() -> Iterator[None]:
    path = Home.here().data / "template.lock"
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def template() -> str:
    """Name of a template database of today's shape with the city loaded; made once, then cloned."""
    name = f"template_{_shape_key()}"
    with _locked(), _admin() as admin:
        if admin.execute("select 1 from pg_database where datname = %s", [name]).fetchone():
            return name
        for (old,) in admin.execute("select datname from pg_database where datname like 'template\\_%'").fetchall():
            admin.execute(f'drop database "{old}" with (force)')
        admin.execute(f'create database "{name}_draft" owner yz_owner')
        before = os.environ["DATABASE"]
        os.environ["DATABASE"] = f"{name}_draft"
        try:
            _fill(f"{name}_draft")
        finally:
            os.environ["DATABASE"] = before
        admin.execute(f'alter database "{name}_draft" rename to "{name}"')
        return name


def _fill(name: str) -> None:
    from django.db import connections

    from yongzhou.house.prepare import prepare

    connection = connections["default"]
    connection.close()
    before = connection.settings_dict["NAME"]
    connection.settings_dict["NAME"] = name
    try:
        prepare(Home.here())
    finally:
        connection.close()
        connection.settings_dict["NAME"] = before


def clone(name: str) -> None:
    """A fresh database, as the template is."""
    source = template()
    with _admin() as admin:
        admin.execute(f'drop database if exists "{name}" with (force)')
        admin.execute(f'create database "{name}" template "{source}" owner yz_owner strategy file_copy')


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: Any) -> Iterator[None]:
    """Each worker's own clone."""
    from django.db import connections

    from yongzhou.house.setup import load_rooms

    with django_db_blocker.unblock():
        clone(Home.here().database)
        connections["default"].settings_dict["NAME"] = Home.here().database
        load_rooms()
    yield
    connections["default"].close()


@pytest.fixture(scope="module")
def committed_db(django_db_setup: None, django_db_blocker: Any) -> Iterator[str]:
    """A module's own database where transactions really commit; other processes may use it by `DATABASE`."""
    from django.db import connections

    from yongzhou.core.catalogue.reader import close_readers

    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    before, name = Home.here().database, f"test_committed_{worker}"
    connection = connections["default"]
    with django_db_blocker.unblock():
        clone(name)
        connection.close()
        connection.settings_dict["NAME"], os.environ["DATABASE"] = name, name
        try:
            yield name
        finally:
            close_readers()
            connection.close()
            connection.settings_dict["NAME"], os.environ["DATABASE"] = before, before


TEST_ROOT = Path(__file__).resolve().parents[1]

"""The baseline: found stale without a database, loaded without a migration left to run."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from yongzhou.core.home import Home
from yongzhou.house import schema
from yongzhou.house.family.postgres import OWNER, binary


def test_digest_follows_each_migration(tmp_path: Path) -> None:
    folder = tmp_path / "core" / "people" / "migrations"
    folder.mkdir(parents=True)
    (folder / "__init__.py").touch()
    (folder / "0001_initial.py").write_text("a = 1\n")
    before = schema.digest(tmp_path)
    assert schema.digest(tmp_path) == before
    (folder / "0001_initial.py").write_text("a = 2\n")
    assert schema.digest(tmp_path) != before


def test_digest_of_a_baseline(tmp_path: Path) -> None:
    path = tmp_path / "baseline.sql"
    assert schema.baseline_digest(path) is None
    path.write_text(f"-- Written by `yongzhou schema`; do not edit.\n-- digest: {'ab' * 32}\n\nselect 1;\n")
    assert schema.baseline_digest(path) == "ab" * 32
    path.write_text("select 1;\n")
    assert schema.baseline_digest(path) is None


def test_the_baseline_says_nothing_of_owners_rights_or_this_machine() -> None:
    text = schema.BASELINE.read_text(encoding="utf-8")
    for word in ("OWNER TO", "GRANT ", "REVOKE ", "\\restrict", "SET ", "yz_owner"):
        assert not any(line.startswith(word) or f" {word}" in line for line in text.splitlines()), word


@pytest.fixture
def empty_database() -> str:
    """An empty database of the test cluster."""
    name = "test_baseline"
    with _admin() as connection:
        connection.execute(sql.SQL("drop database if exists {}").format(sql.Identifier(name)))
        connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
    return name


def _admin() -> psycopg.Connection[tuple[object, ...]]:
    home = Home.here()
    return psycopg.connect(home.dsn().replace(f"dbname={home.database}", "dbname=yongzhou"), autocommit=True)


def test_loaded_it_leaves_no_migration_to_run(empty_database: str) -> None:
    home = Home.here()
    subprocess.run(
        [
            *(binary("psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", "--single-transaction", "-h", "127.0.0.1"),
            *("-p", str(home.port_of("postgres")), "-U", OWNER, "-f", str(schema.BASELINE), empty_database),
        ],
        check=True,
        env={"PGPASSWORD": home.secret(f"postgres_{OWNER}")},
        stdout=subprocess.DEVNULL,
    )
    variables = {**os.environ, "DATABASE": empty_database, "DJANGO_SETTINGS_MODULE": "yongzhou.house.settings"}
    command = [sys.executable, "-m", "django", "migrate", "--check", "--skip-checks", "-v", "0"]
    done = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr

"""A start on unchanged data skips the preparation; any change of code or city, or another database, does not."""

from __future__ import annotations

import os
import time
from pathlib import Path

import psycopg
import pytest

from yongzhou.core.home import Home
from yongzhou.house import prepared


@pytest.fixture
def home_with_accounts(home: Home, committed_db: str, tmp_path: Path) -> Home:
    """The test home's database below a data folder of its own."""
    own = Home(data=tmp_path, port=home.port)
    (tmp_path / "secrets").symlink_to(home.data / "secrets")
    (tmp_path / "accounts.json").write_text("[]")
    return own


def keep(home: Home, stamp: str) -> None:
    with psycopg.connect(home.dsn(), autocommit=True) as connection:
        connection.execute(prepared._TABLE)
        connection.execute(prepared._KEEP, [stamp])


def test_the_stamp_follows_the_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "models.py"
    file.write_text("a = 1")
    monkeypatch.setattr(prepared, "_files", lambda home: iter([file]))
    home = Home(data=tmp_path, port=1)
    before = prepared.stamp(home)
    assert prepared.stamp(home) == before
    os.utime(file, (time.time() + 5, time.time() + 5))
    assert prepared.stamp(home) != before
    assert prepared.stamp(Home(data=tmp_path, port=1, city="elsewhere")) != prepared.stamp(home)


def test_only_the_database_that_carries_the_stamp_is_prepared(home_with_accounts: Home) -> None:
    home = home_with_accounts
    assert not prepared.is_prepared(home, "one")
    keep(home, "one")
    assert prepared.is_prepared(home, "one")
    assert not prepared.is_prepared(home, "two")
    (home.data / "accounts.json").unlink()
    assert not prepared.is_prepared(home, "one")


def test_models_and_facts_are_among_the_files() -> None:
    found = {path.name for path in prepared._files(Home.here())}
    assert {"models.py", "baseline.sql", "grants.csv"} <= found

"""Real PostgreSQL and NATS for the whole test run; each worker has its own clone of a template database."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]

TEST_HOME = Path(os.environ.get("TEST_DATA") or ROOT / "build" / "test-home")
TEST_PORT = int(os.environ.get("TEST_PORT") or 8700)

os.environ["DATA"] = str(TEST_HOME)
os.environ["PORT"] = str(TEST_PORT)
os.environ["DATABASE"] = f"test_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yongzhou.house.settings")

pytest_plugins = ["yongzhou.testing", "tests.support.databases", "tests.support.fixtures", "tests.support.results"]


@pytest.fixture(scope="session")
def home() -> Iterator[object]:
    """The test run's home."""
    from yongzhou.core.home import Home

    return Home.here()

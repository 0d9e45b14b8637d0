from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from yongzhou.core.home import Home
from yongzhou.core.lake import Lake, connect
from yongzhou.house.family import postgres_and_nats

PORT = 9200 + 10 * int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:])


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """PostgreSQL and NATS of this module alone, on a fresh folder."""
    home = Home(data=Path(tmp_path_factory.mktemp("home")), port=PORT)
    with pytest.MonkeyPatch.context() as patch, postgres_and_nats(home):
        patch.setenv("DATABASE", "yongzhou")
        yield home


@pytest.fixture
def lake(home: Home) -> Iterator[Lake]:
    """An empty lake."""
    with psycopg.connect(home.dsn(), autocommit=True) as connection:
        connection.execute("DROP SCHEMA IF EXISTS lake CASCADE")
    shutil.rmtree(home.lake, ignore_errors=True)
    lake = connect(home)
    yield lake
    lake.close()

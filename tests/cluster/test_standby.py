"""The standby: what was committed on the primary is on it; promoted, it takes writes under the same address."""

from __future__ import annotations

import time
from collections.abc import Iterator

import psycopg
import pytest

from tests.support.homes import free_home
from yongzhou.core.home import Home
from yongzhou.house.cluster import standby
from yongzhou.house.cluster.plan import Plan
from yongzhou.house.cluster.roster import cluster_roster
from yongzhou.house.family import Family
from yongzhou.house.observe import database

pytestmark = pytest.mark.family


@pytest.fixture
def pair(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Home, Family]]:
    for name in ("DATABASE", "DATABASE_URL", "NATS_URL"):
        monkeypatch.delenv(name, raising=False)
    home = free_home(tmp_path_factory.mktemp("pair"))
    members = [member for member in cluster_roster(home) if member.name in ("postgres", "standby")]
    with Family(home, members) as family:
        monkeypatch.setenv("DATABASE_URL", Plan(home).database_url("yz_owner"))
        yield home, family


def test_a_lost_primary_costs_no_committed_row(pair: tuple[Home, Family]) -> None:
    home, family = pair
    with psycopg.connect(home.dsn(), autocommit=True) as connection:
        connection.execute("create table word (text text)")
        for number in range(50):
            connection.execute("insert into word values (%s)", [str(number)])
        assert connection.execute("show synchronous_standby_names").fetchone() == ("yz_standby",)
    assert database.facts(home).standbys == 1
    lost = family.runs["postgres"]
    lost.member = lost.member.__class__(
        name="postgres", title="", command=lambda home: ["false"]
    )  # its machine is gone
    family.kill("postgres")
    began = time.monotonic()
    standby.promote(home)
    with psycopg.connect(home.dsn(), autocommit=True) as connection:
        spent = time.monotonic() - began
        assert connection.execute("select count(*) from word").fetchone() == (50,)
        connection.execute("insert into word values ('after')")
    print(f"writes again after {spent:.1f} s")
    assert spent < 20

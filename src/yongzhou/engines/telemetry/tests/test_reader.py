"""The reader against real PostgreSQL, NATS and DuckDB, killed under load (T1, T2)."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from tests.support.homes import free_home
from yongzhou.core.home import Home
from yongzhou.core.lake import LakeError, connect
from yongzhou.engines.telemetry.tests.support import Publisher, ask, assert_all_once, start_reader
from yongzhou.house.family import postgres_and_nats

KILLS = int(os.environ.get("TELEMETRY_KILLS") or 5)
PREPARE = """
import django; django.setup()
from yongzhou.core.home import Home
from yongzhou.house.prepare import prepare
from yongzhou.engines.telemetry.tests.support import register_stations
prepare(Home.here(), city=False); register_stations({prefix!r})
"""


@pytest.mark.family
@pytest.mark.parametrize("victims", [("reader",), ("reader", "nats", "postgres")], ids="+".join)
def test_t1_t2_killed_under_load(victims: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """0 acknowledged frames lost, 0 doubled; bad ones in quarantine; latest values are the newest."""
    home, prefix = free_home(tmp_path / "home"), uuid4().hex[:8]
    for name, value in (("DATA", home.data), ("PORT", home.port), ("DATABASE", "yongzhou")):
        monkeypatch.setenv(name, str(value))
    with postgres_and_nats(home) as family:
        subprocess.run([sys.executable, "-c", PREPARE.format(prefix=prefix)], check=True)
        log = tmp_path / "reader.log"
        reader = start_reader(str(log))
        time.sleep(4)  # it makes the stream
        publisher = Publisher(home, prefix)
        thread = threading.Thread(target=publisher.run)
        thread.start()
        chance = random.Random(11)
        for turn in range(KILLS):
            time.sleep(chance.uniform(1.5, 4.0))
            victim = victims[turn % len(victims)]
            os.kill(reader.pid if victim == "reader" else family.pids()[victim], signal.SIGKILL)
            if victim == "reader":
                reader.wait()
                reader = start_reader(str(log))
        publisher.stop.set()
        thread.join()
        try:
            _settled(publisher, home)
        finally:
            reader.terminate()
            reader.wait(30)
            print(log.read_text()[-4000:])
        lake = connect(home)
        frames = assert_all_once(lake, publisher)
        lake.close()
        _assert_quarantine_and_latest(publisher, home)
        print(
            f"{KILLS} kills of {victims}: {frames} frames, {len(publisher.unknown)} unknown, {publisher.poison} poison"
        )


def _settled(publisher: Publisher, home: Home, seconds: float = 60) -> None:
    """Until as many frames as were acknowledged are in the lake, and the lake holds still."""
    until, before = time.monotonic() + seconds, -1
    while time.monotonic() < until:
        time.sleep(2)
        try:
            lake = connect(home, read_only=True)
        except LakeError:  # PostgreSQL is coming back
            continue
        (now,) = ask(lake, f"SELECT count(*) FROM lake.frame WHERE station LIKE '{publisher.prefix}%'")
        lake.close()
        if now == before and int(str(now)) >= len(publisher.acknowledged):
            return
        before = int(str(now))


def _assert_quarantine_and_latest(publisher: Publisher, home: Home) -> None:
    with psycopg.connect(home.dsn()) as connection:
        counted = "SELECT count(*) FROM core_quarantine WHERE station = %s"
        unknown = connection.execute(counted, [f"{publisher.prefix}xx"]).fetchone()
        poison = connection.execute("SELECT count(*) FROM core_quarantine WHERE source = 'telemetry'").fetchone()
        latest = dict(connection.execute("SELECT datastream, phenomenon FROM things_latest").fetchall())
    assert unknown == (len(publisher.unknown),)
    assert poison is not None
    assert poison[0] >= publisher.poison
    newest = {1_000_000 + 2 * int(station[-2:]): at for station, (at, _) in publisher.latest.items()}
    assert {number: latest[number] for number in newest} == newest

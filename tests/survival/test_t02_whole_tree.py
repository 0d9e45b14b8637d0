"""T2: kill -9 of the supervisor and all its members in the middle of ingest; after the next start the counts agree."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time

import pytest

from tests.survival.city import City, environment, until
from tests.survival.devices import ELEMENTS, Stations
from tests.survival.machine import Share
from yongzhou.core.home import REPOSITORY

pytestmark = pytest.mark.family

STATIONS = [f"0072{n:06d}" for n in range(40)]
INGEST_S = 5.0
START_S = 15.0  # of a machine of one's own


def test_counts_agree_after_the_whole_tree_was_killed(city: City) -> None:
    city.register(STATIONS, ELEMENTS)
    city.stop()
    tree = subprocess.Popen(
        [sys.executable, "-m", "tests.survival.tree", str(city.home.data), str(city.home.port)],
        cwd=REPOSITORY,
        env=environment(city.home),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert tree.stdout is not None
        pids = [int(pid) for pid in tree.stdout.readline().split()]
        with Stations(city.home, STATIONS, pause=0.02) as stations:
            time.sleep(INGEST_S)
            before = len(stations.acknowledged)
            tree.kill()
            for pid in pids:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            tree.wait()
            began, share = time.monotonic(), Share()
            city.start()
            took = (time.monotonic() - began) * share.ours()
            until(lambda: len(stations.acknowledged) > before, 20, "stations are answered again")
    finally:
        tree.kill()
        tree.communicate()
        if not city.family.is_alive():
            city.start()
    print(f"{before} frames before the kill, {len(stations.acknowledged)} in all, back after {took:.1f} s")
    assert not stations.failures
    assert took < START_S
    until(lambda: stations.acknowledged.keys() <= city.frames_in_lake("0072")[1], 30, "all frames are in the lake", 1.0)
    rows, identities = city.frames_in_lake("0072")
    assert rows == len(identities)
    with city.lake() as ask:
        observations, moments = ask(
            "SELECT count(*), count(DISTINCT (datastream, phenomenon)) FROM lake.observation"
            " WHERE frame IN (SELECT frame FROM lake.frame WHERE station LIKE '0072%')"
        )[0]
    assert observations == moments == rows * len(ELEMENTS)

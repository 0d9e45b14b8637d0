"""T7: a county behind a slow wire is cut off while its devices go on; the city has everything, in order, once.

300 ms of delay and a cut of a minute, with a server of the city killed meanwhile; under `make attack` only. Loss of
packets below TCP is only delay to it; the form under `tc netem` stands in deploy/cluster.md.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pytest
from nats.aio.client import Client
from nats.js import JetStreamContext

from tests.cluster.wire import Wire, wire
from tests.support.homes import free_home
from tests.support.longform import only_long
from yongzhou.core.bus.connection import connect
from yongzhou.core.home import Home
from yongzhou.core.streams import OBS, ensure_streams, listen_to
from yongzhou.house.cluster import bus
from yongzhou.house.cluster.plan import NODES, Plan
from yongzhou.house.cluster.roster import cluster_roster
from yongzhou.house.family import Family, Member
from yongzhou.house.family.probe import tcp
from yongzhou.house.family.roster import NATS

pytestmark = [pytest.mark.family, only_long]  # it waits most of a minute and times what it sees
T = TypeVar("T")
CUT_S = 60.0
RATE = 50  # messages a second
DELAY_S = 0.3


@dataclass
class Two:
    """The city's three servers, a county's one, the wire between them."""

    city: Home
    county: Home
    servers: Family
    line: Wire


def county_server(secret: str, port: int) -> Member:
    """The county's NATS, a leaf of the city through the wire."""

    def before(home: Home) -> None:
        (home.data / "nats.conf").write_text(bus.county(home, "county", f"127.0.0.1:{port}", secret))

    def command(home: Home) -> list[str]:
        return [str(Path(sys.executable).with_name("nats-server")), "-c", str(home.data / "nats.conf")]

    return Member(name="nats", title=NATS.title, command=command, before=before, ready=tcp("nats"))


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Two]:
    with pytest.MonkeyPatch.context() as patch, ExitStack() as stack:
        for name in ("DATABASE", "DATABASE_URL", "NATS_URL"):
            patch.delenv(name, raising=False)
        patch.setenv("NATS_REPLICAS", str(NODES))
        city = free_home(tmp_path_factory.mktemp("city"))
        servers = [member for member in cluster_roster(city) if member.name.startswith("nats")]
        family = stack.enter_context(Family(city, servers))
        line = stack.enter_context(wire(Plan(city).port("leaf"), delay_s=DELAY_S))
        county = free_home(tmp_path_factory.mktemp("county"))
        stack.enter_context(Family(county, [county_server(city.secret("nats_county"), line.port)]))
        yield Two(city, county, family, line)


@contextmanager
def replicas(number: int) -> Iterator[None]:
    before = os.environ["NATS_REPLICAS"]
    os.environ["NATS_REPLICAS"] = str(number)
    try:
        yield
    finally:
        os.environ["NATS_REPLICAS"] = before


async def on_city(home: Home) -> Client:
    """A connection to whichever server of the city answers."""
    os.environ["NATS_URL"] = Plan(home).nats_url
    try:
        return await connect(home, "test")
    finally:
        del os.environ["NATS_URL"]


async def patiently(work: Callable[[], Awaitable[T]], seconds: float = 30) -> T:
    """A cluster that has just begun, or lost a server, answers nobody for a moment."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return await work()
        except Exception:
            if time.monotonic() > deadline:
                raise
            await asyncio.sleep(0.2)


async def story(two: Two) -> tuple[list[str], list[str], float, int]:
    """What the county's door was told is stored; what the city has at the end; seconds to catch up; copies."""
    city, county = await on_city(two.city), await connect(two.county, "door")
    try:
        home_js, away_js = city.jetstream(timeout=3), county.jetstream(timeout=3)
        await patiently(lambda: ensure_streams(home_js))
        with replicas(1):
            await patiently(lambda: ensure_streams(away_js))
        await patiently(lambda: listen_to(home_js, ["county"]))
        stored: list[str] = []
        count = 0

        async def report(seconds: float) -> None:
            nonlocal count
            until = time.monotonic() + seconds
            while time.monotonic() < until:
                text = f"frame {count}"
                await away_js.publish("obs.sl651.0", text.encode(), headers={"Nats-Msg-Id": text})
                stored.append(text)
                count += 1
                await asyncio.sleep(1 / RATE)

        await report(1.0)
        await reached(home_js, len(stored))
        two.line.cut()
        before = len(stored)
        two.servers.kill("nats2")
        await report(CUT_S)
        backlog = len(stored) - await held(home_js)
        assert backlog > 0.8 * (len(stored) - before) > 5  # it was really cut off
        two.line.mend()
        began = time.monotonic()
        await reached(home_js, len(stored))
        spent = time.monotonic() - began
        info = await patiently(lambda: home_js.stream_info(OBS))
        there = [
            ((await home_js.get_msg(OBS, number)).data or b"").decode()
            for number in range(info.state.first_seq, info.state.last_seq + 1)
        ]
        return stored, there, spent, info.config.num_replicas or 0
    finally:
        await city.close()
        await county.close()


async def held(js: JetStreamContext) -> int:
    """Messages of OBS."""
    return int((await patiently(lambda: js.stream_info(OBS))).state.messages)


async def reached(js: JetStreamContext, number: int, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while await held(js) < number:
        assert time.monotonic() < deadline, "the city did not catch up"
        await asyncio.sleep(0.05)


def test_nothing_is_lost_and_the_order_is_kept(two: Two) -> None:
    stored, there, spent, copies = asyncio.run(story(two))
    print(f"{len(stored)} messages, {CUT_S:.0f} s cut, caught up in {spent:.1f} s, {copies} copies")
    assert there == stored
    assert copies == NODES
    reconnect_s = 1.0 + 2 * DELAY_S * 4  # the leaf's own pause and its handshake over a slow wire
    assert spent - reconnect_s - CUT_S / 5 <= 5.0  # at least five times real time


def test_a_county_cannot_reach_past_its_own(two: Two) -> None:
    """The city's leaf port asks for a secret."""
    two.line.mend()
    wrong = bus.county(two.county, "county", f"127.0.0.1:{two.line.port}", "guess")
    path = two.county.data / "wrong.conf"
    path.write_text(
        wrong.replace(f':{two.county.port_of("nats")}"', ':0"').replace(str(two.county.data / "nats"), str(path) + ".d")
    )
    server = subprocess.Popen(
        [str(Path(sys.executable).with_name("nats-server")), "-c", str(path), "-p", "-1", "-m", "0"],
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert server.stderr is not None
        deadline = time.monotonic() + 15
        for line in server.stderr:
            if "uthorization" in line or "uthentication" in line:
                break
            assert time.monotonic() < deadline
    finally:
        server.kill()
        server.wait()

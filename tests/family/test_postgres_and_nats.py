"""The two real parts, alone: how fast, how safe, who gets in, what a kill does."""

from __future__ import annotations

import asyncio
import json
import time
import urllib.request
from collections.abc import Iterator

import nats
import psycopg
import pytest
from nats.errors import Error as NatsError

from tests.support.homes import free_home
from yongzhou.core.home import Home
from yongzhou.house.family import DataInUse, Family, PortsInUse, postgres_and_nats

pytestmark = pytest.mark.family


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Family]:
    home = free_home(tmp_path_factory.mktemp("pair"))
    (home.data / "postgres.half-made" / "base").mkdir(parents=True)  # an initdb that was killed
    began = time.monotonic()
    with postgres_and_nats(home) as family:
        family.first_seconds = time.monotonic() - began  # type: ignore[attr-defined]
        yield family


@pytest.fixture
def home(pair: Family) -> Home:
    return pair.home


def test_first_start_is_quick_and_no_half_made_cluster_is_left(pair: Family, home: Home) -> None:
    assert pair.first_seconds < 15  # type: ignore[attr-defined]
    assert not (home.data / "postgres.half-made").exists()


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("fsync", "on"),
        ("synchronous_commit", "on"),
        ("full_page_writes", "on"),
        ("data_checksums", "on"),
        ("unix_socket_directories", ""),
        ("listen_addresses", "127.0.0.1"),
        ("lc_ctype", "C.UTF-8"),
        ("TimeZone", "UTC"),
    ],
)
def test_setting(home: Home, setting: str, value: str) -> None:
    with psycopg.connect(home.dsn()) as db:
        query = "SELECT datctype FROM pg_database WHERE datname = current_database()"
        if setting != "lc_ctype":
            query = f"SELECT current_setting('{setting}')"
        assert db.execute(query).fetchone() == (value,)


def test_trigrams_see_chinese(home: Home) -> None:
    with psycopg.connect(home.dsn()) as db:
        db.execute("CREATE EXTENSION pg_trgm")
        row = db.execute("SELECT cardinality(show_trgm('永州市'))").fetchone()
        assert row is not None
        assert row[0] >= 3


def test_owner_makes_databases_and_reader_makes_nothing(home: Home) -> None:
    with psycopg.connect(home.dsn(), autocommit=True) as db:
        db.execute("CREATE DATABASE clone TEMPLATE yongzhou")
        db.execute("DROP DATABASE clone")
    with psycopg.connect(home.dsn("yz_reader")) as db, pytest.raises(psycopg.errors.InsufficientPrivilege):
        db.execute("CREATE TABLE public.mine (a int)")


def test_wrong_password_is_refused(home: Home) -> None:
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(home.dsn().replace(home.secret("postgres_yz_owner"), "guess"))


def test_jetstream_syncs_each_message_and_mqtt_is_shut(home: Home) -> None:
    url = f"http://127.0.0.1:{home.port_of('nats_monitor')}/jsz"
    with urllib.request.urlopen(url, timeout=5) as answer:
        assert json.load(answer)["config"]["sync_always"] is True
    with pytest.raises(ConnectionRefusedError):
        asyncio.run(asyncio.wait_for(asyncio.open_connection("127.0.0.1", home.port_of("mqtt")), 5))


async def answered(bus: nats.NATS) -> None:
    """Wait until a refusal, if any, has come: the client tells it a moment after the server's answer."""
    for _ in range(3):
        await bus.flush()
        await asyncio.sleep(0.05)


@pytest.mark.parametrize(
    ("user", "subject", "allowed"),
    [
        ("house", "ev.core.matter.opened", True),
        ("gateway", "obs.sl651.0", True),
        ("gateway", "ev.core.matter.opened", False),
        ("gateway", "$JS.API.STREAM.DELETE.OBS", False),
        ("live", "live.alarms", False),
    ],
)
def test_right_to_publish(home: Home, user: str, subject: str, allowed: bool) -> None:
    async def publish() -> list[str]:
        refused: list[str] = []

        async def heard(error: Exception) -> None:
            refused.append(str(error))

        bus = await nats.connect(home.nats_url, user=user, password=home.secret(f"nats_{user}"), error_cb=heard)
        await bus.publish(subject, b"x")
        await answered(bus)
        await bus.close()
        return refused

    refused = asyncio.run(publish())
    assert bool(refused) is not allowed, refused


def test_live_hears_live_only(home: Home) -> None:
    async def listen() -> list[str]:
        refused: list[str] = []

        async def heard(error: Exception) -> None:
            refused.append(str(error))

        bus = await nats.connect(home.nats_url, user="live", password=home.secret("nats_live"), error_cb=heard)
        await bus.subscribe("live.>")
        await answered(bus)
        assert not refused
        await bus.subscribe("ev.>")
        await answered(bus)
        await bus.close()
        return refused

    assert asyncio.run(listen())


def test_bus_refuses_a_wrong_password(home: Home) -> None:
    with pytest.raises((NatsError, TimeoutError)):
        asyncio.run(
            nats.connect(home.nats_url, user="house", password="guess", allow_reconnect=False, connect_timeout=2)
        )


def test_killed_database_comes_back_with_its_rows(pair: Family, home: Home) -> None:
    with psycopg.connect(home.dsn(), autocommit=True) as db:
        db.execute("CREATE TABLE kept (a int)")
        db.execute("INSERT INTO kept VALUES (42)")
        old = pair.kill("postgres")
    pair.wait_ready("postgres", timeout=20)
    assert pair.pids()["postgres"] != old
    with psycopg.connect(home.dsn()) as db:
        assert db.execute("SELECT a FROM kept").fetchone() == (42,)


def test_killed_bus_keeps_acknowledged_messages(pair: Family, home: Home) -> None:
    async def send() -> None:
        bus = await nats.connect(home.nats_url, user="house", password=home.secret("nats_house"), allow_reconnect=False)
        stream = bus.jetstream()
        await stream.add_stream(name="KEPT", subjects=["kept.>"])
        for number in range(20):
            await stream.publish("kept.a", str(number).encode())
        pair.kill("nats")
        await bus.close()

    async def count() -> int:
        bus = await nats.connect(home.nats_url, user="house", password=home.secret("nats_house"))
        info = await bus.jetstream().stream_info("KEPT")
        await bus.close()
        return int(info.state.messages)

    asyncio.run(send())
    pair.wait_ready("nats", timeout=10)
    assert asyncio.run(count()) == 20


def test_second_family_on_the_same_data_is_refused(pair: Family, home: Home) -> None:
    with pytest.raises(DataInUse, match="已有一个家族在运行"):
        postgres_and_nats(home).start()
    assert set(pair.pids()) == {"postgres", "nats"}


def test_port_in_use_names_the_holder_and_proposes_another_block(
    home: Home, pair: Family, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = postgres_and_nats(Home(data=tmp_path_factory.mktemp("other"), port=home.port))
    with pytest.raises(PortsInUse, match=r"nats-server \d+[\s\S]*make run PORT=\d+"):
        other.start()
    assert pair.is_alive()

"""A home with PostgreSQL table, NATS, MQTT port and door process, all real; devices are paho-mqtt clients."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import socket
import subprocess
import sys
import threading
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import nats as nats_py
import paho.mqtt.client as paho
import psycopg
import pyarrow as pa
from nats.js.errors import NotFoundError

from yongzhou.core import wire
from yongzhou.core.home import Home
from yongzhou.core.streams import ensure_streams
from yongzhou.gateways.kit.commands import Command, subject
from yongzhou.house.family import nats

HOST = "127.0.0.1"


def scrypt(secret: str) -> str:
    """A hash in Django's text form, cheap."""
    raw = hashlib.scrypt(secret.encode(), salt=b"salt", n=1024, r=8, p=1, dklen=64)
    return f"scrypt$1024$salt$8$1${b64encode(raw).decode()}"


class House:
    """NATS of a home as the family starts it; `jetstream` changes its settings."""

    def __init__(self, home: Home, **jetstream: object) -> None:
        self.home, self.jetstream = home, jetstream
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.home.data.mkdir(parents=True, exist_ok=True)
        settings = json.loads(nats.configuration(self.home))
        settings["jetstream"].update(self.jetstream)
        (self.home.data / "nats.conf").write_text(json.dumps(settings))
        self.process = subprocess.Popen([*nats.command(self.home), "-l", str(self.home.data / "nats.log")])
        wait_port(self.home.port_of("nats"))

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    async def connect(self) -> nats_py.NATS:
        return await nats_py.connect(self.home.nats_url, user="house", password=self.home.secret("nats_house"))

    def ask(self, what):
        """Run `what(jetstream)` as the house."""

        async def run():
            bus = await self.connect()
            try:
                return await what(bus.jetstream())
            finally:
                await bus.close()

        return asyncio.run(run())

    def frames(self) -> list[dict[str, object]]:
        """Rows of OBS."""

        async def read(js):
            try:
                last = (await js.stream_info(wire.STREAM)).state.last_seq
            except NotFoundError:
                return []
            tables = [wire.decode((await js.get_msg(wire.STREAM, n)).data or b"") for n in range(1, last + 1)]
            return pa.concat_tables(tables).to_pylist() if tables else []

        return self.ask(read)

    def last(self, stream: str, subject: str) -> dict[str, object] | None:
        """The newest message of a subject, read as JSON; None if there is none."""

        async def read(js):
            try:
                return json.loads((await js.get_last_msg(stream, subject)).data)
            except NotFoundError:
                return None

        return self.ask(read)


class DoorProcess:
    """The door as its own process."""

    def __init__(self, home: Home, database: str, **environment: str) -> None:
        self.environment = {
            **os.environ,
            "DATA": str(home.data),
            "PORT": str(home.port),
            "DATABASE_URL": database,
            **environment,
        }
        self.log = home.data / "mqtt.log"
        self.start()

    def start(self) -> None:
        before = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "yongzhou.gateways.mqtt"], env=self.environment, stderr=log, stdout=log
            )
        until(lambda: b"answers logins" in self.log.read_bytes()[before:], 30)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


class Device:
    """A paho client; `acknowledged` are the payloads whose PUBACK came."""

    def __init__(self, home: Home, name: str, secret: str = "", client_id: str | None = None) -> None:
        self._acknowledged: list[int] = []
        self.refused: list[str] = []
        self.connected = threading.Event()
        self._sent: dict[int, bytes] = {}
        self.client = paho.Client(paho.CallbackAPIVersion.VERSION2, client_id=client_id or name, clean_session=False)
        self.client.username_pw_set(name, secret or f"secret of {name}")
        self.client.reconnect_delay_set(1, 1)
        self.client.on_connect = self._connect
        self.client.on_publish = self._published
        self.client.connect_async(HOST, home.port_of("mqtt"))
        self.client.loop_start()

    def _connect(self, client, data, flags, code, properties):
        if code.is_failure:
            self.refused.append(str(code))
        else:
            self.connected.set()

    def _published(self, client, data, mid, code, properties):
        self._acknowledged.append(mid)

    @property
    def acknowledged(self) -> list[bytes]:
        return [self._sent[mid] for mid in list(self._acknowledged)]

    def report(self, topic: str, payload: bytes | str) -> None:
        raw = payload.encode() if isinstance(payload, str) else payload
        self._sent[self.client.publish(topic, raw, qos=1).mid] = raw

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


def wait_port(port: int, seconds: float = 15.0) -> None:
    until(lambda: _answers(port), seconds)


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0


def until(true, seconds: float = 15.0) -> None:
    """Wait until `true()`; AssertionError if it does not become so."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


@contextmanager
def credentials(admin: str, name: str, devices: dict[str, str]) -> Iterator[str]:
    """Connection string of a database with the table of credentials."""
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(f'drop database if exists "{name}" with (force)')
        connection.execute(f'create database "{name}"')
    dsn = psycopg.conninfo.make_conninfo(admin, dbname=name)
    with psycopg.connect(dsn) as connection:
        connection.execute(
            "create table iot_sensing_devicecredential(name text unique, secret_hash text, revoked_at timestamptz)"
        )
        connection.execute(
            "create table iot_sensing_command"
            "(id uuid primary key, state text, expires timestamptz, sent_at timestamptz)"
        )
        with connection.cursor() as cursor:
            cursor.executemany(
                "insert into iot_sensing_devicecredential values (%s, %s)", [(n, scrypt(s)) for n, s in devices.items()]
            )
    yield dsn
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(f'drop database if exists "{name}" with (force)')


def revoke(dsn: str, device: str) -> None:
    with psycopg.connect(dsn) as connection:
        connection.execute("update iot_sensing_devicecredential set revoked_at = now() where name = %s", [device])


def queue_command(house: House, dsn: str, device: str, *, seconds: float = 60.0, copies: int = 1) -> Command:
    """A command as the house queues it: its row, then its message."""
    command = Command(uuid4(), device, "valve", {"open": True}, soon(seconds), "431102", "synthetic")
    with psycopg.connect(dsn) as connection:
        connection.execute("insert into iot_sensing_command values (%s, 'queued', %s)", [command.id, command.expires])

    async def publish(js):
        await ensure_streams(js)
        for _ in range(copies):
            await js.publish(subject("mqtt", device), command.wire())

    house.ask(publish)
    return command


def soon(seconds: float) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=seconds)


def state_of(dsn: str, command: Command) -> str:
    with psycopg.connect(dsn) as connection:
        row = connection.execute("select state from iot_sensing_command where id = %s", [command.id]).fetchone()
    return str(row[0]) if row else ""


__all__ = ["Device", "DoorProcess", "House", "Path", "credentials", "revoke", "until"]

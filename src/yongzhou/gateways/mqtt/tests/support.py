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
from pathlib import Path

import nats as nats_py
import paho.mqtt.client as paho
import psycopg
import pyarrow as pa
from nats.js.errors import NotFoundError

from yongzhou.core import wire
from yongzhou.core.home import Home
from yongzhou.gateways.mqtt import door
from yongzhou.gateways.mqtt.settings import MORE_RIGHTS, with_callout
from yongzhou.house.family import nats

HOST = "127.0.0.1"


def scrypt(secret: str) -> str:
    """A hash in Django's text form, cheap."""
    raw = hashlib.scrypt(secret.encode(), salt=b"salt", n=1024, r=8, p=1, dklen=64)
    return f"scrypt$1024$salt$8$1${b64encode(raw).decode()}"


class House:
    """NATS of a home as the family starts it, with the callout in its configuration."""

    def __init__(self, home: Home, **jetstream: object) -> None:
        self.home, self.jetstream = home, jetstream
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.home.data.mkdir(parents=True, exist_ok=True)
        settings = with_callout(self.home, json.loads(nats.configuration(self.home)))
        settings["jetstream"].update(self.jetstream)
        gateway = next(user for user in settings["authorization"]["users"] if user["user"] == "gateway")
        gateway["permissions"]["publish"] += [
            right for right in MORE_RIGHTS if right not in gateway["permissions"]["publish"]
        ]
        (self.home.data / "nats.conf").write_text(json.dumps(settings))
        log = str(self.home.data / "nats.log")
        self.process = subprocess.Popen([*nats.command(self.home), "-l", log])
        wait_port(self.home.port_of("mqtt" if "mqtt" in settings else "nats"))

    def open_mqtt(self, max_bytes: int = door.MAX_BYTES) -> None:
        """As at a first start: without MQTT, the one-shot, again with MQTT."""
        self.start()

        async def make() -> None:
            bus = await self.connect()
            await door.ensure(bus.jetstream(), max_bytes)
            await bus.close()

        asyncio.run(make())
        self.kill()
        self.start()

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

    def waiting(self) -> int:
        """Messages in the queue of MQTT."""

        async def read(js):
            return (await js.stream_info(door.STREAM)).state.messages

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


__all__ = ["Device", "DoorProcess", "House", "Path", "credentials", "revoke", "until"]

"""The MQTT door against Debian's mosquitto: the same paho client, QoS 1, 60 bytes a message, alternating.

Ours flushes each message to disk before its PUBACK (`sync_interval: always`) and the door hands it on to OBS beside;
mosquitto runs with persistence as Debian ships it, which saves every half hour.

Run: `python -m benchmarks.mqtt`. Prints one line of JSON {name, ours, peer, ratio, bar}: acknowledged messages a
second; where mosquitto is not installed, {name, skipped}. `MOSQUITTO` names another binary.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import multiprocessing as mp
import os
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from base64 import b64encode
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Final

import nats as nats_client
import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from benchmarks.result import tell
from yongzhou.core.home import Home
from yongzhou.gateways.kit.limiter import Limiter
from yongzhou.gateways.kit.testing import free_home
from yongzhou.gateways.mqtt import door
from yongzhou.gateways.mqtt.server import listening
from yongzhou.gateways.mqtt.settings import with_callout
from yongzhou.house.family import nats

NAME: Final = "MQTT door, QoS 1 messages acknowledged a second, against mosquitto with the same client"
HOST: Final = "127.0.0.1"
DEVICE: Final = "bench-1"
MESSAGES: Final = int(os.environ.get("BENCH_MESSAGES") or 8_000)
ROUNDS: Final = 5
IN_FLIGHT: Final = 200
BAR: Final = 1.0
PAYLOAD: Final = b'{"t": "2026-06-18T03:06:05.000+08:00", "v": 12.345678901234}'


class OneDevice:
    """`Registry` of the one device of the run."""

    def __init__(self) -> None:
        raw = hashlib.scrypt(b"secret", salt=b"salt", n=1024, r=8, p=1, dklen=64)
        self._hash = f"scrypt$1024$salt$8$1${b64encode(raw).decode()}"

    async def hash_of(self, device: str) -> str | None:
        """Its hash."""
        return self._hash if device == DEVICE else None

    async def live(self, devices: Sequence[str]) -> set[str]:
        """It is never revoked."""
        return set(devices)


def load(port: int) -> float:
    """Acknowledged messages a second of one client with up to `IN_FLIGHT` unanswered."""
    client = paho.Client(CallbackAPIVersion.VERSION2, client_id=DEVICE)
    client.username_pw_set(DEVICE, "secret")
    client.max_inflight_messages_set(IN_FLIGHT)
    connected, done = threading.Event(), threading.Event()
    acknowledged = 0

    def published(*_: object) -> None:
        nonlocal acknowledged
        acknowledged += 1
        if acknowledged == MESSAGES:
            done.set()

    client.on_connect = lambda *answer: None if answer[3].is_failure else connected.set()
    client.on_publish = published
    client.connect_async(HOST, port)
    client.reconnect_delay_set(1, 1)  # our door may still be on its way up
    client.loop_start()
    if not connected.wait(20):
        raise RuntimeError(f"no login on port {port}")
    began = time.perf_counter()
    for _ in range(MESSAGES):
        client.publish(f"up/{DEVICE}/level", PAYLOAD, qos=1)
    if not done.wait(120):
        raise RuntimeError(f"{acknowledged} of {MESSAGES} acknowledged on port {port}")
    rate = MESSAGES / (time.perf_counter() - began)
    client.disconnect()
    client.loop_stop()
    return rate


def wait_for(port: int) -> None:
    """Until the port answers."""
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex((HOST, port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError(f"port {port} does not open")


def start_nats(home: Home) -> subprocess.Popen[bytes]:
    """NATS as the family starts it."""
    settings = with_callout(home, json.loads(nats.configuration(home)))
    (home.data / "nats.conf").write_text(json.dumps(settings))
    process = subprocess.Popen([*nats.command(home), "-l", str(home.data / "nats.log")])
    wait_for(home.port_of("mqtt" if "mqtt" in settings else "nats"))
    return process


def make_queue(home: Home) -> None:
    """Stream and consumer, before the MQTT port opens."""

    async def make() -> None:
        bus = await nats_client.connect(home.nats_url, user="house", password=home.secret("nats_house"))
        await door.ensure(bus.jetstream())
        await bus.close()

    asyncio.run(make())


def start_mosquitto(binary: str, folder: Path, port: int) -> subprocess.Popen[bytes]:
    """The peer, persistent, without a password check."""
    config = folder / "mosquitto.conf"
    config.write_text(
        f"listener {port} {HOST}\nallow_anonymous true\npersistence true\npersistence_location {folder}/\n"
        f"max_inflight_messages {IN_FLIGHT}\nmax_queued_messages 0\nlog_type error\n"
        f"user {os.environ.get('USER') or 'root'}\n"
    )
    process = subprocess.Popen([binary, "-c", str(config)])
    try:
        wait_for(port)
    except RuntimeError:
        process.kill()
        raise
    return process


def serve_door(folder: str, port: int) -> None:
    """Process of our door; ends with its parent's `terminate`."""

    async def run() -> None:
        async with listening(Home(data=Path(folder), port=port), OneDevice(), limiter=Limiter(rate=1e9, burst=1e9)):
            await asyncio.get_running_loop().create_future()

    asyncio.run(run())


def main() -> None:
    """Alternate the two brokers in one run; the ratio is the median of the pairs."""
    binary = os.environ.get("MOSQUITTO") or shutil.which("mosquitto") or shutil.which("/usr/sbin/mosquitto")
    if binary is None:
        print(json.dumps({"name": NAME, "skipped": "mosquitto is not installed (Debian: apt-get install mosquitto)"}))
        return
    ours: list[float] = []
    peer: list[float] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        home = free_home(folder)
        first = start_nats(home)
        make_queue(home)
        first.terminate()
        first.wait()
        ours_door = mp.get_context("spawn").Process(target=serve_door, args=(str(folder), home.port))
        started = [start_nats(home)]
        try:
            started.append(start_mosquitto(binary, folder, home.port))
            ours_door.start()
            for _ in range(ROUNDS):
                ours.append(load(home.port_of("mqtt")))
                peer.append(load(home.port))
        finally:
            if ours_door.pid is not None:
                ours_door.terminate()
                ours_door.join()
            for process in reversed(started):
                process.terminate()
                process.wait(timeout=20)
    tell(
        NAME,
        ours=median(ours),
        peer=median(peer),
        ratio=median(mine / other for mine, other in zip(ours, peer, strict=True)),
        bar=f"ratio >= {BAR}",
        unit="messages/s",
    )


if __name__ == "__main__":
    main()

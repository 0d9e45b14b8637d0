"""The MQTT door against Debian's mosquitto: the same paho client, QoS 1, 60 bytes a message, alternating.

Ours answers PUBACK when the message lies flushed in OBS (`sync_interval: always`), decoded and checked, so nothing is
left to do afterwards; mosquitto runs with persistence as Debian ships it, which saves every half hour: it answers from
memory and hands the message to nobody.

Run: `python -m benchmarks.mqtt`. Prints two lines of JSON {name, ours, peer, ratio, bar}, acknowledged messages a
second: as the house runs, and with equal guarantees, our bus flushing as seldom as the peer (no setting of the house,
only this measurement; see docs/decisions on MQTT). Where mosquitto is not installed, {name, skipped}. `MOSQUITTO`
names another binary.
"""

from __future__ import annotations

import asyncio
import gc
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
from uuid import UUID

import paho.mqtt.client as paho
import uvloop
from paho.mqtt.enums import CallbackAPIVersion

from benchmarks.result import tell
from yongzhou.core.home import Home
from yongzhou.gateways.kit.limiter import Limiter
from yongzhou.gateways.kit.testing import free_home
from yongzhou.gateways.mqtt.server import listening
from yongzhou.house.family import nats

NAME: Final = "MQTT door, QoS 1 messages acknowledged a second, against mosquitto with the same client"
HOST: Final = "127.0.0.1"
DEVICE: Final = "bench-1"
MESSAGES: Final = int(os.environ.get("BENCH_MESSAGES") or 8_000)
ROUNDS: Final = 5
IN_FLIGHT: Final = 200
BAR: Final = 1.0
FLUSHED: Final = "ours on disk before PUBACK, the peer in memory"
UNFLUSHED: Final = "equal guarantees, neither flushed before PUBACK"
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


class NoCommands:
    """`Claims` of a run in which nobody commands."""

    async def claim(self, command: UUID) -> bool:
        """Nothing is ever sent."""
        return False


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


def start_nats(home: Home, *, flushed: bool) -> subprocess.Popen[bytes]:
    """NATS as the family starts it, or with the flush of its own default (every two minutes)."""
    nats.before(home)
    if not flushed:
        path = home.data / "nats.conf"
        settings = json.loads(path.read_text())
        del settings["jetstream"]["sync_interval"]
        path.write_text(json.dumps(settings))
    process = subprocess.Popen([*nats.command(home), "-l", str(home.data / "nats.log")])
    wait_for(home.port_of("nats"))
    return process


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
        home, limiter = Home(data=Path(folder), port=port), Limiter(rate=1e9, burst=1e9)
        async with listening(home, OneDevice(), NoCommands(), limiter=limiter):
            await asyncio.get_running_loop().create_future()

    gc.freeze()  # as the role does
    gc.set_threshold(100_000, 20, 20)
    uvloop.run(run())


def alternate(binary: str, folder: Path, *, flushed: bool) -> tuple[list[float], list[float]]:
    """Rates of ours and of the peer, in turn."""
    ours: list[float] = []
    peer: list[float] = []
    folder.mkdir()
    home = free_home(folder)
    ours_door = mp.get_context("spawn").Process(target=serve_door, args=(str(folder), home.port))
    started = [start_nats(home, flushed=flushed)]
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
    return ours, peer


def main() -> None:
    """Alternate the two brokers in one run; the ratio is the median of the pairs."""
    binary = os.environ.get("MOSQUITTO") or shutil.which("mosquitto") or shutil.which("/usr/sbin/mosquitto")
    if binary is None:
        print(json.dumps({"name": NAME, "skipped": "mosquitto is not installed (Debian: apt-get install mosquitto)"}))
        return
    with tempfile.TemporaryDirectory() as name:
        for flushed, words in ((True, FLUSHED), (False, UNFLUSHED)):
            ours, peer = alternate(binary, Path(name) / words.split()[0], flushed=flushed)
            tell(
                f"{NAME}: {words}",
                ours=median(ours),
                peer=median(peer),
                ratio=median(mine / other for mine, other in zip(ours, peer, strict=True)),
                bar=f"ratio >= {BAR}",
                unit="messages/s",
            )


if __name__ == "__main__":
    main()

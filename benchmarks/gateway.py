"""The SL 651 door against a bare asyncio door that only answers, same bytes, same devices, one process each.

Both check the CRC and write the answer of each frame; ours also decodes, limits, batches and answers only after the
stream has stored the frame (`sync_interval: always`).

Run: `python -m benchmarks.gateway`. Prints one line of JSON {name, ours, peer, ratio, bar}: confirmed frames a second.
"""

from __future__ import annotations

import asyncio
import multiprocessing as mp
import os
import signal
import subprocess
import sys
import tempfile
import time
from datetime import datetime
from functools import partial
from pathlib import Path
from statistics import median
from typing import Final

from benchmarks.result import tell
from simulator.sl651_device import BEIJING, body, number, upward
from yongzhou.core.home import Home
from yongzhou.gateways.kit.testing import NatsServer, free_home
from yongzhou.gateways.sl651.answer import answer
from yongzhou.gateways.sl651.frame import crc16, frame_at

HOST: Final = "127.0.0.1"
DEVICES: Final = 2000
SECONDS: Final = float(os.environ.get("BENCH_SECONDS") or 2)
ROUNDS: Final = 5
BAR: Final = 0.7


def bytes_of_device(n: int) -> tuple[bytes, bytes]:
    """One report of device `n` and its answer."""
    now = datetime.now(BEIJING).replace(hour=0, minute=0, second=0)  # alike in all processes of the run
    station = f"00{n:08d}"
    elements = (
        number("20", 0.5, 3, 1) + number("26", 12.5, 3, 1) + number("39", 101.25, 4, 3) + number("38", 12.4, 2, 2)
    )
    raw = upward(0x32, station, body(n + 1, now, station, "H", now, elements))
    reply = answer(frame_at(raw))
    if reply is None:
        raise RuntimeError("a timed report is answered")
    return raw, reply


async def bare_answers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """The peer: asyncio streams, cut by length, check the CRC, echo the answer; decodes, limits and stores nothing."""
    try:
        while True:
            head = await reader.readexactly(14)
            rest = await reader.readexactly((head[11] << 8 | head[12]) + 3)
            frame = head + rest
            if crc16(frame[:-2]) != int.from_bytes(frame[-2:], "big"):
                break
            down = head[:2] + head[3:8] + head[2:3] + head[8:11] + b"\x80\x08\x02" + rest[:8] + b"\x1b"
            writer.write(down + crc16(down).to_bytes(2, "big"))
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    writer.close()


async def bare_door(port: int) -> None:
    """Serve for ever."""
    server = await asyncio.start_server(bare_answers, HOST, port, backlog=4096)
    await server.serve_forever()


def run_bare(port: int) -> None:
    """Process of the peer."""
    asyncio.run(bare_door(port))


class Reporter(asyncio.Protocol):
    """A device: sends the next report when the last is confirmed."""

    confirmed = 0

    def __init__(self, raw: bytes, reply: bytes) -> None:
        self.raw, self.reply, self.buffer = raw, reply, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """First report."""
        self.transport: asyncio.WriteTransport = transport  # type: ignore[assignment]
        self.transport.write(self.raw)

    def data_received(self, data: bytes) -> None:
        """Check the answer byte for byte, report again."""
        self.buffer += data
        if len(self.buffer) < len(self.reply):
            return
        if self.buffer != self.reply:
            raise RuntimeError(f"answer {self.buffer.hex()} is not {self.reply.hex()}")
        self.buffer = b""
        Reporter.confirmed += 1
        self.transport.write(self.raw)


async def load(port: int) -> float:
    """Confirmed frames a second of all devices, after half a second of warming up."""
    loop = asyncio.get_running_loop()
    transports = []
    for raw, reply in map(bytes_of_device, range(DEVICES)):
        transport, _ = await loop.create_connection(partial(Reporter, raw, reply), HOST, port)
        transports.append(transport)
    await asyncio.sleep(0.5)
    begin, before = time.perf_counter(), Reporter.confirmed
    await asyncio.sleep(SECONDS)
    rate = (Reporter.confirmed - before) / (time.perf_counter() - begin)
    for transport in transports:
        transport.abort()
    await asyncio.sleep(0.1)
    return rate


def start_gateway(home: Home) -> subprocess.Popen[bytes]:
    """Our door as its own process, the limit of one station lifted."""
    places = {"DATA": str(home.data), "PORT": str(home.port), "SL651_RATE": "1e9", "SL651_BURST": "1e9"}
    return subprocess.Popen(
        [sys.executable, "-m", "yongzhou.gateways.sl651"], env={**os.environ, **places}, stderr=subprocess.DEVNULL
    )


async def wait_for(port: int) -> None:
    """Until the port answers."""
    for _ in range(200):
        try:
            _, writer = await asyncio.open_connection(HOST, port)
        except OSError:
            await asyncio.sleep(0.05)
        else:
            writer.close()
            return
    raise RuntimeError(f"port {port} does not open")


def main() -> None:
    """Alternate the two doors in one run; the ratio is the median of the pairs."""
    ours: list[float] = []
    peer: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        home = free_home(Path(folder))
        nats = NatsServer(home)
        nats.start()
        gateway = start_gateway(home)
        bare = mp.get_context("spawn").Process(target=run_bare, args=(home.port,))
        bare.start()
        try:
            for _ in range(ROUNDS):
                for port, rates in ((home.port_of("sl651"), ours), (home.port, peer)):
                    asyncio.run(wait_for(port))
                    rates.append(asyncio.run(load(port)))
        finally:
            gateway.send_signal(signal.SIGTERM)
            gateway.wait(timeout=20)
            bare.terminate()
            bare.join()
            nats.stop()
    tell(
        "SL 651 door against a bare asyncio door on the same bytes",
        ours=median(ours),
        peer=median(peer),
        ratio=median(mine / other for mine, other in zip(ours, peer, strict=True)),
        bar=f"ratio >= {BAR}",
        unit="frames/s",
    )


if __name__ == "__main__":
    main()

"""`yongzhou telemetry`: the reader as a process, with its heartbeat."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from datetime import UTC, datetime
from typing import Final

import django
from nats.aio.client import Client
from pydantic import JsonValue

from yongzhou.core.bus.connection import connect_patiently
from yongzhou.core.bus.live import message
from yongzhou.core.home import Home
from yongzhou.engines.telemetry.reader import Reader

HEARTBEAT_S: Final = 5.0


def main() -> None:
    """Set Django up and read until SIGTERM or SIGINT."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yongzhou.house.settings")
    os.environ.setdefault("YZ_ROLE", "telemetry")
    django.setup()
    logging.getLogger("nats").setLevel(logging.WARNING)
    asyncio.run(run(Home.here()))


async def run(home: Home) -> None:
    """The reader on one home; Django is set up. Returns when the process is asked to end."""
    from yongzhou.engines.telemetry.stores import HouseStores  # needs the apps

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    bus = await connect_patiently(home, "telemetry")
    reader = Reader(home, bus, HouseStores())
    tasks = [asyncio.create_task(reader.run()), asyncio.create_task(_beat(bus, reader))]
    await stop.wait()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await bus.close()


async def _beat(bus: Client, reader: Reader) -> None:
    since = datetime.now(UTC).isoformat(timespec="seconds")
    while True:
        at = datetime.now(UTC).isoformat(timespec="milliseconds")
        body: dict[str, JsonValue] = {
            "role": "telemetry",
            "pid": os.getpid(),
            "since": since,
            "at": at,
            "tasks": reader.report(),
        }
        await bus.publish("live.role.telemetry", message("role.telemetry", body))
        await asyncio.sleep(HEARTBEAT_S)


if __name__ == "__main__":
    main()

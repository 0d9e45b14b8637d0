"""`yongzhou gateway mqtt`: the MQTT door as a process."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal

import uvloop

from yongzhou.core.home import Home
from yongzhou.gateways.kit.commands import HouseClaims
from yongzhou.gateways.kit.house import HouseTables
from yongzhou.gateways.kit.limiter import Limiter
from yongzhou.gateways.mqtt.registry import HouseRegistry
from yongzhou.gateways.mqtt.server import listening


async def run(home: Home) -> None:
    """Serve until SIGTERM or SIGINT.

    Environment: `MQTT_RATE` and `MQTT_BURST` (messages of one device per second and at once).
    """
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    defaults = Limiter()
    limiter = Limiter(
        rate=float(os.environ.get("MQTT_RATE") or defaults.rate),
        burst=float(os.environ.get("MQTT_BURST") or defaults.burst),
    )
    tables = HouseTables(home, "gateway-mqtt")
    async with listening(home, HouseRegistry(tables), HouseClaims(tables), limiter=limiter):
        await stop.wait()
    await tables.close()


def main() -> None:
    """Entry point of the role `mqtt`."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    gc.freeze()
    gc.set_threshold(100_000, 20, 20)
    uvloop.run(run(Home.here()))


if __name__ == "__main__":
    main()

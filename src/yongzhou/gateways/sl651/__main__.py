"""`yongzhou gateway sl651`: the SL 651 door as a process."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal

from yongzhou.core.home import Home
from yongzhou.gateways.kit.commands import HouseClaims
from yongzhou.gateways.kit.house import HouseTables
from yongzhou.gateways.kit.limiter import Limiter
from yongzhou.gateways.sl651.server import listening


async def run(home: Home) -> None:
    """Listen until SIGTERM or SIGINT.

    Environment: `SL651_HOST` (default 127.0.0.1), `SL651_RATE` and `SL651_BURST` (frames of one station per second and
    at once).
    """
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    defaults = Limiter()
    limiter = Limiter(
        rate=float(os.environ.get("SL651_RATE") or defaults.rate),
        burst=float(os.environ.get("SL651_BURST") or defaults.burst),
    )
    tables = HouseTables(home, "gateway-sl651")
    host = os.environ.get("SL651_HOST") or "127.0.0.1"
    async with listening(home, host=host, limiter=limiter, claims=HouseClaims(tables)):
        await stop.wait()
    await tables.close()


def main() -> None:
    """Entry point of the role `sl651`."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    # frames live for milliseconds and hold no cycles: the default threshold walks them all again and again
    gc.freeze()
    gc.set_threshold(100_000, 20, 20)
    asyncio.run(run(Home.here()))


if __name__ == "__main__":
    main()

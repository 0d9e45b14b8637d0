"""The pump: outbox relay, event consumers, quarantine, audit sealer, in one process, each kept alive on its own."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final

from yongzhou.core.home import Home
from yongzhou.house.roles.heartbeat import beat
from yongzhou.house.roles.supervised import Supervised
from yongzhou.house.setup import start

THREADS: Final = 4  # database connections of all consumers together


def main() -> None:
    """Run until SIGTERM."""
    start("pump")
    asyncio.run(run(Home.here()))


async def run(home: Home) -> None:
    """Start all tasks on one home and keep them."""
    from yongzhou.core.audit.sealer import sealer
    from yongzhou.core.bus.connection import connect_patiently
    from yongzhou.core.bus.consumer import consume
    from yongzhou.core.bus.quarantine_consumer import consume_quarantine
    from yongzhou.core.bus.relay import relay
    from yongzhou.core.bus.subscriptions import subscriptions

    threads = ThreadPoolExecutor(THREADS, thread_name_prefix="consumer")
    tasks = Supervised()

    async def seal() -> None:
        stop = threading.Event()
        try:
            await asyncio.to_thread(sealer, home, stop)
        finally:
            stop.set()

    bus = await connect_patiently(home, "pump")
    tasks.add("relay", lambda: relay(home))
    tasks.add("sealer", seal)
    for subscription in subscriptions().values():
        tasks.add(f"consumer {subscription.durable}", partial(consume, bus, subscription, threads))
    tasks.add("quarantine", lambda: consume_quarantine(bus, threads))
    tasks.add("heartbeat", lambda: beat(bus, "pump", tasks.report))
    await tasks.run()
    await bus.close()
    threads.shutdown(wait=False, cancel_futures=True)

"""The worker: jobs from the queue and periodic duties, in one process."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from yongzhou.core.home import Home
from yongzhou.house.roles.heartbeat import beat
from yongzhou.house.roles.supervised import Supervised
from yongzhou.house.setup import start

DUTY_THREADS: Final = 2


def main() -> None:
    """Run until SIGTERM."""
    start("worker")
    asyncio.run(run(Home.here()))


async def run(home: Home) -> None:
    """Start queue and clock on one home and keep them."""
    from yongzhou.core.bus.connection import connect
    from yongzhou.core.jobs.clock import keep_time
    from yongzhou.core.jobs.worker import work, worker_app
    from yongzhou.house import duties  # noqa: F401 - registers them

    threads = ThreadPoolExecutor(DUTY_THREADS, thread_name_prefix="duty")
    tasks = Supervised()

    async def show() -> None:
        bus = await connect(home, "worker")
        try:
            await beat(bus, "worker", tasks.report)
        finally:
            await bus.close()

    tasks.add("queue", lambda: work(worker_app(home.dsn())))
    tasks.add("clock", lambda: keep_time(threads))
    tasks.add("heartbeat", show)
    await tasks.run()
    threads.shutdown(wait=False, cancel_futures=True)

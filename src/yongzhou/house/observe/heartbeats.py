"""The newest heartbeat of each role and door, heard on the live channel by a thread."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

from nats.aio.msg import Msg

from yongzhou.core.bus.connection import connect_patiently
from yongzhou.core.home import Home

SUBJECTS: Final = ("live.role.*", "live.door.*")
STALE_S: Final = 20.0  # roles beat each 5 s, doors each second


@dataclass(slots=True)
class Heartbeats:
    """Start with `start`, end with `stop`; `newest` may be asked at any time."""

    home: Home
    _heard: dict[str, tuple[float, dict[str, Any]]] = field(default_factory=dict)
    _thread: threading.Thread | None = None
    _end: Callable[[], object] | None = None

    def start(self) -> None:
        """Listen in the background; a bus that is away is waited for."""
        self._thread = threading.Thread(target=lambda: asyncio.run(self._listen()), name="heartbeats", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Listen no more."""
        if self._end is not None:
            self._end()
        if self._thread is not None:
            self._thread.join(5)

    def newest(self) -> dict[str, dict[str, Any]]:
        """`role.pump`, `door.sl651`, …: its last figures, with `age_s`; what was not heard for 20 s is left out."""
        now = time.monotonic()
        return {
            name: {**body, "age_s": round(now - at, 1)}
            for name, (at, body) in sorted(self._heard.items())
            if now - at < STALE_S
        }

    async def _listen(self) -> None:
        over = asyncio.Event()
        loop = asyncio.get_running_loop()
        self._end = lambda: loop.call_soon_threadsafe(over.set)
        task = asyncio.create_task(self._subscribed(over))
        await over.wait()
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    async def _subscribed(self, over: asyncio.Event) -> None:
        bus = await connect_patiently(self.home, "heartbeats")
        try:
            for subject in SUBJECTS:
                await bus.subscribe(subject, cb=self._hear)
            await over.wait()
        finally:
            await bus.close()

    async def _hear(self, message: Msg) -> None:
        with suppress(ValueError, AttributeError):
            row = json.loads(message.data)
            self._heard[message.subject.removeprefix("live.")] = (time.monotonic(), row.get("data", row))

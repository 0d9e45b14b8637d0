"""Tasks of one process that are started again when they fail, each on its own, with their state for the heartbeat."""

from __future__ import annotations

import asyncio
import logging
import signal
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from pydantic import JsonValue

FIRST_PAUSE_S: Final = 0.2
LONGEST_PAUSE_S: Final = 5.0
_STEADY_S: Final = 30.0

log = logging.getLogger(__name__)

Work = Callable[[], Awaitable[None]]


@dataclass(slots=True)
class State:
    """How one task fares."""

    up: bool = False
    restarts: int = 0
    error: str = ""


@dataclass(slots=True)
class Supervised:
    """Named tasks; `run` returns when `stop` is called or the process is asked to end."""

    states: dict[str, State] = field(default_factory=dict)
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)
    _stop: asyncio.Event = field(default_factory=asyncio.Event)

    def add(self, name: str, work: Work) -> None:
        """Start one task and keep it running."""
        self.states[name] = State()
        self._tasks.append(asyncio.get_running_loop().create_task(self._keep(name, work), name=name))

    async def run(self) -> None:
        """Wait for SIGTERM, SIGINT or `stop`, then cancel all tasks and wait for them."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)
        await self._stop.wait()
        for task in self._tasks:
            task.cancel()
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(asyncio.gather(*self._tasks, return_exceptions=True), 10)

    def stop(self) -> None:
        """Ask `run` to end."""
        self._stop.set()

    def report(self) -> dict[str, JsonValue]:
        """State of all tasks, for the heartbeat."""
        return {
            name: {"up": state.up, "restarts": state.restarts, "error": state.error}
            for name, state in self.states.items()
        }

    async def _keep(self, name: str, work: Work) -> None:
        state = self.states[name]
        pause = FIRST_PAUSE_S
        while True:
            began = time.monotonic()
            state.up = True
            try:
                await work()
                state.error = "ended"
            except Exception as error:
                state.error = f"{type(error).__name__}: {error}"
            state.up = False
            state.restarts += 1
            pause = FIRST_PAUSE_S if time.monotonic() - began > _STEADY_S else min(pause * 2, LONGEST_PAUSE_S)
            log.warning("%s: %s; again in %.1f s", name, state.error, pause)
            await asyncio.sleep(pause)

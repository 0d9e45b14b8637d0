"""Windows through the two steps of a pipeline: the second runs while the next window goes through the first."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

import pyarrow as pa

from yongzhou.engines.telemetry.batch import Message
from yongzhou.engines.telemetry.pipeline import Pipeline, Stored, Told

DEPTH: Final = 4  # windows that may wait for the second step

T = TypeVar("T")


class Conveyor:
    """Each step has one thread of its own, hence one database connection of its own. Close it after use."""

    def __init__(self, tell: Callable[[Told], Awaitable[None]]) -> None:
        self._tell = tell
        self._first = ThreadPoolExecutor(1, thread_name_prefix="store")
        self._second = ThreadPoolExecutor(1, thread_name_prefix="follow")
        self._waiting: list[Stored] = []  # stored, not yet followed
        self._following: asyncio.Task[None] | None = None

    async def aside(self, work: Callable[[], T]) -> T:
        """Something else on the thread of the first step, with both steps at rest."""
        await self.rest()
        return await asyncio.get_running_loop().run_in_executor(self._first, work)

    async def take(self, pipeline: Pipeline, messages: Sequence[Message]) -> None:
        """Store a window, then let the second step follow; raises what either step raised, the second one later."""
        loop = asyncio.get_running_loop()
        stored = await loop.run_in_executor(self._first, pipeline.store, messages)
        self._waiting.append(stored)
        if len(self._waiting) > DEPTH or (self._following is not None and self._following.done()):
            await self.rest()
        if self._following is None:
            self._following = asyncio.create_task(self._follow(pipeline))

    async def rest(self) -> None:
        """Wait until the second step has followed everything; raises what it raised."""
        if self._following is not None:
            following, self._following = self._following, None
            await following

    async def close(self) -> None:
        """Wait for what runs, whatever becomes of it, and end both threads."""
        if self._following is not None:
            await asyncio.gather(self._following, return_exceptions=True)
        await asyncio.to_thread(self._first.shutdown)
        await asyncio.to_thread(self._second.shutdown)

    async def _follow(self, pipeline: Pipeline) -> None:
        """Follow what waits, several windows as one: behind the stream, the second step must not be the brake."""
        while self._waiting:
            windows, self._waiting = self._waiting, []
            observations = pa.concat_tables([window.observations for window in windows])
            stored = Stored(observations.combine_chunks(), windows[-1].last_seq)
            told = await asyncio.get_running_loop().run_in_executor(self._second, pipeline.follow, stored)
            await self._tell(told)

"""A bad mobile line: a TCP proxy on loopback with latency, lost packets, cuts, and answers that never arrive.

TCP hides lost packets as pauses: a lost piece here waits out a retransmission timeout, some 200 ms above the round
trip; a lost first packet of a connection waits 1 s (RFC 6298, 2.1), twice as long each time again.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import threading
from typing import Final

PIECE: Final = 16 * 1024  # bytes that travel or are lost together
FIRST_S: Final = 1.0
RETRANSMISSION_S: Final = 0.5


class Line:
    """A proxy in front of one port; use as a context manager, the fields may be changed while it runs."""

    def __init__(self, target: int, *, latency_s: float = 0.0, loss: float = 0.0, seed: int = 1) -> None:
        self.target, self.latency_s, self.loss = target, latency_s, loss
        self.cut = False
        self.swallow = 0  # answers to the next POSTs that are read from the house and not passed on
        self.swallowed = 0
        self._dice = random.Random(seed)
        self._loop = asyncio.new_event_loop()
        self._open: set[asyncio.StreamWriter] = set()
        self.port = 0

    def __enter__(self) -> Line:
        threading.Thread(target=self._loop.run_forever, daemon=True).start()
        self.port = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(10)
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)

    @property
    def url(self) -> str:
        """Where a browser goes."""
        return f"http://localhost:{self.port}"

    def sever(self, *, stay: bool = False) -> None:
        """Cut what is open now; with `stay` nothing gets through until `mend`."""
        self.cut = stay
        self._loop.call_soon_threadsafe(self._abort)

    def mend(self) -> None:
        """The network is back."""
        self.cut = False

    def _abort(self) -> None:
        for writer in self._open:
            writer.transport.abort()

    async def _end(self) -> None:
        own = asyncio.current_task()
        tasks = [task for task in asyncio.all_tasks() if task is not own]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _listen(self) -> int:
        server = await asyncio.start_server(self._meet, "127.0.0.1", 0)
        port: int = server.sockets[0].getsockname()[1]
        return port

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        pause = FIRST_S
        while self._dice.random() < self.loss:
            await asyncio.sleep(pause)
            pause *= 2
        if self.cut:
            writer.transport.abort()
            return
        to_read, to_write = await asyncio.open_connection("127.0.0.1", self.target)
        self._open |= {writer, to_write}
        post = [False]
        try:
            await asyncio.gather(
                self._pass(reader, to_write, up=True, post=post), self._pass(to_read, writer, up=False, post=post)
            )
        finally:
            for one in (writer, to_write):
                self._open.discard(one)
                one.transport.abort()

    async def _pass(
        self, source: asyncio.StreamReader, target: asyncio.StreamWriter, *, up: bool, post: list[bool]
    ) -> None:
        with contextlib.suppress(OSError):
            while piece := await source.read(PIECE):
                if up and piece.startswith((b"GET ", b"POST ")):
                    post[0] = piece.startswith(b"POST ")
                if not up and post[0] and self.swallow:
                    self.swallow, self.swallowed = self.swallow - 1, self.swallowed + 1
                    raise ConnectionResetError
                await asyncio.sleep(self.latency_s / 2)
                while self._dice.random() < self.loss:
                    await asyncio.sleep(RETRANSMISSION_S)
                target.write(piece)
                await target.drain()
            target.write_eof()
            return
        target.transport.abort()

"""A wire between two addresses that can be slow, or cut: a TCP relay on loopback."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field


@dataclass
class Wire:
    """`port` leads to `target`; each chunk comes `delay_s` later; `cut()` and `mend()` at any time."""

    target: int
    delay_s: float = 0.0
    port: int = 0
    carried: int = 0
    _whole: bool = True
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)
    _loop: asyncio.AbstractEventLoop | None = None

    def cut(self) -> None:
        """Break what runs and take nothing new."""
        self._whole = False
        assert self._loop is not None
        self._loop.call_soon_threadsafe(self._break)

    def _break(self) -> None:
        for writer in self._writers:
            writer.transport.abort()

    def mend(self) -> None:
        """Carry again."""
        self._whole = True

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self._whole:
            writer.transport.abort()
            return
        there, back = await asyncio.open_connection("127.0.0.1", self.target)
        self._writers |= {writer, back}
        try:
            await asyncio.gather(self._carry(reader, back), self._carry(there, writer))
        finally:
            self._writers -= {writer, back}
            for end in (writer, back):
                end.transport.abort()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Bytes later than they came, but as many at once as came: the delay is no brake."""
        queue: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
        loop = asyncio.get_running_loop()

        async def late() -> None:
            while True:
                at, data = await queue.get()
                await asyncio.sleep(max(0.0, at - loop.time()))
                if not data:
                    return
                writer.write(data)
                await writer.drain()
                self.carried += len(data)

        sender = asyncio.create_task(late())
        with suppress(ConnectionError):
            while data := await reader.read(65536):
                queue.put_nowait((loop.time() + self.delay_s, data))
        queue.put_nowait((loop.time() + self.delay_s, b""))
        with suppress(ConnectionError):
            await sender


@contextmanager
def wire(target: int, *, delay_s: float = 0.0) -> Iterator[Wire]:
    """A wire to a port of this machine, on a port of its own."""
    made = Wire(target, delay_s)
    ready, stop = threading.Event(), threading.Event()

    async def serve() -> None:
        made._loop = asyncio.get_running_loop()
        server = await asyncio.start_server(made._take, "127.0.0.1", 0)
        made.port = server.sockets[0].getsockname()[1]
        ready.set()
        await asyncio.to_thread(stop.wait)
        server.close()
        for writer in list(made._writers):
            writer.transport.abort()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    assert ready.wait(5)
    try:
        yield made
    finally:
        stop.set()
        thread.join(5)

"""The SL 651 door on TCP and UDP, same port: `serve(home)` until cancelled."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final, cast

from yongzhou.core.home import Home
from yongzhou.gateways.kit.commands import Claims, Commander
from yongzhou.gateways.kit.door import Door, open_door
from yongzhou.gateways.kit.limiter import Limiter
from yongzhou.gateways.sl651.downward import Stations
from yongzhou.gateways.sl651.frame import Frame
from yongzhou.gateways.sl651.handler import Handler
from yongzhou.gateways.sl651.resync import IDLE_S, Junk, Resync

log = logging.getLogger(__name__)

NAME: Final = "sl651"
UNREAD_MAX: Final = 262_144  # answers a peer may leave unread before the connection ends
UDP_PEERS: Final = 2_000
BACKLOG: Final = 4_096


def now_us() -> int:
    """Microseconds since 1970 UTC."""
    return time.time_ns() // 1000


class Connection(asyncio.Protocol):
    """One TCP peer."""

    def __init__(self, door: Door, stations: Stations | None = None) -> None:
        self._door = door
        self._stations = stations
        self._resync = Resync()
        self._queue: deque[Frame | Junk] = deque()
        self._idle: asyncio.TimerHandle | None = None
        self._blocked = False
        self._last = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A peer has come."""
        self._transport = cast(asyncio.Transport, transport)
        host, port = transport.get_extra_info("peername")[:2]
        self._peer = f"{host}:{port}"
        self._handler = Handler(self._door, self, self._peer)
        self._loop = asyncio.get_running_loop()
        self._door.connections += 1

    def connection_lost(self, exc: Exception | None) -> None:
        """The peer is gone: what it left half is junk."""
        self._door.connections -= 1
        if self._idle is not None:
            self._idle.cancel()
        received = now_us()
        for item in (*self._queue, *self._resync.flush()):
            self._handler.handle(item, received)
        self._queue.clear()
        self._handler.close(received)
        if self._stations is not None:
            self._stations.gone(self)

    def data_received(self, data: bytes) -> None:
        """Bytes have come."""
        self._last = self._loop.time()
        self._queue.extend(self._resync.feed(data))
        self._work()
        if self._idle is None and (self._resync.waiting or self._handler.assembler.messages):
            self._idle = self._loop.call_later(IDLE_S, self._check_idle)

    def _work(self) -> None:
        """Handle what the limits allow; stop reading while something is held back."""
        received = now_us()
        while self._queue and not self._blocked:
            if self._door.publisher.full:
                self._block()
                self._door.publisher.when_free(self._go_on)
                return
            item = self._queue[0]
            key = item.station if isinstance(item, Frame) else self._peer
            wait = self._door.limiter.take(key, self._loop.time())
            if wait:
                self._block()
                self._loop.call_later(wait, self._go_on)
                return
            self._queue.popleft()
            self._handler.handle(item, received)
            if self._stations is not None and isinstance(item, Frame) and not item.down:
                self._stations.heard(item, self)

    @property
    def open(self) -> bool:
        """Whether answers still go out."""
        return not self._transport.is_closing()

    def _block(self) -> None:
        self._blocked = True
        self._transport.pause_reading()

    def _go_on(self) -> None:
        self._blocked = False
        self._work()
        if not self._blocked and not self._transport.is_closing():
            self._transport.resume_reading()

    def _check_idle(self) -> None:
        self._idle = None
        rest = self._last + IDLE_S - self._loop.time()
        if rest > 0.01:
            self._idle = self._loop.call_later(rest, self._check_idle)
            return
        self._queue.extend(self._resync.flush())
        self._work()
        self._handler.idle(now_us())
        if self._handler.assembler.messages:
            self._idle = self._loop.call_later(IDLE_S, self._check_idle)

    def answer(self, answers: list[bytes]) -> None:
        """Send answers in one write; a peer that does not read them is cut off."""
        if self._transport.is_closing():
            return
        self._transport.write(b"".join(answers))
        if self._transport.get_write_buffer_size() > UNREAD_MAX:
            log.warning("%s does not read its answers, closing", self._peer)
            self._transport.abort()


class DatagramPeer:
    """One UDP peer: each answer is a datagram of its own."""

    def __init__(self, transport: asyncio.DatagramTransport, address: tuple[str, int]) -> None:
        self._transport = transport
        self._address = address

    def answer(self, answers: list[bytes]) -> None:
        """Send the answers."""
        if not self._transport.is_closing():
            for data in answers:
                self._transport.sendto(data, self._address)


class Datagrams(asyncio.DatagramProtocol):
    """All UDP peers. A datagram stands for itself: no frame reaches over two. What is over the limit is dropped."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._peers: OrderedDict[tuple[str, int], Handler] = OrderedDict()

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        """The socket is open."""
        self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """A datagram has come."""
        if self._door.publisher.full:
            return
        resync = Resync()
        received, now = now_us(), time.monotonic()
        handler = self._handler(addr)
        for item in (*resync.feed(data), *resync.flush()):
            key = item.station if isinstance(item, Frame) else handler.peer
            if not self._door.limiter.take(key, now):
                handler.handle(item, received)

    def _handler(self, address: tuple[str, int]) -> Handler:
        handler = self._peers.get(address)
        if handler is None:
            if len(self._peers) >= UDP_PEERS:
                _, oldest = self._peers.popitem(last=False)
                oldest.close(now_us())
            peer = DatagramPeer(self._transport, address)
            handler = self._peers[address] = Handler(self._door, peer, f"{address[0]}:{address[1]}")
        self._peers.move_to_end(address)
        return handler


@asynccontextmanager
async def listening(
    home: Home,
    *,
    host: str = "127.0.0.1",
    shard: str = "0",
    limiter: Limiter | None = None,
    claims: Claims | None = None,
) -> AsyncIterator[Door]:
    """The open door; on leaving it stops listening first, then sends what is queued.

    The port opens after the bus is reached, so an open port means a door that can store. Without `claims` it takes no
    commands.
    """
    loop = asyncio.get_running_loop()
    port = home.port_of(NAME)
    async with open_door(home, NAME, shard=shard, limiter=limiter) as door:
        commander = Commander(door, claims) if claims is not None else None
        stations = Stations(commander) if commander is not None else None
        server = await loop.create_server(lambda: Connection(door, stations), host, port, backlog=BACKLOG)
        datagrams, _ = await loop.create_datagram_endpoint(lambda: Datagrams(door), local_addr=(host, port))
        log.info("SL 651 door on %s:%d (TCP and UDP)", host, port)
        commanding = loop.create_task(commander.run()) if commander is not None else None
        try:
            yield door
        finally:
            server.close()
            datagrams.close()
            if commander is not None and commanding is not None:
                commanding.cancel()
                await commander.drain()


async def serve(home: Home, *, host: str = "127.0.0.1", shard: str = "0", limiter: Limiter | None = None) -> None:
    """Run the door until cancelled."""
    async with listening(home, host=host, shard=shard, limiter=limiter):
        await asyncio.get_running_loop().create_future()

"""A door's life: connect to the bus, make the streams, show presence, end in order."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

import nats
import nats.errors
from nats.aio.client import Client

from yongzhou.core.home import Home
from yongzhou.core.streams import ensure_streams
from yongzhou.gateways.kit.limiter import Limiter
from yongzhou.gateways.kit.publisher import RETRY, Publisher, warm
from yongzhou.gateways.kit.quarantine import Quarantine

log = logging.getLogger(__name__)

PRESENCE_S: Final = 1.0
PENDING_BYTES: Final = 32 * 1024 * 1024  # kept by the client while the bus is away; beyond it publishing raises


@dataclass(slots=True)
class Door:
    """What a server of a door works with."""

    name: str
    bus: Client
    publisher: Publisher
    quarantine: Quarantine
    limiter: Limiter
    connections: int = 0
    received: int = 0
    _last: tuple[float, int] = field(default_factory=lambda: (time.monotonic(), 0))

    def presence(self) -> dict[str, object]:
        """Figures of the last second for `live.door.<door>`."""
        now = time.monotonic()
        then, frames = self._last
        self._last = (now, self.received)
        return {
            "door": self.name,
            "frames_per_second": round((self.received - frames) / max(now - then, 1e-3), 1),
            "frames": self.received,
            "stored": self.publisher.stored,
            "waiting": self.publisher.waiting,
            "connections": self.connections,
            "quarantined": self.quarantine.count,
            "quarantine_dropped": self.quarantine.dropped,
            "throttled": self.limiter.throttled,
            "flooding": self.limiter.flooders(now),
        }


async def connect(home: Home, user: str = "gateway") -> Client:
    """Connect to the bus, waiting until it is there; reconnects for ever afterwards."""
    while True:
        try:
            return await nats.connect(
                home.nats_servers,
                name=f"yongzhou-{user}",
                user=user,
                password=home.secret(f"nats_{user}"),
                max_reconnect_attempts=-1,
                reconnect_time_wait=0.2,
                connect_timeout=2,
                ping_interval=5,
                pending_size=PENDING_BYTES,
                error_cb=_complain,
            )
        except (*RETRY, ConnectionError) as error:
            log.warning("bus at %s not reachable (%r), waiting", home.nats_url, error)
            await asyncio.sleep(0.5)


async def _complain(error: Exception) -> None:
    log.warning("bus: %r", error)


async def _show(door: Door) -> None:
    while True:
        await asyncio.sleep(PRESENCE_S)
        figures = door.presence()
        try:
            if door.bus.is_connected:
                await door.bus.publish(f"live.door.{door.name}", json.dumps(figures, ensure_ascii=False).encode())
        except RETRY as error:
            log.warning("presence not shown: %r", error)


@asynccontextmanager
async def open_door(home: Home, name: str, *, shard: str = "0", limiter: Limiter | None = None) -> AsyncIterator[Door]:
    """A connected door; on leaving it sends what is queued and closes the connection.

    A bus that refuses to let this user make streams is no error: the house makes them, publishing waits for them.
    """
    warm()
    bus = await connect(home)
    js = bus.jetstream(timeout=5)
    try:
        await ensure_streams(js)
    except RETRY as error:
        log.warning("streams not made by this door: %r", error)
    door = Door(name, bus, Publisher(js, name, shard), Quarantine(js, name), limiter or Limiter())
    shown = asyncio.get_running_loop().create_task(_show(door))
    try:
        yield door
    finally:
        shown.cancel()
        await asyncio.gather(door.publisher.drain(), door.quarantine.drain())
        await bus.close()

"""Bytes that could not be understood go, whole and with the reason, to stream QUARANTINE."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from nats.js import JetStreamContext

from yongzhou.gateways.kit.publisher import publish_until_stored

WAITING_MAX: Final = 2_000
HEX_MAX: Final = 400_000  # characters: a message stays far below the bus' limit of 1 MB


@dataclass(frozen=True, slots=True)
class Rejected:
    """What is put aside: `reason` in Chinese, `where` names the field or the offset; times in microseconds UTC."""

    peer: str
    received: int
    reason: str
    where: str
    raw: bytes
    station: str | None = None

    def message(self, door: str) -> bytes:
        """JSON {door, station, peer, received, reason, where, hex}."""
        body = {
            "door": door,
            "station": self.station,
            "peer": self.peer,
            "received": datetime.fromtimestamp(self.received / 1e6, UTC).isoformat(timespec="milliseconds"),
            "reason": self.reason,
            "where": self.where,
            "hex": self.raw.hex()[:HEX_MAX],
        }
        return json.dumps(body, ensure_ascii=False).encode()


class Quarantine:
    """Publishes rejected bytes durably in the background; at most `WAITING_MAX` wait, further ones are counted lost."""

    def __init__(self, js: JetStreamContext, door: str) -> None:
        self._js = js
        self._door = door
        self._sending: set[asyncio.Task[None]] = set()
        self.count = 0
        self.dropped = 0

    def put(self, rejected: Rejected, then: Callable[[], None] | None = None) -> None:
        """Queue one item; `then` is called when it is stored."""
        self.count += 1
        if len(self._sending) >= WAITING_MAX:
            self.dropped += 1
            return
        task = asyncio.get_running_loop().create_task(self._send(rejected, then))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def _send(self, rejected: Rejected, then: Callable[[], None] | None) -> None:
        message = rejected.message(self._door)
        identity = hashlib.blake2b(message, digest_size=16).hexdigest()
        await publish_until_stored(self._js, f"obs-quarantine.{self._door}", message, identity)
        if then is not None:
            then()

    async def drain(self, timeout: float = 5.0) -> None:
        """Wait for what is queued, at most `timeout` seconds."""
        if self._sending:
            _, late = await asyncio.wait(set(self._sending), timeout=timeout)
            for task in late:
                task.cancel()

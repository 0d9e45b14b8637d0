"""What moves on screens: tickets that open topics to a browser, and publishing to them. No Django, no ORM.

Topics are dotted lower-case names (`alarms`, `job.<id>`, `role.pump`); the bus subject is `live.<topic>`. Nothing
here is durable: who is not looking misses it and reads the state from the page. A message's `key` (default:
`data["key"]`, else its topic) names what it replaces on a slow screen; its `region`, if any, is shown only to whom
that region is granted.
"""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
import logging
import re
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass
from typing import Final

from nats.aio.client import Client
from pydantic import JsonValue

from yongzhou.core.bus.connection import connect
from yongzhou.core.home import Home

COOKIE: Final = "yz_live"
TICKET_S: Final = 600.0
USE_S: Final = 30.0  # a ticket is for connecting now; pages take a new one at each reconnect
ACCESS: Final = "access"  # the topic on which the house tells whose rights have changed; in no ticket
CACHES_S: Final = 4.0  # so long another process may still make tickets under the old rights
TOPIC: Final = re.compile(r"[a-z0-9_-]{1,64}(\.[a-z0-9_-]{1,64}){0,4}")
_PUBLISH_S: Final = 2.0

log = logging.getLogger(__name__)


class TicketError(ValueError):
    """A ticket that is forged, malformed or out of date."""


@dataclass(frozen=True, slots=True)
class Granted:
    """What one ticket opens: topics, and regions as code prefixes ("" is everywhere, none is nowhere)."""

    actor: str
    topics: frozenset[str]
    regions: tuple[str, ...]
    until: float  # epoch seconds
    made: float

    def sees(self, region: str | None) -> bool:
        """Whether a message of this region may be shown; one without region may."""
        return region is None or region.startswith(self.regions)


def ticket(actor_id: object, topics: Sequence[str], regions: Sequence[str], *, seconds: float = TICKET_S) -> str:
    """A signed ticket, made by web after its own check of the actor's rights; send it as cookie or query `ticket`."""
    for topic in topics:
        if not TOPIC.fullmatch(topic) or topic == ACCESS:
            raise ValueError(f"实时主题 {topic!r} 应为小写字母、数字、连字符，用点分段。")
    now = time.time()
    body = {"a": str(actor_id), "t": sorted(topics), "r": sorted(regions), "u": now + seconds, "i": now}
    text = base64.urlsafe_b64encode(json.dumps(body, separators=(",", ":")).encode()).decode().rstrip("=")
    return f"{text}.{_sign(text)}"


def check(value: str) -> Granted:
    """What a ticket opens; `TicketError` if its signature or its time does not hold."""
    text, _, signature = value.partition(".")
    if not hmac.compare_digest(_sign(text).encode(), signature.encode()):
        raise TicketError("实时通行票签名不符，请刷新页面。")
    body = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    if body["u"] < time.time():
        raise TicketError("实时通行票已过期，请刷新页面。")
    return Granted(body["a"], frozenset(body["t"]), tuple(body["r"]), body["u"], body["i"])


def _sign(text: str) -> str:
    return hmac.digest(bytes.fromhex(Home.here().secret("live")), text.encode(), "sha256").hex()


def message(topic: str, data: Mapping[str, JsonValue], *, key: str = "", region: str | None = None) -> bytes:
    """One live message; `ValueError` for a name that is no topic."""
    if not TOPIC.fullmatch(topic):
        raise ValueError(f"实时主题 {topic!r} 应为小写字母、数字、连字符，用点分段。")
    head: dict[str, JsonValue] = {"key": key or data.get("key") or topic, "data": dict(data)}
    if region is not None:
        head["region"] = region
    return json.dumps(head, ensure_ascii=False, separators=(",", ":"), default=str).encode()


class _Publisher:
    """A connection to the bus on a thread of its own, for synchronous callers; made on first use."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._bus: Client | None = None
        self._home: Home | None = None
        self._connecting = asyncio.Lock()

    def publish(self, subject: str, payload: bytes) -> None:
        """Send and return when it is handed to the socket; a missing bus is logged, never raised."""
        try:
            asyncio.run_coroutine_threadsafe(self._send(subject, payload), self._running()).result(_PUBLISH_S)
        except FutureTimeout:
            log.warning("live message for %s not sent in %s s", subject, _PUBLISH_S)
        except Exception as error:
            log.warning("live message for %s not sent: %s", subject, error)

    def _running(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                threading.Thread(target=self._loop.run_forever, name="live publisher", daemon=True).start()
            return self._loop

    async def _send(self, subject: str, payload: bytes) -> None:
        async with self._connecting:
            home = Home.here()
            if self._bus is None or self._bus.is_closed or self._home != home:
                if self._bus is not None:
                    await self._bus.close()
                self._bus, self._home = await connect(home, "live publisher", reconnect=False), home
        await self._bus.publish(subject, payload)
        await self._bus.flush(timeout=1)


_publisher = _Publisher()


def publish_live(topic: str, data: Mapping[str, JsonValue], *, key: str = "", region: str | None = None) -> None:
    """Show something on the screens that look at a topic, now; for synchronous code, after its commit."""
    _publisher.publish(f"live.{topic}", message(topic, data, key=key, region=region))

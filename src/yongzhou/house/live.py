"""The live role: server-sent events for browsers, fed by the bus. Raw ASGI, no ORM, no Django.

GET `/live/<topics, comma separated>` with a ticket (cookie `yz_live` or query `ticket`) made by web. Each message is an
SSE event named by its topic, with data {"key", "region"?, "data"}. A slow browser gets the newest message a key; one
that cannot even take that loses the oldest keys and is told so by an event `gap`, upon which the page reads its state.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from contextlib import suppress
from http.cookies import CookieError, SimpleCookie
from typing import Any, Final
from urllib.parse import parse_qs

from nats.aio.client import Client
from nats.aio.msg import Msg

from yongzhou.core.bus.connection import connect_patiently
from yongzhou.core.bus.live import ACCESS, CACHES_S, COOKIE, TICKET_S, USE_S, Granted, TicketError, check
from yongzhou.core.home import Home
from yongzhou.house.parent_death import die_with_parent

CONNECTIONS: Final = 2000
PENDING_KEYS: Final = 256  # a browser
HEARTBEAT_S: Final = 15.0
SEND_S: Final = 30.0  # a browser that takes nothing for so long is let go
PREFIX: Final = "/live/"

Scope = MutableMapping[str, Any]  # ASGI's own types
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

log = logging.getLogger(__name__)


class Browser:
    """One connected browser and what waits for it: the newest frame a key, oldest key first."""

    def __init__(self, granted: Granted, topics: frozenset[str], limit: int = PENDING_KEYS) -> None:
        self.granted = granted
        self.topics = topics
        self._limit = limit
        self._pending: OrderedDict[tuple[str, str], bytes] = OrderedDict()
        self._lost = 0
        self._wake = asyncio.Event()
        self.ended = False

    def end(self) -> None:
        """Its rights have changed: nothing that waits is shown any more, the stream ends."""
        self.ended = True
        self._pending.clear()
        self._wake.set()

    def offer(self, topic: str, key: str, region: str | None, frame: bytes) -> None:
        """Queue a frame if the ticket shows its region; replaces an unsent one of the same key."""
        if self.ended or not self.granted.sees(region):
            return
        self._pending[topic, key] = frame
        if len(self._pending) > self._limit:
            self._pending.popitem(last=False)
            self._lost += 1
        self._wake.set()

    async def take(self, timeout: float) -> bytes:
        """All that waits, as one chunk; a comment if nothing came in `timeout` seconds."""
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._wake.wait(), timeout)
        self._wake.clear()
        if not self._pending:
            return b": still here\n\n"
        frames = list(self._pending.values())
        if self._lost:
            frames.insert(0, b'event: gap\ndata: {"lost":%d}\n\n' % self._lost)
        self._pending.clear()
        self._lost = 0
        return b"".join(frames)


class Hub:
    """One subscription to the bus, all browsers by topic."""

    def __init__(self) -> None:
        self._by_topic: dict[str, set[Browser]] = {}
        self._changed: dict[str, float] = {}  # person: tickets made before are void
        self._deaf_until = 0.0  # what was said before has been missed: older tickets are void
        self._bus: Client | None = None
        self._starting = asyncio.Lock()
        self.count = 0

    async def start(self, home: Home) -> None:
        """Subscribe to `live.>`, once; waits until the bus is there."""
        async with self._starting:
            if self._bus is None:
                self._bus = await connect_patiently(home, "live", user="live", back=self._back)
                await self._bus.subscribe("live.>", cb=self._hear)

    async def stop(self) -> None:
        """Leave the bus."""
        if self._bus is not None:
            await self._bus.close()

    async def _hear(self, message: Msg) -> None:
        topic = message.subject.removeprefix("live.")
        if topic == ACCESS:
            self.rights_changed(str(json.loads(message.data)["key"]))
        else:
            self.spread(topic, message.data)

    async def _back(self) -> None:
        """The bus was away: whose rights changed meanwhile is not known, so everybody takes a new ticket."""
        self._deaf_until = time.time()
        for browser in self._all():
            browser.end()

    def rights_changed(self, actor: str) -> None:
        """End the streams of one person; tickets made until all processes know of it open nothing."""
        now = time.time()
        self._changed = {key: until for key, until in self._changed.items() if until > now - TICKET_S}
        self._changed[actor] = now + CACHES_S
        for browser in self._all():
            if browser.granted.actor == actor:
                browser.end()

    def trusts(self, granted: Granted) -> bool:
        """Whether a ticket is of now, and made under rights that still hold."""
        void = max(time.time() - USE_S, self._deaf_until, self._changed.get(granted.actor, 0.0))
        return granted.made > void

    def _all(self) -> set[Browser]:
        return {browser for group in self._by_topic.values() for browser in group}

    def spread(self, topic: str, payload: bytes) -> None:
        """Offer one message to the browsers of its topic; a message that is no JSON object is dropped."""
        browsers = self._by_topic.get(topic)
        if not browsers:
            return
        try:
            head = json.loads(payload)
            key, region = str(head.get("key", topic)), head.get("region")
        except (ValueError, AttributeError):
            log.warning("live message on %s is no JSON object", topic)
            return
        frame = b"event: %s\ndata: %s\n\n" % (topic.encode(), b" ".join(payload.splitlines()))
        for browser in browsers:
            browser.offer(topic, key, str(region) if region is not None else None, frame)

    def join(self, browser: Browser) -> None:
        """A browser connects."""
        self.count += 1
        for topic in browser.topics:
            self._by_topic.setdefault(topic, set()).add(browser)

    def leave(self, browser: Browser) -> None:
        """A browser is gone."""
        self.count -= 1
        for topic in browser.topics:
            self._by_topic[topic].discard(browser)
            if not self._by_topic[topic]:
                del self._by_topic[topic]


class Live:
    """The ASGI application."""

    def __init__(self, home: Home | None = None, *, connections: int = CONNECTIONS, heartbeat_s: float = HEARTBEAT_S):
        self._home = home
        self._connections = connections
        self._heartbeat_s = heartbeat_s
        self._starting: asyncio.Task[None] | None = None
        self.hub = Hub()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection of the server."""
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "http":
            await self._http(scope, receive, send)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        self._start()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self.hub.stop()
        await send({"type": "lifespan.shutdown.complete"})

    def _start(self) -> None:
        """The bus may come later than the first browser."""
        if self._starting is None:
            self._starting = asyncio.get_running_loop().create_task(self.hub.start(self._home or Home.here()))

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        if not path.startswith(PREFIX):
            return await _problem(send, 404, "没有这个地址。")
        if scope["method"] != "GET":
            return await _problem(send, 405, "实时推送只接受 GET。")
        try:
            granted = check(_ticket(scope))
        except TicketError as error:
            return await _problem(send, 401, str(error))
        if not self.hub.trusts(granted):
            return await _problem(send, 401, "实时通行票已失效，请刷新页面。")
        topics = frozenset(topic for topic in path.removeprefix(PREFIX).split(",") if topic)
        if refused := topics - granted.topics:
            return await _problem(send, 403, f"没有查看这些实时主题的权限：{'、'.join(sorted(refused))}。")
        if not topics:
            return await _problem(send, 404, "请写明实时主题。")
        if self.hub.count >= self._connections:
            return await _problem(send, 503, "实时连接已满，请稍后再试。", [(b"retry-after", b"15")])
        self._start()
        browser = Browser(granted, topics)
        self.hub.join(browser)
        try:
            await self._stream(browser, receive, send)
        finally:
            self.hub.leave(browser)

    async def _stream(self, browser: Browser, receive: Receive, send: Send) -> None:
        gone = asyncio.create_task(_gone(receive))
        pump = asyncio.create_task(self._feed(browser, send))
        try:
            await asyncio.wait({gone, pump}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (gone, pump):
                task.cancel()
            await asyncio.gather(gone, pump, return_exceptions=True)

    async def _feed(self, browser: Browser, send: Send) -> None:
        headers = [
            (b"content-type", b"text/event-stream; charset=utf-8"),
            (b"cache-control", b"no-store"),
            (b"x-accel-buffering", b"no"),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        chunk = b"retry: 3000\n: connected\n\n"
        while True:
            await asyncio.wait_for(send({"type": "http.response.body", "body": chunk, "more_body": True}), SEND_S)
            left = browser.granted.until - time.time()
            if left <= 0 or browser.ended:
                break
            chunk = await browser.take(min(self._heartbeat_s, left))
            if browser.ended:
                break
        await send({"type": "http.response.body", "body": b"event: expired\ndata: {}\n\n", "more_body": False})


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _ticket(scope: Scope) -> str:
    query: bytes = scope.get("query_string", b"")
    if found := parse_qs(query.decode("latin-1")).get("ticket"):
        return found[0]
    return _cookie(value for name, value in scope["headers"] if name == b"cookie")


def _cookie(headers: Iterable[bytes]) -> str:
    for header in headers:
        with suppress(CookieError):
            if morsel := SimpleCookie(header.decode("latin-1")).get(COOKIE):
                return str(morsel.value)
    return ""


async def _problem(send: Send, status: int, title: str, more: Iterable[tuple[bytes, bytes]] = ()) -> None:
    """RFC 9457 problem."""
    body = json.dumps({"status": status, "title": title}, ensure_ascii=False).encode()
    headers = [(b"content-type", b"application/problem+json"), (b"cache-control", b"no-store"), *more]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


die_with_parent()  # granian's worker is a grandchild of the family: it must not keep the port of a killed house
application = Live()

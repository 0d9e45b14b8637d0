"""One device's connection: packets in, answers out in order, commands down. MQTT 3.1.1 section 4."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, cast

from yongzhou.gateways.mqtt import packets
from yongzhou.gateways.mqtt.gate import RefusedError
from yongzhou.gateways.mqtt.names import DOWN, covers
from yongzhou.gateways.mqtt.packets import BadProtocolError, Kind, PacketError, Publish, Return, Will

if TYPE_CHECKING:
    from yongzhou.gateways.mqtt.server import Server

log = logging.getLogger(__name__)

CONNECT_S: Final = 10.0  # from the first byte to a whole CONNECT
GRACE: Final = 1.5  # of the keep-alive time, section 3.1.2.10
UNREAD_MAX: Final = 262_144  # bytes a device may leave unread
SUBSCRIPTIONS_MAX: Final = 20
_PUBLISH: Final = int(Kind.PUBLISH)


class Connection(asyncio.Protocol):
    """One TCP connection. A session lives as long as it: nothing is sent a second time on another connection."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._door = server.door
        self._splitter = packets.Splitter()
        self._queue: deque[tuple[int, bytes]] = deque()
        self._order: deque[bytes] = deque()
        self._early: set[bytes] = set()
        self._half: set[int] = set()  # identifiers of QoS 2 between PUBREC and PUBREL
        self._filters: set[str] = set()
        self._awaited: dict[int, Callable[[], None]] = {}
        self._number = 0
        self._blocked = False
        self._timer: asyncio.TimerHandle | None = None
        self._limit = CONNECT_S
        self._will: Will | None = None
        self._joining: asyncio.Task[None] | None = None
        self.device = ""
        self.client_id = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A peer has come."""
        self._transport = cast(asyncio.Transport, transport)
        self._peer = ":".join(map(str, transport.get_extra_info("peername")[:2]))
        self._loop = asyncio.get_running_loop()
        self._last = self._loop.time()
        self._timer = self._loop.call_later(CONNECT_S, self._check_silence)
        self._door.connections += 1

    def connection_lost(self, exc: Exception | None) -> None:
        """The peer is gone; what it wanted said in that case is said (section 3.1.2.5)."""
        self._door.connections -= 1
        if self._timer is not None:
            self._timer.cancel()
        if self._joining is not None:
            self._joining.cancel()
        if self.device:
            self._server.left(self)
            if self._will is not None:
                message = Publish(self._will.topic, self._will.payload, 0, 0)
                self._server.intake.take(self.device, message, self, None)
        self._awaited.clear()

    def data_received(self, data: bytes) -> None:
        """Bytes have come."""
        self._last = self._loop.time()
        try:
            self._queue.extend(self._splitter.feed(data))
        except PacketError as error:
            self._end(str(error))
            return
        if not self._blocked:
            self._work()

    def _work(self) -> None:
        """Handle what the limits allow; read no more while something is held back."""
        queue, publisher = self._queue, self._door.publisher
        while queue and not self._transport.is_closing():
            first, body = queue[0]
            if first >> 4 == _PUBLISH and self.device:
                if publisher.full:
                    self._block()
                    publisher.when_free(self._go_on)
                    return
                wait = self._door.limiter.take(self.device, self._loop.time())
                if wait:
                    self._block()
                    self._loop.call_later(wait, self._go_on)
                    return
            queue.popleft()
            try:
                if not self._handle(first, body):
                    return
            except PacketError as error:
                self._end(str(error))
                return

    def _block(self) -> None:
        self._blocked = True
        self._transport.pause_reading()

    def _go_on(self) -> None:
        self._blocked = False
        self._last = self._loop.time()  # what the device sent meanwhile lies unread
        self._work()
        if not self._blocked and not self._transport.is_closing():
            self._transport.resume_reading()

    def _handle(self, first: int, body: bytes) -> bool:
        """One packet; False when handling must wait for a login."""
        if first >> 4 == _PUBLISH and self.device:
            self._published(packets.publish(first, body))
            return True
        try:
            kind = Kind(first >> 4)
        except ValueError as error:
            raise PacketError(f"packet type {first >> 4}") from error
        if first & 0x0F != (2 if kind in (Kind.PUBREL, Kind.SUBSCRIBE, Kind.UNSUBSCRIBE) else 0):
            raise PacketError(f"flags of {kind.name}")
        if (kind is Kind.CONNECT) == bool(self.device):
            raise PacketError(f"{kind.name} {'again' if self.device else 'before CONNECT'}")
        match kind:
            case Kind.CONNECT:
                self._connect(body)
                return False
            case Kind.PUBREL:
                number = packets.identifier(body)
                self._half.discard(number)
                self._write(packets.acknowledgement(Kind.PUBCOMP, number))
            case Kind.PUBACK:
                if (done := self._awaited.pop(packets.identifier(body), None)) is not None:
                    done()
            case Kind.SUBSCRIBE:
                self._subscribe(*packets.subscribe(body))
            case Kind.UNSUBSCRIBE:
                number, topics = packets.unsubscribe(body)
                self._filters.difference_update(topics)
                self._write(packets.unsuback(number))
            case Kind.PINGREQ:
                self._write(packets.PINGRESP)
            case Kind.DISCONNECT:
                self._will = None
                self._transport.close()
            case _:
                raise PacketError(f"{kind.name} out of place")
        return True

    def _published(self, message: Publish) -> None:
        answer: bytes | None = None
        if message.qos == 2:
            answer = packets.acknowledgement(Kind.PUBREC, message.identifier)
            if message.identifier in self._half:
                self._write(answer)
                return
            self._half.add(message.identifier)
        elif message.qos:
            answer = packets.acknowledgement(Kind.PUBACK, message.identifier)
        if answer is not None:
            self._order.append(answer)
        if not self._server.heard(self, message, answer):
            self._server.intake.take(self.device, message, self, answer)

    def answer(self, answers: list[bytes]) -> None:
        """Send acknowledgements, in the order of the messages (section 4.6)."""
        order, early, ready = self._order, self._early, []
        for one in answers:
            if order and order[0] == one:
                ready.append(order.popleft())
                while order and order[0] in early:
                    early.discard(order[0])
                    ready.append(order.popleft())
            else:
                early.add(one)
        if ready:
            self._write(b"".join(ready))

    def _subscribe(self, number: int, wanted: list[tuple[str, int]]) -> None:
        codes: list[int] = []
        for topic, qos in wanted:
            granted = topic.startswith(f"{DOWN}{self.device}/") and len(self._filters) < SUBSCRIPTIONS_MAX
            if granted:
                self._filters.add(topic)
            codes.append(min(qos, 1) if granted else packets.SUBSCRIPTION_REFUSED)
        self._write(packets.suback(number, codes))
        if self._filters:
            self._server.listens(self)

    def hears(self, topic: str) -> bool:
        """Whether the device has subscribed to this topic."""
        return not self._transport.is_closing() and any(covers(one, topic) for one in self._filters)

    def send(self, topic: str, payload: bytes, arrived: Callable[[], None]) -> None:
        """Send one message once, at QoS 1; `arrived` is called when the device has acknowledged it."""
        self._number = self._number % 0xFFFF + 1
        self._awaited[self._number] = arrived
        self._write(packets.message(topic, payload, self._number))

    def _connect(self, body: bytes) -> None:
        try:
            asked = packets.connect(body)
        except BadProtocolError:
            self._refuse(Return.BAD_PROTOCOL)
            return
        self._block()
        self._joining = self._loop.create_task(self._join(asked))

    async def _join(self, asked: packets.Connect) -> None:
        try:
            device = await self._server.gate.admit(asked, self._peer)
        except RefusedError as refusal:
            self._refuse(refusal.code)
            return
        self._will = asked.will
        self.device, self.client_id = device, asked.client_id
        self._limit = asked.keep_alive * GRACE
        self._server.joined(self)
        self._write(packets.connack(Return.ACCEPTED))
        self._go_on()

    def _refuse(self, code: Return) -> None:
        self._write(packets.connack(code))
        self._transport.close()

    def _check_silence(self) -> None:
        self._timer = None
        if self._blocked:
            self._last = self._loop.time()
        if not self._limit:
            return
        rest = self._last + self._limit - self._loop.time()
        if rest <= 0 or (not self.device and self._joining is None):
            self._end("silent for longer than its keep-alive time" if self.device else "no CONNECT")
        else:
            self._timer = self._loop.call_later(max(rest, 0.05), self._check_silence)

    def _write(self, data: bytes) -> None:
        if self._transport.is_closing():
            return
        self._transport.write(data)
        if self._transport.get_write_buffer_size() > UNREAD_MAX:
            self._end("does not read its answers")

    def end(self) -> None:
        """Close the connection from the house's side."""
        self._transport.abort()

    def _end(self, reason: str) -> None:
        log.warning("%s %s: connection ended: %s", self._peer, self.device, reason)
        self._transport.abort()

"""From the durable queue of MQTT messages to OBS: a message is acknowledged there only when it is kept here."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

from nats.aio.msg import Msg
from nats.js import JetStreamContext

from yongzhou.core.wire import frame_identity
from yongzhou.gateways.kit.door import Door
from yongzhou.gateways.kit.frame import DeviceFrame
from yongzhou.gateways.kit.publisher import BATCH_WEIGHT, RETRY
from yongzhou.gateways.kit.quarantine import Rejected
from yongzhou.gateways.mqtt.door import CONSUMER, STREAM, ensure_consumer
from yongzhou.gateways.mqtt.names import BadNameError, subject_to_topic
from yongzhou.gateways.mqtt.payload import PayloadError, read

log = logging.getLogger(__name__)

FETCH: Final = 500
FETCH_S: Final = 1.0
HELD_MAX: Final = 2_000  # messages of one device that wait for its bucket; then its connection is ended
ACK: Final = b"+ACK"


@dataclass(slots=True)
class MqttFrame(DeviceFrame):
    """A message as a frame. A payload without a time of its own is the same report only at the same place of the
    queue: a level that stays at 12.3 m is sent as the same bytes again and again."""

    key: bytes = b""

    @property
    def identity(self) -> bytes:
        """16 bytes: hash of topic, payload, and place in the queue where the payload carries no time."""
        return frame_identity(self.key + self.raw)


@dataclass(slots=True, eq=False)
class Acks:
    """Tells the queue that messages are kept; a `Sink` whose answers are place in the queue and reply subject.

    `waiting` are the places whose messages are on their way: one that is delivered again meanwhile is left alone.
    """

    door: Door
    waiting: set[int] = field(default_factory=set)
    _sending: set[asyncio.Task[None]] = field(default_factory=set)

    def ticket(self, place: int, reply: str) -> bytes:
        """What `answer` will be given once the message is kept."""
        self.waiting.add(place)
        return b"%d %s" % (place, reply.encode())

    def answer(self, answers: list[bytes]) -> None:
        """Acknowledge messages by their tickets."""
        replies = []
        for ticket in answers:
            place, _, reply = ticket.partition(b" ")
            self.waiting.discard(int(place))
            replies.append(reply)
        self._start(replies, ACK)

    def later(self, reply: str, seconds: float) -> None:
        """Hand a message back to be delivered again after some seconds."""
        self._start([reply.encode()], b'-NAK {"delay": %d}' % int(seconds * 1e9))

    def _start(self, replies: list[bytes], word: bytes) -> None:
        task = asyncio.get_running_loop().create_task(self._send(replies, word))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def _send(self, replies: list[bytes], word: bytes) -> None:
        try:
            for reply in replies:
                await self.door.bus.publish(reply.decode(), word)
        except RETRY as error:
            log.warning("%d messages not acknowledged (%r): they come again and are recognised", len(replies), error)

    async def drain(self) -> None:
        """Wait for what is being sent."""
        if self._sending:
            await asyncio.wait(set(self._sending), timeout=2)


@dataclass(slots=True)
class Intake:
    """Reads the queue until cancelled. `flooded(device)` is called when a device has too much waiting."""

    door: Door
    js: JetStreamContext
    flooded: Callable[[str], Awaitable[None]]
    acks: Acks = field(init=False)
    _held: dict[str, set[int]] = field(default_factory=dict)
    _next: dict[str, float] = field(default_factory=dict)
    _told: set[asyncio.Task[None]] = field(default_factory=set)
    _incarnation: bytes = b""

    def __post_init__(self) -> None:
        self.acks = Acks(self.door)

    async def run(self) -> None:
        """Session after session; trouble with the bus or the consumer ends one and starts the next."""
        while True:
            try:
                await self._session()
            except RETRY as error:
                log.warning("reading %s stopped (%r), again in 1 s", STREAM, error)
            except Exception:
                log.exception("reading %s stopped by a defect, again in 1 s", STREAM)
            await asyncio.sleep(1.0)

    async def _session(self) -> None:
        await ensure_consumer(self.js)
        created = (await self.js.stream_info(STREAM)).created
        self._incarnation = repr(created).encode()
        queue = await self.js.pull_subscribe_bind(consumer=CONSUMER, stream=STREAM)
        quiet = 0
        try:
            while True:
                if self.door.publisher.full:
                    free = asyncio.Event()
                    self.door.publisher.when_free(free.set)
                    await free.wait()
                try:
                    messages = await queue.fetch(FETCH, timeout=FETCH_S)
                except TimeoutError:
                    quiet += 1
                    if quiet % 3 == 0:  # silence may mean that somebody removed the consumer
                        await ensure_consumer(self.js)
                    continue
                quiet = 0
                for message in messages:
                    self.take(message)
                await asyncio.sleep(0)
        finally:
            await queue.unsubscribe()

    def take(self, message: Msg) -> None:
        """One message: stored, put aside, or handed back until its device may send again. Never raises."""
        meta = message.metadata
        if meta.sequence.stream in self.acks.waiting:
            return
        received = round(meta.timestamp.timestamp() * 1e6)
        try:
            device, topic = subject_to_topic(message.subject)
        except BadNameError as error:
            self._reject(message, received, str(error), message.subject[:200], None)
            return
        if self._over_limit(device, message, meta.sequence.stream):
            return
        self.door.received += 1
        try:
            said = read(device, topic, message.data, received)
        except PayloadError as error:
            self._reject(message, received, error.reason, f"up/{device}/{topic}"[:200] + f" {error.where}", device)
            return
        place = b"" if said.dated else b"%s %d " % (self._incarnation, meta.sequence.stream)
        frame = MqttFrame(
            station=device,
            function="publish",
            serial=meta.sequence.stream,
            received=received,
            peer="mqtt",
            raw=message.data,
            elements=said.elements,
            phenomena=said.phenomena,
            results=said.results,
            key=place + f"up/{device}/{topic}\n".encode(),
        )
        if frame.weight > BATCH_WEIGHT:
            self._reject(message, received, "报文的观测太多，请分成几条发", f"up/{device}/{topic}"[:200], device)
            return
        self.door.publisher.submit([frame], self.acks, self.acks.ticket(meta.sequence.stream, message.reply))

    def _over_limit(self, device: str, message: Msg, seq: int) -> bool:
        now = asyncio.get_running_loop().time()
        wait = self.door.limiter.take(device, now)
        held = self._held.get(device)
        if not wait:
            if held is not None:
                held.discard(seq)
                if not held:
                    del self._held[device]
                    self._next.pop(device, None)
            return False
        if held is None:
            held = self._held.setdefault(device, set())
        held.add(seq)
        # each waiting message gets its own moment, so that they do not all come back at once
        turn = max(now + wait, self._next.get(device, 0.0) + 1.0 / self.door.limiter.rate)
        if turn - now > HELD_MAX / self.door.limiter.rate:
            turn = now + HELD_MAX / self.door.limiter.rate
        self._next[device] = turn
        self.acks.later(message.reply, turn - now)
        if len(held) >= HELD_MAX and len(held) % HELD_MAX == 0:
            task = asyncio.get_running_loop().create_task(self._tell(device))
            self._told.add(task)
            task.add_done_callback(self._told.discard)
        return True

    async def _tell(self, device: str) -> None:
        log.warning("%s floods: %d messages wait, its connection is ended", device, HELD_MAX)
        await self.flooded(device)

    def _reject(self, message: Msg, received: int, reason: str, where: str, station: str | None) -> None:
        place, quarantine = message.metadata.sequence.stream, self.door.quarantine
        ticket, dropped = self.acks.ticket(place, message.reply), quarantine.dropped
        quarantine.put(
            Rejected("mqtt", received, reason, where, message.data, station), lambda: self.acks.answer([ticket])
        )
        if quarantine.dropped != dropped:  # no room now: the queue delivers it again
            self.acks.waiting.discard(place)

"""OBS as the reader sees it: the stream, a consumer made anew from a position, gaps, purging behind the lake."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import uuid4

from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy
from nats.js.errors import NotFoundError

from yongzhou.core import wire
from yongzhou.core.observe import trace
from yongzhou.core.streams import OBS_BYTES
from yongzhou.engines.telemetry.batch import Message

TAIL_MESSAGES: Final = 1_000_000  # kept behind the lake: must reach back to the oldest backup
TAIL_SHARE: Final = 0.5  # of the stream's room at most: a full stream refuses devices

FETCH: Final = 500
WINDOW_BYTES: Final = 8_000_000  # a window must be done long before a restart, else it is never done
_IDLE_CHECK_S: Final = 5.0


class GapError(RuntimeError):
    """The consumer skipped a message or vanished: begin again from the lake's position."""


class AheadError(RuntimeError):
    """The lake holds more of this stream than the stream does: one of them was restored from an older backup."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Identity and extent of the stream."""

    incarnation: datetime
    first_seq: int
    last_seq: int
    messages: int
    bytes: int


async def standing(js: JetStreamContext) -> Standing:
    """Where the stream stands now."""
    info = await js.stream_info(wire.STREAM)
    if info.created is None:
        raise GapError("the server does not tell when the stream was created")
    state = info.state
    return Standing(info.created, state.first_seq, state.last_seq, state.messages, state.bytes)


async def purge(js: JetStreamContext, safe: int, *, tail: int = TAIL_MESSAGES) -> int:
    """Drop messages behind the safe sequence minus a tail; returns the first sequence that is kept."""
    now = await standing(js)
    if now.messages:
        tail = min(tail, int(TAIL_SHARE * OBS_BYTES * now.messages / max(now.bytes, 1)))
    keep_from = min(safe - tail, now.last_seq) + 1
    if keep_from > max(now.first_seq, 1):
        await js.purge_stream(wire.STREAM, seq=keep_from)
        return keep_from
    return now.first_seq


class Feed:
    """An ordered consumer without acknowledgements, from one sequence on; it ends with the first irregularity."""

    def __init__(self, subscription: JetStreamContext.PullSubscription, js: JetStreamContext, name: str) -> None:
        self._subscription = subscription
        self._js = js
        self._name = name
        self._delivered = 0  # consumer sequence
        self._heard = time.monotonic()

    @classmethod
    async def open(cls, js: JetStreamContext, start: int) -> Feed:
        """A consumer that delivers from sequence `start` on."""
        name = f"telemetry-{uuid4().hex[:12]}"
        config = ConsumerConfig(
            name=name,
            deliver_policy=DeliverPolicy.BY_START_SEQUENCE,
            opt_start_seq=start,
            ack_policy=AckPolicy.NONE,
            inactive_threshold=60.0,
            mem_storage=True,
        )
        await js.add_consumer(wire.STREAM, config)
        return cls(await js.pull_subscribe_bind(name, wire.STREAM), js, name)

    async def window(self, seconds: float) -> list[Message]:
        """Messages of the next `seconds`, fewer if there are very many; empty if none came.

        Raises `GapError` if one is missing, `nats` errors if the bus is away.
        """
        messages: list[Message] = []
        size, until = 0, time.monotonic() + seconds
        while size < WINDOW_BYTES and (left := until - time.monotonic()) > 0.002:
            try:
                batch = await self._subscription.fetch(FETCH, timeout=left)
            except TimeoutError:
                break
            for message in batch:
                sequence = message.metadata.sequence
                self._delivered += 1
                if sequence.consumer != self._delivered:
                    raise GapError(f"expected delivery {self._delivered}, got {sequence.consumer}")
                context = (message.headers or {}).get(trace.HEADER, "") if trace.ON else ""
                messages.append(Message(sequence.stream, message.subject, message.data, context))
                size += len(message.data)
        if messages:
            self._heard = time.monotonic()
        elif time.monotonic() - self._heard > _IDLE_CHECK_S:
            await self._check()
        return messages

    async def _check(self) -> None:
        """Silence may mean that the consumer is gone."""
        self._heard = time.monotonic()
        try:
            info = await self._js.consumer_info(wire.STREAM, self._name)
        except NotFoundError as error:
            raise GapError("the consumer is gone") from error
        delivered = info.delivered.consumer_seq if info.delivered else 0
        if delivered > self._delivered:
            raise GapError(f"{delivered - self._delivered} deliveries never arrived")

    async def close(self) -> None:
        """Remove the consumer."""
        await self._subscription.unsubscribe()
        await self._js.delete_consumer(wire.STREAM, self._name)

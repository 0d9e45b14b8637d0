"""Frames in, acknowledged messages out: one flush to disk for many frames, the same message id on every retry.

A batch leaves at once while none is on its way; else it gathers until that one is stored, 5 ms have passed or it is
full. So a lone frame waits for nobody, and under load the batches grow to what the disk needs (group commit).

The answer to a device leaves only after the stream has stored the message that holds its frame. While the bus is
away nobody is answered; the devices keep their data and repeat.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Callable, Sequence
from typing import Final, Protocol

import nats.errors
import pyarrow as pa
from nats.js import JetStreamContext
from nats.js.api import Header
from nats.js.errors import APIError, NoStreamResponseError

from yongzhou.core import wire
from yongzhou.core.observe import trace
from yongzhou.gateways.kit.frame import DeviceFrame, judge

log = logging.getLogger(__name__)

BATCH_S: Final = 0.005  # the longest that a frame waits for company
BATCH_WEIGHT: Final = 750_000  # of frames by `DeviceFrame.weight`, so that a message stays under wire.MAX_BYTES
BATCH_FRAMES: Final = 200  # a burst goes out in pieces, so that storing and decoding overlap
IN_FLIGHT: Final = 500
ACK_S: Final = 5.0
WAITING_MAX: Final = 20_000  # frames without acknowledgement before the door stops reading
RETRY: Final = (nats.errors.Error, NoStreamResponseError, APIError, asyncio.TimeoutError, OSError)


class Sink(Protocol):
    """Where answers go: a connection, or one peer of a datagram socket."""

    def answer(self, answers: list[bytes]) -> None:
        """Send the answers; a peer that has left is no error."""


class _Batch:
    """Frames of one message with whom to tell when it is stored."""

    __slots__ = ("frames", "futures", "identity", "told", "weight")

    def __init__(self) -> None:
        self.identity = uuid.uuid4().hex
        self.frames: list[DeviceFrame] = []
        self.told: dict[Sink, list[bytes]] = {}
        self.futures: list[asyncio.Future[None]] = []
        self.weight = 0


def frames_to_table(frames: Sequence[DeviceFrame]) -> pa.Table:
    """Frames as one table of schema `wire.FRAME`, one row a frame."""
    offsets = [0]
    elements: list[str] = []
    phenomena: list[int] = []
    results: list[float | None] = []
    flags: list[int] = []
    words: list[str] = []
    for frame in frames:
        elements += frame.elements
        phenomena += frame.phenomena
        results += frame.results
        frame_flags, frame_words = judge(frame.phenomena, frame.results, frame.received)
        flags += frame_flags
        words += frame_words
        offsets.append(len(elements))
    at = pa.array(offsets, pa.int32())
    instant = pa.timestamp("us", tz="UTC")

    def lists(values: pa.Array) -> pa.ListArray:
        return pa.ListArray.from_arrays(at, values)

    return pa.Table.from_arrays(
        [
            pa.array([frame.station for frame in frames], pa.string()),
            pa.array([frame.identity for frame in frames], pa.binary(16)),
            pa.array([frame.function for frame in frames], pa.string()),
            pa.array([frame.serial for frame in frames], pa.int64()),
            pa.array([frame.received for frame in frames], instant),
            pa.array([frame.peer for frame in frames], pa.string()),
            pa.array([frame.raw for frame in frames], pa.binary()),
            lists(pa.array(elements, pa.string())),
            lists(pa.array(phenomena, instant)),
            lists(pa.array(results, pa.float64())),
            lists(pa.array(flags, pa.int8())),
            lists(pa.array(words, pa.string())),
        ],
        schema=wire.FRAME,
    )


def warm() -> None:
    """Load what the first message needs (a second of imports), so that no device waits for it."""
    wire.encode(frames_to_table([DeviceFrame("", "", None, 0, "", b"", ["x"], [0], [0.0])]))


async def publish_until_stored(js: JetStreamContext, subject: str, payload: bytes, identity: str) -> None:
    """Publish with `Nats-Msg-Id` and repeat with the same id until the stream has acknowledged it."""
    pause = 0.05
    headers = {Header.MSG_ID.value: identity}
    if context := trace.traceparent():
        headers[trace.HEADER] = context
    while True:
        try:
            await js.publish(subject, payload, timeout=ACK_S, headers=headers)
        except RETRY as error:
            log.warning("%s not acknowledged (%s), again in %.2f s", subject, str(error) or repr(error), pause)
            await asyncio.sleep(pause)
            pause = min(2.0, pause * 2)
        else:
            return


def _about(frames: Sequence[DeviceFrame]) -> dict[str, trace.Value]:
    """How a trace of these frames is found: by station."""
    if not trace.ON:
        return {}
    return {"yz.frames": len(frames), "yz.stations": sorted({frame.station for frame in frames})[:20]}


class Publisher:
    """Batches the frames of one door; `submit` never blocks, `full` says when the door should stop reading."""

    def __init__(self, js: JetStreamContext, door: str, shard: str = "0") -> None:
        if door not in wire.DOORS:
            raise ValueError(f"OBS does not listen to door {door!r}")
        self._js = js
        self._subject = f"obs.{door}.{shard}"
        self._batch = _Batch()
        self._timer: asyncio.Handle | None = None
        self._flying = 0
        self._slots = asyncio.Semaphore(IN_FLIGHT)
        self._sending: set[asyncio.Task[None]] = set()
        self._resume: list[Callable[[], None]] = []
        self.waiting = 0
        self.stored = 0

    @property
    def full(self) -> bool:
        """Too many frames wait for the bus: read no more."""
        return self.waiting >= WAITING_MAX

    def when_free(self, resume: Callable[[], None]) -> None:
        """Call `resume` once when the bus has caught up."""
        self._resume.append(resume)

    def submit(self, frames: Sequence[DeviceFrame], sink: Sink | None = None, answer: bytes | None = None) -> None:
        """Queue frames that belong together; `sink` gets `answer` when all of them are stored."""
        batch = self._room(frames)
        if sink is not None and answer is not None:
            batch.told.setdefault(sink, []).append(answer)
        if len(batch.frames) >= BATCH_FRAMES:
            self._flush()

    def stored_together(self, frames: Sequence[DeviceFrame]) -> asyncio.Future[None]:
        """Queue frames and get a future that ends when they are stored: for doors that answer by `await`."""
        batch = self._room(frames)
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        batch.futures.append(future)
        return future

    def _room(self, frames: Sequence[DeviceFrame]) -> _Batch:
        weight = sum(frame.weight for frame in frames)
        if weight > BATCH_WEIGHT:
            raise ValueError(f"frames of about {weight} bytes do not fit in one message")
        if self._batch.weight + weight > BATCH_WEIGHT:
            self._flush()
        batch = self._batch
        batch.frames.extend(frames)
        batch.weight += weight
        self.waiting += len(frames)
        if self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(BATCH_S, self._flush) if self._flying else loop.call_soon(self._flush)
        return batch

    def _flush(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        batch, self._batch = self._batch, _Batch()
        if batch.frames:
            self._flying += 1
            task = asyncio.get_running_loop().create_task(self._send(batch))
            self._sending.add(task)
            task.add_done_callback(self._sending.discard)

    async def _send(self, batch: _Batch) -> None:
        try:
            async with self._slots:
                with trace.span(f"publish {self._subject}", attributes=_about(batch.frames)):
                    message = wire.encode(frames_to_table(batch.frames))
                    await publish_until_stored(self._js, self._subject, message, batch.identity)
        finally:
            self._flying -= 1
        if not self._flying:
            self._flush()
        self.waiting -= len(batch.frames)
        self.stored += len(batch.frames)
        for sink, answers in batch.told.items():
            sink.answer(answers)
        for future in batch.futures:
            if not future.done():
                future.set_result(None)
        if self._resume and self.waiting < WAITING_MAX // 2:
            resume, self._resume = self._resume, []
            for call in resume:
                call()

    async def drain(self, timeout: float = 5.0) -> None:
        """Send what is queued and wait for it; what the bus does not take in `timeout` seconds stays unanswered."""
        self._flush()
        if self._sending:
            _, late = await asyncio.wait(set(self._sending), timeout=timeout)
            for task in late:
                task.cancel()

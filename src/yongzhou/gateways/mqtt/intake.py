"""A device's message becomes a frame for OBS, or lies in quarantine with its reason; answered only once it is kept."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Final

from yongzhou.core.wire import frame_identity
from yongzhou.gateways.kit.door import Door
from yongzhou.gateways.kit.frame import DeviceFrame
from yongzhou.gateways.kit.publisher import BATCH_WEIGHT, Sink
from yongzhou.gateways.kit.quarantine import Rejected
from yongzhou.gateways.mqtt.names import UP
from yongzhou.gateways.mqtt.packets import Publish
from yongzhou.gateways.mqtt.payload import PayloadError, read

PEER: Final = "mqtt"


@dataclass(slots=True)
class MqttFrame(DeviceFrame):
    """A message as a frame. A payload without a time of its own is a report of the moment of its receipt: a level that
    stays at 12.3 m is sent as the same bytes again and again."""

    key: bytes = b""

    @property
    def identity(self) -> bytes:
        """16 bytes: hash of topic, payload, and moment of receipt where the payload carries no time."""
        return frame_identity(self.key + self.raw)


class Intake:
    """What becomes of each message."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._last = 0

    def _now(self) -> int:
        """Microseconds since 1970 UTC, never twice the same: two reports without time are two moments."""
        self._last = max(self._last + 1, time.time_ns() // 1000)
        return self._last

    def take(self, device: str, message: Publish, sink: Sink, answer: bytes | None) -> None:
        """Store a message or put it aside; `sink` gets `answer` when that is done. No device's bytes raise."""
        received = self._now()
        topic, payload = message.topic, message.payload
        own = f"{UP}{device}/"
        if not topic.startswith(own):
            self.reject(f"主题应以 {own} 开头，设备只能以自己的名义上报", device, message, sink, answer)
            return
        self._door.received += 1
        try:
            said = read(device, topic[len(own) :], payload, received)
        except PayloadError as error:
            self.reject(error.reason, device, message, sink, answer, error.where)
            return
        frame = MqttFrame(
            device,
            "publish",
            None,
            received,
            PEER,
            payload,
            said.elements,
            said.phenomena,
            said.results,
            (f"{topic}\n" if said.dated else f"{received} {topic}\n").encode(),
        )
        if frame.weight > BATCH_WEIGHT:
            self.reject("报文的观测太多，请分成几条发", device, message, sink, answer)
            return
        self._door.publisher.submit([frame], sink, answer)

    def reject(
        self, reason: str, device: str, message: Publish, sink: Sink, answer: bytes | None, where: str = ""
    ) -> None:
        """Put a message aside with its reason; a repetition would not mend it, so it is answered then."""
        where = f"{message.topic[:200]} {where}".strip()
        rejected = Rejected(PEER, self._now(), reason, where, message.payload, device)
        self._door.quarantine.put(rejected, None if answer is None else lambda: sink.answer([answer]))

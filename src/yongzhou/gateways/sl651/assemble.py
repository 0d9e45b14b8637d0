"""Packets of one message (M3) put together; missing ones are named so that the door can ask again. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final

from yongzhou.gateways.sl651.frame import Frame

BYTES_MAX: Final = 600_000  # of one message; its frames must fit in one message on the bus
MESSAGES_MAX: Final = 4  # unfinished messages of one connection
REQUESTS_MAX: Final = 3

Key = tuple[str, int, int]


class TooLargeError(ValueError):
    """A multi-packet message beyond the door's bounds; the text is Chinese."""


@dataclass(slots=True)
class Message:
    """The packets of one message by index."""

    total: int
    packets: dict[int, Frame] = field(default_factory=dict)
    size: int = 0
    requests: int = 0

    @property
    def missing(self) -> list[int]:
        """Indexes of packets that have not come."""
        return [index for index in range(1, self.total + 1) if index not in self.packets]

    @property
    def frames(self) -> list[Frame]:
        """The packets in order."""
        return [self.packets[index] for index in sorted(self.packets)]

    def merged(self) -> Frame:
        """The first packet with the bodies of all; serial and time stand in the first packet only."""
        frames = self.frames
        return replace(frames[0], body=b"".join(frame.body for frame in frames))


@dataclass(slots=True)
class Assembler:
    """Unfinished messages of one connection by station, function and number of packets."""

    messages: dict[Key, Message] = field(default_factory=dict)

    def add(self, frame: Frame) -> Message:
        """Put a packet in its message; a repeated packet replaces itself. `TooLargeError` beyond the bounds."""
        key = (frame.station, frame.function, frame.total)
        message = self.messages.get(key)
        if message is None:
            if len(self.messages) >= MESSAGES_MAX:
                raise TooLargeError(f"同一连接上未完成的多包报文超过 {MESSAGES_MAX} 份")
            message = self.messages[key] = Message(frame.total)
        old = message.packets.get(frame.index)
        message.size += len(frame.raw) - (len(old.raw) if old else 0)
        if message.size > BYTES_MAX:
            del self.messages[key]
            raise TooLargeError(f"多包报文超过 {BYTES_MAX} 字节")
        message.packets[frame.index] = frame
        return message

    def drop(self, message: Message) -> None:
        """Forget a message that is complete or given up."""
        self.messages = {key: kept for key, kept in self.messages.items() if kept is not message}

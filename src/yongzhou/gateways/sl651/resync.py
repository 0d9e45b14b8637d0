"""Frames out of a byte stream that may hold garbage, halves and broken frames. Pure; bounded memory.

Where a frame is broken the search goes on one byte further, not two: garbage that ends with 7E would otherwise take
the first half of the next start sign with it. All bytes skipped up to the next sound frame are one piece of junk.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from yongzhou.gateways.sl651.frame import ASCII_START, HEX_START, Frame, FrameError, IncompleteError, frame_at

JUNK_MAX: Final = 65_536
IDLE_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class Junk:
    """Skipped bytes with the reason of the first start sign that failed."""

    raw: bytes
    reason: str


@dataclass(slots=True)
class Resync:
    """Feed bytes, get frames and junk in the order of arrival."""

    _buffer: bytearray = field(default_factory=bytearray)
    _junk: bytearray = field(default_factory=bytearray)
    _reason: str = ""

    @property
    def waiting(self) -> bool:
        """Bytes are kept that may become a frame or belong to junk."""
        return bool(self._buffer or self._junk)

    def feed(self, data: bytes) -> list[Frame | Junk]:
        """What became complete with these bytes."""
        if not self._buffer and not self._junk:
            try:
                frame = frame_at(data)  # nearly always: one read is one frame
            except FrameError:
                pass
            else:
                if len(frame.raw) == len(data):
                    return [frame]
        self._buffer += data
        return self._run(last=False)

    def flush(self) -> list[Frame | Junk]:
        """What is left when nothing came for `IDLE_S` or the connection ended: a started frame is junk now."""
        found = self._run(last=True)
        self._close_junk(found)
        return found

    def _run(self, *, last: bool) -> list[Frame | Junk]:
        found: list[Frame | Junk] = []
        buffer, at = self._buffer, 0
        while at < len(buffer):
            start = _next_start(buffer, at)
            if start > at:
                self._skip(buffer[at:start], "起始符之前的字节", found)
                at = start
                continue
            try:
                frame = frame_at(buffer, at)
            except IncompleteError as error:
                if not last:
                    break
                self._skip(buffer[at : at + 1], f"报文中断:{error}", found)
                at += 1
            except FrameError as error:
                self._skip(buffer[at : at + 1], str(error), found)
                at += 1
            else:
                self._close_junk(found)
                found.append(frame)
                at += len(frame.raw)
        del buffer[:at]
        return found

    def _skip(self, data: bytes | bytearray, reason: str, found: list[Frame | Junk]) -> None:
        if not self._junk:
            self._reason = reason
        self._junk += data
        if len(self._junk) >= JUNK_MAX:
            self._close_junk(found)

    def _close_junk(self, found: list[Frame | Junk]) -> None:
        if self._junk:
            found.append(Junk(bytes(self._junk), self._reason))
            self._junk.clear()


def _next_start(buffer: bytearray, at: int) -> int:
    """Offset of the next possible start sign, `len(buffer)` if none; a lone 7E at the end may be the first half."""
    if buffer.startswith(HEX_START, at):
        return at
    end = len(buffer)
    hex_at = buffer.find(HEX_START, at)
    if hex_at < 0:
        hex_at = end - 1 if buffer[-1:] == HEX_START[:1] else end
    ascii_at = buffer.find(ASCII_START, at, hex_at)
    return ascii_at if ascii_at >= 0 else hex_at

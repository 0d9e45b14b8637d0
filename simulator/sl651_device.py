"""A telemetry station after SL 651-2014: an encoder of its own and a client that reports, waits, repeats.

Written from the standard, independently of the door it speaks to: the two check each other.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Final

log = logging.getLogger(__name__)

BEIJING: Final = timezone(timedelta(hours=8))
ETX: Final = b"\x03"
ETB: Final = b"\x17"
HEAD: Final = 14  # bytes of a downward frame before its content
CURRENT: Final = 0x37  # the centre asks for current data
CLASS_OF_KIND: Final = {"PP": "P", "ZQ": "H", "RR": "K", "ZZ": "H"}


def modbus_crc(data: bytes) -> int:
    """CRC-16 with polynomial 8005 reflected, initial FFFF, bit by bit as the annex describes it."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            carry = crc & 1
            crc >>= 1
            if carry:
                crc ^= 0xA001
    return crc


def number(identifier: str, value: float | None, size: int, decimals: int) -> bytes:
    """An element: identifier (2 or 4 hex digits), definition byte, `size` bytes of BCD; None is sent as FF.

    Raises `ValueError` when the value does not fit.
    """
    head = bytes.fromhex(identifier) + bytes(((size << 3) | decimals,))
    if value is None:
        return head + b"\xff" * size
    scaled = round(abs(value) * 10**decimals)
    negative = value < 0 and scaled > 0
    digits = 2 * (size - 1 if negative else size)
    text = str(scaled).zfill(digits)
    if len(text) > digits:
        raise ValueError(f"{value} does not fit in {size} bytes with {decimals} decimals")
    return head + (b"\xff" if negative else b"") + bytes.fromhex(text)


def five_minute_rains(values: Sequence[float | None]) -> bytes:
    """Element F4: twelve rains of five minutes in mm."""
    return b"\xf4\x60" + bytes(0xFF if value is None else round(value * 10) for value in values)


def five_minute_levels(values: Sequence[float | None]) -> bytes:
    """Element F5: twelve levels above the station's base in m."""
    words = (0xFFFF if value is None else round(value * 100) for value in values)
    return b"\xf5\xc0" + b"".join(word.to_bytes(2, "big") for word in words)


def body(serial: int, sent: datetime, station: str, kind: str, observed: datetime, elements: bytes) -> bytes:
    """Body of a report: serial, time of sending, station with class, observation time, elements. Times in Beijing."""
    return b"".join(
        (
            serial.to_bytes(2, "big"),
            bytes.fromhex(f"{sent:%y%m%d%H%M%S}"),
            b"\xf1\xf1",
            bytes.fromhex(station),
            kind.encode(),
            b"\xf0\xf0",
            bytes.fromhex(f"{observed:%y%m%d%H%M}"),
            elements,
        )
    )


def upward(function: int, station: str, content: bytes, *, centre: int = 1, password: str = "1234") -> bytes:
    """A HEX/BCD frame of one packet from a station (10 digits)."""
    frame = b"".join(
        (
            b"\x7e\x7e",
            bytes((centre,)),
            bytes.fromhex(station + password),
            bytes((function,)),
            len(content).to_bytes(2, "big"),
            b"\x02",
            content,
            ETX,
        )
    )
    return frame + modbus_crc(frame).to_bytes(2, "big")


def upward_packets(function: int, station: str, content: bytes, size: int, *, centre: int = 1) -> list[bytes]:
    """The same content as SYN packets of at most `size` content bytes (mode M3)."""
    parts = [content[n : n + size] for n in range(0, len(content), size)]
    frames = []
    for index, part in enumerate(parts, 1):
        numbers = (len(parts) << 12 | index).to_bytes(3, "big")
        frame = b"".join(
            (
                b"\x7e\x7e",
                bytes((centre,)),
                bytes.fromhex(station + "1234"),
                bytes((function,)),
                (3 + len(part)).to_bytes(2, "big"),
                b"\x16",
                numbers,
                part,
                ETX if index == len(parts) else ETB,
            )
        )
        frames.append(frame + modbus_crc(frame).to_bytes(2, "big"))
    return frames


def upward_ascii(function: int, station: str, text: str, *, centre: int = 1, password: str = "1234") -> bytes:
    """An ASCII frame: header fields as hex characters, `text` as body."""
    content = text.encode("ascii")
    head = f"{centre:02X}{station}{password}{function:02X}{len(content):04X}".encode()
    frame = b"\x01" + head + b"\x02" + content + ETX
    return frame + f"{modbus_crc(frame):04X}".encode()


class NoAnswerError(ConnectionError):
    """The centre did not confirm a report in all attempts."""


@dataclass(slots=True)
class Device:
    """A station on TCP: keeps its serial, repeats a report until it is confirmed, reconnects."""

    station: str
    kind: str
    host: str
    port: int
    timeout: float = 10.0
    attempts: int = 1000
    serial: int = 0
    now: Callable[[], bytes] | None = None  # elements as they stand, for the centre's query
    answered: int = 0
    _streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = field(default=None)

    async def report(self, function: int, observed: datetime, elements: bytes, sent: datetime | None = None) -> int:
        """Send one report and wait for its confirmation; gives the number of attempts. `NoAnswerError` in the end."""
        self.serial = self.serial % 65_535 + 1
        content = body(self.serial, sent or observed, self.station, self.kind, observed, elements)
        return await self.deliver(upward(function, self.station, content))

    async def deliver(self, frame: bytes) -> int:
        """Send a frame until the answer with the same serial comes."""
        for attempt in range(1, self.attempts + 1):
            try:
                await self._once(frame)
            except (TimeoutError, OSError, asyncio.IncompleteReadError, EOFError) as error:
                log.info("%s attempt %d: %r", self.station, attempt, error)
                await self.close()
                await asyncio.sleep(min(2.0, 0.05 * attempt))
            else:
                return attempt
        raise NoAnswerError(f"站 {self.station} 的报文未得到确认")

    async def _once(self, frame: bytes) -> None:
        if self._streams is None:
            self._streams = await asyncio.open_connection(self.host, self.port)
        reader, writer = self._streams
        writer.write(frame)
        await writer.drain()
        while True:
            answer = await asyncio.wait_for(read_answer(reader), self.timeout)
            if answer[10] == CURRENT:
                await self._obey()
            elif answer[14:16] == frame[14:16] and answer[10] == frame[10]:
                return

    async def listen(self, seconds: float) -> None:
        """Wait that long and answer the centre's queries meanwhile (mode M4); a lost one is the next report's."""
        until = asyncio.get_running_loop().time() + seconds
        while (left := until - asyncio.get_running_loop().time()) > 0:
            if self._streams is None:
                await asyncio.sleep(left)
                return
            try:
                head = await asyncio.wait_for(self._streams[0].readexactly(HEAD), left)
            except TimeoutError:
                return
            except (OSError, asyncio.IncompleteReadError):
                await self.close()
                continue
            asked = await read_answer(self._streams[0], head)
            if asked[10] == CURRENT:
                await self._obey()

    async def _obey(self) -> None:
        """Answer a query for current data."""
        if self.now is None or self._streams is None:
            return
        self.serial = self.serial % 65_535 + 1
        moment = datetime.now(BEIJING)
        content = body(self.serial, moment, self.station, self.kind, moment, self.now())
        self._streams[1].write(upward(CURRENT, self.station, content))
        await self._streams[1].drain()
        self.answered += 1

    async def send_raw(self, data: bytes) -> None:
        """Send bytes that nobody answers."""
        if self._streams is None:
            self._streams = await asyncio.open_connection(self.host, self.port)
        self._streams[1].write(data)
        await self._streams[1].drain()

    async def close(self) -> None:
        """Hang up."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


async def read_answer(reader: asyncio.StreamReader, head: bytes = b"") -> bytes:
    """One downward HEX/BCD frame, its head read before or not; `ConnectionError` if it is none or its CRC is wrong."""
    head = head or await reader.readexactly(HEAD)
    length = int.from_bytes(head[11:13], "big")
    rest = await reader.readexactly((length & 0xFFF) + 3)
    frame = head + rest
    if head[:2] != b"\x7e\x7e" or length >> 12 != 8 or modbus_crc(frame[:-2]) != int.from_bytes(frame[-2:], "big"):
        raise ConnectionError(f"应答报文有误:{frame.hex()}")
    return frame

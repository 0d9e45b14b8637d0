"""Control packets of MQTT 3.1.1 (OASIS standard, 29 October 2014), as far as a server needs them. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

PACKET_MAX: Final = 80_000  # a payload of 65,536 with its topic; a larger one ends the connection
LEVEL: Final = 4  # protocol level of 3.1.1, section 3.1.2.2
PINGRESP: Final = b"\xd0\x00"
SUBSCRIPTION_REFUSED: Final = 0x80


class Kind(IntEnum):
    """Control packet types, section 2.2.1."""

    CONNECT = 1
    PUBLISH = 3
    PUBACK = 4
    PUBREC = 5
    PUBREL = 6
    PUBCOMP = 7
    SUBSCRIBE = 8
    UNSUBSCRIBE = 10
    PINGREQ = 12
    DISCONNECT = 14


class Return(IntEnum):
    """Return codes of CONNACK, section 3.2.2.3."""

    ACCEPTED = 0
    BAD_PROTOCOL = 1
    BAD_CLIENT_ID = 2
    UNAVAILABLE = 3
    BAD_LOGIN = 4


class PacketError(ValueError):
    """Bytes that break the standard: the connection must be closed (section 4.8)."""


class BadProtocolError(PacketError):
    """A well-formed CONNECT of another protocol or level: answered with return code 1."""


@dataclass(frozen=True, slots=True)
class Will:
    """What the device wants said when it is lost without DISCONNECT."""

    topic: str
    payload: bytes
    qos: int


@dataclass(frozen=True, slots=True)
class Connect:
    """A CONNECT; `keep_alive` in seconds, 0 for none."""

    client_id: str
    user: str
    secret: str
    keep_alive: int
    will: Will | None


@dataclass(frozen=True, slots=True)
class Publish:
    """A PUBLISH; `identifier` is 0 at QoS 0."""

    topic: str
    payload: bytes
    qos: int
    identifier: int


class Splitter:
    """Cuts a stream of bytes into packets."""

    __slots__ = ("_rest",)

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[tuple[int, bytes]]:
        """Whole packets as (first byte, body); what is left waits for more. `PacketError` for a length that cannot be.

        The remaining length has one to four bytes of seven bits (section 2.2.3).
        """
        if self._rest:
            data = self._rest + data
        at, end = 0, len(data)
        found: list[tuple[int, bytes]] = []
        while end - at >= 2:
            size, body = data[at + 1], at + 2
            if size & 0x80:
                size &= 0x7F
                shift = 7
                while body < end:
                    digit = data[body]
                    body += 1
                    size |= (digit & 0x7F) << shift
                    if not digit & 0x80:
                        break
                    shift += 7
                    if shift > 21:
                        raise PacketError("remaining length has more than four bytes")
                else:
                    break  # the length itself is not whole
            if size > PACKET_MAX:
                raise PacketError(f"packet of {size} bytes, at most {PACKET_MAX}")
            stop = body + size
            if stop > end:
                break
            found.append((data[at], data[body:stop]))
            at = stop
        self._rest = data[at:]
        return found


class _Fields:
    """Reads the fields of a body one after the other; `PacketError` where it is too short."""

    def __init__(self, body: bytes) -> None:
        self._body, self._at = body, 0

    @property
    def left(self) -> int:
        return len(self._body) - self._at

    def number(self, size: int) -> int:
        return int.from_bytes(self._take(size), "big")

    def data(self) -> bytes:
        return self._take(self.number(2))

    def text(self) -> str:
        return _text(self.data())

    def _take(self, size: int) -> bytes:
        if self.left < size:
            raise PacketError("packet is too short")
        self._at += size
        return self._body[self._at - size : self._at]


def _text(raw: bytes) -> str:
    """UTF-8 without U+0000, section 1.5.3."""
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        raise PacketError("text is not UTF-8") from error
    if "\0" in text:
        raise PacketError("text contains U+0000")
    return text


def connect(body: bytes) -> Connect:
    """Read a CONNECT (section 3.1). `BadProtocolError` for another protocol or level, `PacketError` for nonsense.

    The clean-session flag is read over: a session here lives as long as its connection.
    """
    fields = _Fields(body)
    if fields.text() != "MQTT" or fields.number(1) != LEVEL:
        raise BadProtocolError("not MQTT 3.1.1")
    flags, keep_alive, client_id = fields.number(1), fields.number(2), fields.text()
    if flags & 0x01:
        raise PacketError("reserved flag of CONNECT is set")
    if not flags & 0x80 and flags & 0x40:
        raise PacketError("password without user name")
    qos = flags >> 3 & 3
    if qos == 3 or (not flags & 0x04 and flags & 0x38):
        raise PacketError("will flags contradict each other")
    will = Will(fields.text(), fields.data(), qos) if flags & 0x04 else None
    user = fields.text() if flags & 0x80 else ""
    secret = fields.data().decode(errors="replace") if flags & 0x40 else ""
    if fields.left:
        raise PacketError("CONNECT is too long")
    return Connect(client_id, user, secret, keep_alive, will)


def publish(first: int, body: bytes) -> Publish:
    """Read a PUBLISH (section 3.3); `first` is its first byte. Raises `PacketError`."""
    size = len(body)
    qos = first >> 1 & 3
    if size < 2 or qos == 3:
        raise PacketError("PUBLISH is too short or has QoS 3")
    at = 2 + (body[0] << 8 | body[1])
    topic = _text(body[2:at])
    if not topic or "+" in topic or "#" in topic:
        raise PacketError("topic is empty or has wildcards")
    if not qos:
        if at > size:
            raise PacketError("PUBLISH is too short")
        return Publish(topic, body[at:], 0, 0)
    if at + 2 > size:
        raise PacketError("PUBLISH is too short")
    return Publish(topic, body[at + 2 :], qos, _checked(body[at] << 8 | body[at + 1]))


def identifier(body: bytes) -> int:
    """The packet identifier of a body that is nothing else: PUBACK, PUBREC, PUBREL, PUBCOMP. Raises `PacketError`."""
    if len(body) != 2:
        raise PacketError("acknowledgement is not two bytes")
    return _checked(int.from_bytes(body, "big"))


def subscribe(body: bytes) -> tuple[int, list[tuple[str, int]]]:
    """Identifier, and topic filters with the wanted QoS (section 3.8). Raises `PacketError`."""
    fields = _Fields(body)
    number = _checked(fields.number(2))
    wanted: list[tuple[str, int]] = []
    while fields.left:
        topic, qos = fields.text(), fields.number(1)
        if qos > 2 or not topic:
            raise PacketError("subscription with QoS above 2 or without topic")
        wanted.append((topic, qos))
    if not wanted:
        raise PacketError("SUBSCRIBE without topic filter")
    return number, wanted


def unsubscribe(body: bytes) -> tuple[int, list[str]]:
    """Identifier and topic filters (section 3.10). Raises `PacketError`."""
    fields = _Fields(body)
    number = _checked(fields.number(2))
    topics: list[str] = []
    while fields.left:
        topics.append(fields.text())
    if not topics:
        raise PacketError("UNSUBSCRIBE without topic filter")
    return number, topics


def _checked(number: int) -> int:
    if not number:
        raise PacketError("packet identifier 0")
    return number


def connack(code: Return) -> bytes:
    """CONNACK; session present is always 0."""
    return bytes((0x20, 2, 0, code))


def acknowledgement(kind: Kind, number: int) -> bytes:
    """PUBACK, PUBREC, PUBREL (whose flags are 2, section 3.6.1) or PUBCOMP."""
    return bytes((kind << 4 | (2 if kind is Kind.PUBREL else 0), 2, number >> 8, number & 0xFF))


def suback(number: int, codes: list[int]) -> bytes:
    """SUBACK: one code a filter, the granted QoS or `SUBSCRIPTION_REFUSED`."""
    return b"\x90" + _length(2 + len(codes)) + number.to_bytes(2, "big") + bytes(codes)


def unsuback(number: int) -> bytes:
    """UNSUBACK."""
    return b"\xb0\x02" + number.to_bytes(2, "big")


def message(topic: str, payload: bytes, number: int) -> bytes:
    """A PUBLISH at QoS 1 with this identifier."""
    name = topic.encode()
    body = len(name).to_bytes(2, "big") + name + number.to_bytes(2, "big") + payload
    return b"\x32" + _length(len(body)) + body


def _length(size: int) -> bytes:
    digits = bytearray()
    while True:
        size, digit = size >> 7, size & 0x7F
        if not size:
            digits.append(digit)
            return bytes(digits)
        digits.append(digit | 0x80)

"""Pieces of a binary body: times and numbers in BCD, elements with their definitions. Pure.

A body begins with serial (2 B) and time of sending (6 B BCD, YYMMDDHHmmss); then elements: identifier byte, definition
byte (high 5 bits = bytes of data, low 3 = decimals), data in BCD. FF as first data byte means negative, FF in all data
bytes means missing. Guides: F0F0 observation time (YYMMDDHHmm), F1F1 station and class, F2F2 text to the end, F3F3
picture to the end, F460 twelve 5-minute rains (1 B each, 0.1 mm), F5C0 … FCC0 twelve relative levels (2 B each,
0.01 m), 0418 time step (DDHHmm), FF + 1 B extension identifiers. Device time is Beijing time.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from enum import Enum
from typing import Final, NamedTuple

BEIJING_US: Final = 8 * 3_600_000_000
HEADER: Final = 8  # serial and time of sending
VOLTAGE: Final = b"\x38\x12"
VOLTAGE_SIZE: Final = 4
SCALE: Final = tuple(10.0**n for n in range(8))
times: dict[str, int] = {}  # those met lately: devices of one city send the same minutes


class ReportError(ValueError):
    """A sound frame whose content is impossible: `reason` in Chinese, `where` the field, `offset` in the frame."""

    def __init__(self, reason: str, where: str, offset: int) -> None:
        super().__init__(f"{where}(偏移 {offset}):{reason}")
        self.reason = reason
        self.where = where
        self.offset = offset


class Role(Enum):
    """What a piece of a body is."""

    TIME = "观测时间"
    STATION = "测站编码"
    STEP = "时间步长"
    TEXT = "人工置数"
    PICTURE = "图片"
    RAIN = "5分钟雨量"
    LEVEL = "5分钟相对水位"
    VALUE = "要素"
    SERIES = "要素序列"
    OPAQUE = "未解析"


class Piece(NamedTuple):
    """One piece of a binary body; `offset` and `size` cover identifier, definition and data."""

    role: Role
    code: str
    offset: int
    size: int
    data: bytes
    width: int
    decimals: int


def bcd_time(digits: str, where: str, offset: int) -> int:
    """Microseconds UTC of YYMMDDHHmm[ss] in Beijing time; years 51-99 are 19xx. `ReportError` if impossible."""
    known = times.get(digits)
    if known is not None:
        return known
    if not digits.isdecimal():
        raise ReportError(f"时间 {digits} 含有非 BCD 半字节", where, offset)
    year, month, day, hour, minute = (int(digits[n : n + 2]) for n in range(0, 10, 2))
    second = int(digits[10:12]) if len(digits) == 12 else 0
    try:
        when = datetime(year + (1900 if year > 50 else 2000), month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        raise ReportError(
            f"时间 {digits} 不存在(年月日时分{'秒' if len(digits) == 12 else ''})", where, offset
        ) from None
    result = int(when.timestamp()) * 1_000_000 - BEIJING_US
    if len(times) > 4096:
        times.clear()
    times[digits] = result
    return result


def bcd_value(data: bytes, decimals: int, where: str, offset: int) -> float | None:
    """A BCD number; None when all bytes are FF, negative when the first is FF. `ReportError` on nibbles A-F."""
    digits = data.hex()
    if digits.isdecimal():
        return int(digits) / SCALE[decimals]
    if data.count(0xFF) == len(data):
        return None
    if digits.startswith("ff") and digits[2:].isdecimal():
        return -int(digits[2:]) / SCALE[decimals]
    raise ReportError(f"数值 {digits.upper()} 含有非 BCD 半字节", where, offset)


def pieces(body: bytes, offset: int) -> Iterator[Piece]:
    """Cut a binary body behind its header into pieces; `offset` is where `body` begins in the frame.

    Raises `ReportError` where an element reaches beyond the end of the body.
    """
    at, end = HEADER, len(body)
    series = False
    while at < end:
        code, begin = body[at], at
        at += 1
        if at >= end:
            raise ReportError("要素标识符之后没有数据定义", f"标识符 {code:02X}", offset + begin)
        name = f"{code:02X}"
        if code == 0xFF:
            name = f"FF{body[at]:02X}"
            at += 1
            if at >= end:
                raise ReportError("扩展标识符之后没有数据定义", f"标识符 {name}", offset + begin)
        definition = body[at]
        at += 1
        width, decimals = definition >> 3, definition & 7
        if code == 0xF0 or code == 0xF1:
            width, role = (5, Role.TIME) if code == 0xF0 else (6, Role.STATION)
        elif code == 0xF2 or code == 0xF3 or code == 0xFD:
            width = end - at
            role = Role.TEXT if code == 0xF2 else Role.PICTURE if code == 0xF3 else Role.OPAQUE
        elif code == 0xF4:
            width, role = 12, Role.RAIN
        elif 0xF5 <= code <= 0xFC:
            width, role = 24, Role.LEVEL
        elif code == 0x04:
            role = Role.STEP
        else:
            role = Role.VALUE
        size = width
        if role is Role.STEP:
            series = True
        elif series and role is Role.VALUE and width:
            size, series, role = _series_size(body, at, width), False, Role.SERIES
        if at + size > end:
            raise ReportError(f"数据定义要求 {size} 字节,正文只剩 {end - at} 字节", f"标识符 {name}", offset + begin)
        yield Piece(role, name, offset + begin, at + size - begin, body[at : at + size], width, decimals)
        at += size


def _series_size(body: bytes, at: int, width: int) -> int:
    """Bytes of a series: to the end of the body, or to a supply voltage that closes it (verify)."""
    left = len(body) - at
    if left > VOLTAGE_SIZE and body[-VOLTAGE_SIZE:-2] == VOLTAGE and (left - VOLTAGE_SIZE) % width == 0:
        return left - VOLTAGE_SIZE
    return left // width * width

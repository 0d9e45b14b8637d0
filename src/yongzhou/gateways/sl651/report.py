"""Reports: from the pieces of a body to observations. Pure.

The twelve values of F4 and F5-FC are stamped T-55 min … T with T the observation time; the series after a step code
starts at the observation time (verify both against the standard's examples of 34 and 31).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from yongzhou.gateways.sl651.elements import BY_ASCII
from yongzhou.gateways.sl651.frame import HEX_CHARACTERS, Frame
from yongzhou.gateways.sl651.pieces import HEADER, SCALE, ReportError, Role, bcd_time, bcd_value, pieces, times

MINUTE_US: Final = 60_000_000
FIVE_MINUTES: Final = 5
STATUS: Final = 0x45  # 32 state bits, not BCD
_CODES: Final = tuple(f"{code:02X}" for code in range(256))
_NOT_PLAIN: Final = (0x04, STATUS)


@dataclass(slots=True)
class Report:
    """A decoded body: times in microseconds since 1970 UTC, missing results None, three lists of equal length."""

    serial: int
    sent: int
    station: str
    station_class: str = ""
    text: str = ""
    picture: bytes = b""
    elements: list[str] = field(default_factory=list)
    phenomena: list[int] = field(default_factory=list)
    results: list[float | None] = field(default_factory=list)

    def add(self, element: str, phenomenon: int, result: float | None) -> None:
        """Append one observation."""
        self.elements.append(element)
        self.phenomena.append(phenomenon)
        self.results.append(result)


def decode(frame: Frame) -> Report:
    """The report of an upward frame (a merged one if it came in packets); `ReportError` if its content is impossible.

    The station is the one of F1F1 where given (an RTU may report for another), else the frame's address.
    """
    if frame.ascii:
        return _decode_ascii(frame)
    body, base = frame.body, frame.body_offset
    if len(body) < HEADER:
        raise ReportError(f"正文只有 {len(body)} 字节,缺少流水号和发报时间", "正文", base)
    report = Report(
        serial=body[0] << 8 | body[1],
        sent=bcd_time(body[2:8].hex(), "发报时间", base + 2),
        station=frame.station,
    )
    if _decode_plain(report, body):
        return report
    when = report.sent
    step = 0
    for role, code, offset, _, data, width, decimals in pieces(body, base):
        if role is Role.VALUE:
            if width:
                report.add(code, when, _number(code, data, decimals, offset))
        elif role is Role.TIME:
            when = bcd_time(data.hex(), "观测时间 F0F0", offset + 2)
        elif role is Role.STATION:
            report.station = data[:5].hex().upper()
            report.station_class = chr(data[5]) if 0x20 < data[5] < 0x7F else f"{data[5]:02X}"
        elif role is Role.RAIN:
            _twelve(report, code, when, [None if value == 0xFF else value / 10 for value in data])
        elif role is Role.LEVEL:
            words = [data[n] << 8 | data[n + 1] for n in range(0, 24, 2)]
            _twelve(report, code, when, [None if value == 0xFFFF else value / 100 for value in words])
        elif role is Role.STEP:
            step = _step_minutes(data, offset)
        elif role is Role.SERIES:
            for n in range(0, len(data), width):
                at = when + n // width * step * MINUTE_US
                report.add(code, at, _number(code, data[n : n + width], decimals, offset + 2 + n))
        elif role is Role.TEXT:
            report.text = data.decode("gb18030", errors="replace")
        elif role is Role.PICTURE:
            report.picture = data
    return report


def _decode_plain(report: Report, body: bytes) -> bool:
    """The quick way for bodies of plain BCD elements behind F1F1 and F0F0, by far the most; False = nothing was done.

    Whatever is not plain (other guides, steps, states, FF, faults) is left to `pieces`, which names faults.
    """
    elements: list[str] = []
    phenomena: list[int] = []
    results: list[float | None] = []
    station, kind, when = report.station, "", report.sent
    at, end = HEADER, len(body)
    digits = body.hex()
    while at < end - 1:
        code, definition = body[at], body[at + 1]
        at += 2
        if code == 0xF1 and end - at >= 6 and 0x20 < body[at + 5] < 0x7F:
            station, kind = digits[2 * at : 2 * at + 10].upper(), chr(body[at + 5])
            at += 6
        elif code == 0xF0 and (known := times.get(digits[2 * at : 2 * at + 10])) is not None:
            when = known
            at += 5
        elif code >= 0xF0 or code in _NOT_PLAIN:
            return False
        else:
            stop = at + (definition >> 3)
            value = digits[2 * at : 2 * stop]
            if stop > end or not value.isdecimal():
                return False
            elements.append(_CODES[code])
            phenomena.append(when)
            results.append(int(value) / SCALE[definition & 7])
            at = stop
    if at != end:
        return False
    report.station, report.station_class = station, kind
    report.elements, report.phenomena, report.results = elements, phenomena, results
    return True


def _number(code: str, data: bytes, decimals: int, offset: int) -> float | None:
    if code == _CODES[STATUS]:
        return float(int.from_bytes(data, "big"))
    return bcd_value(data, decimals, f"标识符 {code}", offset)


def _twelve(report: Report, code: str, when: int, values: list[float | None]) -> None:
    for n, value in enumerate(values):
        report.add(code, when - (11 - n) * FIVE_MINUTES * MINUTE_US, value)


def _step_minutes(data: bytes, offset: int) -> int:
    digits = data.hex()
    if len(digits) != 6 or not digits.isdecimal():
        raise ReportError(f"时间步长 {digits.upper()} 应为 3 字节 BCD(日时分)", "时间步长 04", offset)
    return int(digits[0:2]) * 1440 + int(digits[2:4]) * 60 + int(digits[4:6])


def _decode_ascii(frame: Frame) -> Report:
    """ASCII body: serial (4 characters), time (12), then `ST address class TT time`, `identifier value` … by blanks.

    A value of letters M or F only is missing. A terminal that writes the binary body as hexadecimal characters is
    understood too: text always contains a letter beyond F (verify which of the two the standard means).
    """
    text, base = frame.body, frame.body_offset
    if HEX_CHARACTERS.issuperset(text) and len(text) % 2 == 0:
        return decode(_as_binary(frame))
    words = text.decode("gb18030", errors="replace").split()
    if not words or len(words[0]) < 16:
        raise ReportError("正文缺少流水号和发报时间", "正文", base)
    head = words[0]
    if not HEX_CHARACTERS.issuperset(head[:4].encode()):
        raise ReportError(f"流水号 {head[:4]} 不是十六进制字符", "流水号", base)
    report = Report(int(head[:4], 16), bcd_time(head[4:16], "发报时间", base + 4), frame.station)
    words[0] = head[16:]
    when, step, position, element = report.sent, 0, 0, ""
    queue = iter([word for word in words if word])
    for word in queue:
        name = word.upper()
        if name == "ST":
            report.station, report.station_class = next(queue, ""), next(queue, "")
        elif name == "TT":
            when = bcd_time(next(queue, ""), "观测时间 TT", base)
        elif name.startswith("DR") and name[2:3] in "DHN" and name[3:].isdecimal():
            step = int(name[3:]) * {"D": 1440, "H": 60, "N": 1}[name[2]]
        elif name == "RGZS":
            report.text = " ".join(queue)
        elif name in BY_ASCII or name.startswith("FF"):
            element, position = name, 0
        elif not element:
            raise ReportError(f"未知标识符 {word}", "正文", base)
        elif element.startswith("DR"):
            _twelve(report, BY_ASCII[element].code, when, _ascii_twelve(word, element, base))
            element = ""
        else:
            code = BY_ASCII[element].code if element in BY_ASCII else element
            report.add(code, when + position * step * MINUTE_US, _ascii_number(word, element, base))
            position += 1
    return report


def _as_binary(frame: Frame) -> Frame:
    return Frame(
        raw=frame.raw,
        ascii=False,
        down=frame.down,
        centre=frame.centre,
        station=frame.station,
        password=frame.password,
        function=frame.function,
        start=frame.start,
        end=frame.end,
        total=frame.total,
        index=frame.index,
        body=bytes.fromhex(frame.body.decode()),
    )


def _ascii_number(word: str, element: str, base: int) -> float | None:
    if set(word.upper()) <= {"M", "F"}:
        return None
    digits = word[1:] if word[:1] in "+-" else word
    if digits.count(".") > 1 or not digits.replace(".", "").isdecimal():
        raise ReportError(f"数值 {word} 不是数", f"标识符 {element}", base)
    return float(word)


def _ascii_twelve(word: str, element: str, base: int) -> list[float | None]:
    width, scale = (2, 10) if element == "DRP" else (4, 100)
    if len(word) != 12 * width or not HEX_CHARACTERS.issuperset(word.encode()):
        raise ReportError(f"{element} 应为 {12 * width} 个十六进制字符", f"标识符 {element}", base)
    missing = "F" * width
    parts = [word[n : n + width].upper() for n in range(0, len(word), width)]
    return [None if part == missing else int(part, 16) / scale for part in parts]

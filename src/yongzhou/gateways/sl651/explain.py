"""A raw frame with every field named, for the page that shows its bytes. Pure; never raises on bytes."""

from __future__ import annotations

from dataclasses import dataclass

from yongzhou.gateways.sl651.elements import STATION_CLASSES, element_name, element_unit
from yongzhou.gateways.sl651.frame import (
    ASCII_HEAD,
    ASCII_TAIL,
    FUNCTIONS,
    HEX_HEAD,
    PACKET_INFO,
    Control,
    Frame,
    FrameError,
    crc16,
    frame_at,
)
from yongzhou.gateways.sl651.pieces import Piece, ReportError, Role, bcd_value, pieces


@dataclass(frozen=True, slots=True)
class Part:
    """One field: where it begins, its bytes as upper-case hex, its Chinese name, its value as text, its UCUM unit."""

    offset: int
    hex: str
    name_zh: str
    value: str
    unit: str


SIGNS = {
    Control.STX: "STX 正文开始",
    Control.SYN: "SYN 多包正文开始",
    Control.ETX: "ETX 正文结束,后续无报文",
    Control.ETB: "ETB 正文结束,后续有报文",
    Control.ENQ: "ENQ 询问",
    Control.EOT: "EOT 传输结束,退出",
    Control.ACK: "ACK 确认,继续发送",
    Control.NAK: "NAK 否认,要求重发",
    Control.ESC: "ESC 传输结束,保持在线",
}


def explain(raw: bytes) -> list[Part]:
    """The parts of a frame in order, each byte once; bytes that are no sound frame are one part that says why."""
    try:
        frame = frame_at(raw)
    except FrameError as error:
        return [Part(0, raw.hex().upper(), "不是完整的报文", str(error), "")]
    parts = _ascii(frame) if frame.ascii else _binary(frame)
    rest = raw[len(frame.raw) :]
    if rest:
        parts.append(Part(len(frame.raw), rest.hex().upper(), "报文之后的字节", "", ""))
    return parts


def _binary(frame: Frame) -> list[Part]:
    raw = frame.raw
    parts: list[Part] = []

    def part(begin: int, end: int, name: str, value: str = "", unit: str = "") -> None:
        parts.append(Part(begin, raw[begin:end].hex().upper(), name, value, unit))

    part(0, 2, "帧起始符", "HEX/BCD 编码")
    if frame.down:
        part(2, 7, "遥测站地址", frame.station)
        part(7, 8, "中心站地址", str(frame.centre))
    else:
        part(2, 3, "中心站地址", str(frame.centre))
        part(3, 8, "遥测站地址", frame.station)
    part(8, 10, "密码", "●●●●")
    part(10, 11, "功能码", FUNCTIONS.get(frame.function, "未知功能"))
    length = (raw[11] << 8 | raw[12]) & 0xFFF
    part(11, 13, "报文标识及长度", f"{'下行' if frame.down else '上行'},正文 {length} 字节")
    part(13, 14, "正文起始符", SIGNS[Control(frame.start)])
    if frame.start == Control.SYN:
        part(HEX_HEAD, HEX_HEAD + PACKET_INFO, "包总数及序号", f"共 {frame.total} 包,第 {frame.index} 包")
    parts += _body(frame)
    end = HEX_HEAD + length
    part(end, end + 1, "正文结束符", SIGNS[Control(frame.end)])
    part(end + 1, end + 3, "CRC 校验码", f"正确({crc16(raw[:-2]):04X})")
    return parts


def _body(frame: Frame) -> list[Part]:
    body, base = frame.body, frame.body_offset
    if not body:
        return []
    if frame.index > 1 or len(body) < 8:
        return [Part(base, body.hex().upper(), "正文", f"{len(body)} 字节", "")]
    parts = [
        Part(base, body[:2].hex().upper(), "流水号", str(int.from_bytes(body[:2], "big")), ""),
        Part(base + 2, body[2:8].hex().upper(), "发报时间", _time(body[2:8]), ""),
    ]
    if frame.down:
        rest = body[8:]
        return parts + ([Part(base + 8, rest.hex().upper(), "下行正文", f"{len(rest)} 字节", "")] if rest else [])
    at = base + 8
    try:
        for piece in pieces(body, base):
            raw = frame.raw[piece.offset : piece.offset + piece.size].hex().upper()
            parts.append(Part(piece.offset, raw, *_meaning(piece)))
            at = piece.offset + piece.size
    except ReportError as error:
        parts.append(Part(at, frame.raw[at : base + len(body)].hex().upper(), "无法解析", str(error), ""))
    return parts


def _meaning(piece: Piece) -> tuple[str, str, str]:
    """Name, value and unit of a piece of a body."""
    data = piece.data
    if piece.role is Role.TIME:
        return "观测时间", _time(data), ""
    if piece.role is Role.STATION:
        kind = chr(data[5])
        return "测站编码及分类", f"{data[:5].hex().upper()},{STATION_CLASSES.get(kind, f'分类码 {data[5]:02X}')}", ""
    if piece.role is Role.STEP:
        return "时间步长", data.hex(), ""
    if piece.role is Role.TEXT:
        return "人工置数", data.decode("gb18030", errors="replace"), ""
    if piece.role in (Role.PICTURE, Role.OPAQUE):
        return "图片数据" if piece.role is Role.PICTURE else "流速批量数据", f"{len(data)} 字节", ""
    name, unit = element_name(piece.code), element_unit(piece.code)
    if piece.role is Role.RAIN:
        return name, " ".join("缺测" if value == 0xFF else f"{value / 10:.1f}" for value in data), unit
    if piece.role is Role.LEVEL:
        words = [data[n] << 8 | data[n + 1] for n in range(0, 24, 2)]
        return name, " ".join("缺测" if word == 0xFFFF else f"{word / 100:.2f}" for word in words), unit
    if piece.role is Role.SERIES:
        groups = [data[n : n + piece.width] for n in range(0, len(data), piece.width)]
        return name, " ".join(_value(piece, group) for group in groups), unit
    return name, _value(piece, data), unit


def _value(piece: Piece, data: bytes) -> str:
    if not data:
        return ""
    if piece.code == "45":
        return f"{int.from_bytes(data, 'big'):032b}"
    try:
        value = bcd_value(data, piece.decimals, piece.code, piece.offset)
    except ReportError as error:
        return error.reason
    return "缺测" if value is None else f"{value:.{piece.decimals}f}"


def _time(data: bytes) -> str:
    digits = data.hex()
    year = f"{'19' if '51' <= digits[:2] <= '99' else '20'}{digits[:2]}"
    seconds = f":{digits[10:12]}" if len(digits) == 12 else ""
    return f"{year}-{digits[2:4]}-{digits[4:6]} {digits[6:8]}:{digits[8:10]}{seconds}"


def _ascii(frame: Frame) -> list[Part]:
    raw = frame.raw
    length = len(raw) - ASCII_HEAD - ASCII_TAIL
    first = ("遥测站地址", 10) if frame.down else ("中心站地址", 2)
    second = ("中心站地址", 2) if frame.down else ("遥测站地址", 10)
    widths = [("帧起始符", 1), first, second, ("密码", 4), ("功能码", 2), ("报文标识及长度", 4), ("正文起始符", 1)]
    widths += [("正文", length), ("正文结束符", 1), ("CRC 校验码", 4)]
    values = {
        "帧起始符": "ASCII 编码",
        "密码": "●●●●",
        "功能码": FUNCTIONS.get(frame.function, "未知功能"),
        "正文起始符": SIGNS[Control(frame.start)],
        "正文结束符": SIGNS[Control(frame.end)],
    }
    parts: list[Part] = []
    at = 0
    for name, width in widths:
        if width:
            data = raw[at : at + width]
            text = values.get(name) or data.decode("gb18030", errors="replace")
            parts.append(Part(at, data.hex().upper(), name, text, ""))
            at += width
    return parts

"""Frames of SL 651-2014 in both encodings and both directions. Pure: bytes in, frames out.

HEX/BCD frame (clause 6.2): `7E7E`, then upward centre 1 B + station 5 B, downward station 5 B + centre 1 B; password
2 B; function 1 B; direction and length 2 B (high 4 bits 0 up, 8 down; low 12 bits length of what stands between the
start and the end sign); STX 02 or SYN 16 (multi-packet: 3 B follow, total 12 bits and index 12 bits, counted in the
length); body; end sign; CRC-16/MODBUS over all before it, high byte first.

ASCII frame: `01`, then the same fields written as hexadecimal characters, single control bytes for STX/SYN and the end
sign, length in characters, CRC as 4 characters over all bytes before them (verify against the standard's table of the
ASCII frame: the field widths are what terminals of several makers send).
"""

from __future__ import annotations

import array
import sys
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

HEX_START: Final = b"\x7e\x7e"
ASCII_START: Final = b"\x01"
HEX_HEAD: Final = 14
ASCII_HEAD: Final = 24
HEX_TAIL: Final = 3
ASCII_TAIL: Final = 5
MAX_FRAME: Final = ASCII_HEAD + 0xFFF + ASCII_TAIL
PACKET_INFO: Final = 3
HEX_CHARACTERS: Final = frozenset(b"0123456789ABCDEFabcdef")


class Control(IntEnum):
    """Control characters of clause 6.2."""

    STX = 0x02
    ETX = 0x03
    EOT = 0x04
    ENQ = 0x05
    ACK = 0x06
    NAK = 0x15
    SYN = 0x16
    ETB = 0x17
    ESC = 0x1B


STARTS: Final = frozenset((Control.STX, Control.SYN))
ENDS: Final = frozenset(
    (Control.ETX, Control.ETB, Control.ENQ, Control.ACK, Control.NAK, Control.EOT, Control.ESC),
)

FUNCTIONS: Final = {
    0x2F: "链路维持报",
    0x30: "测试报",
    0x31: "均匀时段水文信息报",
    0x32: "遥测站定时报",
    0x33: "遥测站加报报",
    0x34: "遥测站小时报",
    0x35: "遥测站人工置数报",
    0x36: "遥测站图片报或中心站查询图片",
    0x37: "查询遥测站实时数据",
    0x38: "查询遥测站时段数据",
    0x39: "查询遥测站人工置数",
    0x3A: "查询遥测站指定要素数据",
    0x40: "修改遥测站基本配置表",
    0x41: "读取遥测站基本配置表",
    0x42: "修改遥测站运行参数配置表",
    0x43: "读取遥测站运行参数配置表",
    0x44: "查询水泵电机实时工作数据",
    0x45: "查询遥测终端软件版本",
    0x46: "查询遥测站状态和报警信息",
    0x47: "初始化固态存储数据",
    0x48: "恢复终端出厂设置",
    0x49: "修改密码",
    0x4A: "设置遥测站时钟",
    0x4B: "设置遥测终端IC卡状态",
    0x4C: "控制水泵开关命令和水泵状态信息自报",
    0x4D: "控制阀门开关命令和阀门状态信息自报",
    0x4E: "控制闸门开关命令和闸门状态信息自报",
    0x4F: "水量定值控制命令",
    0x50: "中心站查询遥测站事件记录",
    0x51: "中心站查询遥测站时钟",
}


class FrameError(ValueError):
    """Bytes that are no sound frame; the text is Chinese and fit for people."""


class IncompleteError(FrameError):
    """The bytes may be the beginning of a frame."""


def _byte_step(byte: int) -> int:
    for _ in range(8):
        byte = (byte >> 1) ^ 0xA001 if byte & 1 else byte >> 1
    return byte


# CRC-16/MODBUS (reflected polynomial A001) of every byte, and of every 16-bit word so that a step takes two bytes.
_BYTES: Final = array.array("H", map(_byte_step, range(256)))
_WORDS: Final = array.array(
    "H", ((_BYTES[word & 0xFF] >> 8) ^ _BYTES[(_BYTES[word & 0xFF] ^ word >> 8) & 0xFF] for word in range(65536))
)


def crc16(data: bytes) -> int:
    """CRC-16/MODBUS: initial FFFF, polynomial 8005 reflected, no final XOR."""
    crc = 0xFFFF
    table = _WORDS
    even = len(data) & ~1
    words = array.array("H", data[:even])
    if sys.byteorder == "big":
        words.byteswap()
    for word in words:
        crc = table[crc ^ word]
    if even != len(data):
        crc = (crc >> 8) ^ _BYTES[(crc ^ data[-1]) & 0xFF]
    return crc


@dataclass(slots=True)  # not frozen: a frozen one takes three times as long to make
class Frame:
    """One sound frame.

    `station` and `password` are hexadecimal text as sent ("0012345678", "1234"); `body` is what stands between start
    and end sign without the packet numbers; in an ASCII frame it is ASCII text. `total` and `index` are 0 unless SYN.
    """

    raw: bytes
    ascii: bool
    down: bool
    centre: int
    station: str
    password: str
    function: int
    start: int
    end: int
    total: int
    index: int
    body: bytes

    @property
    def body_offset(self) -> int:
        """Where `body` begins in `raw`."""
        head = ASCII_HEAD if self.ascii else HEX_HEAD
        extra = (2 * PACKET_INFO if self.ascii else PACKET_INFO) if self.start == Control.SYN else 0
        return head + extra


def frame_at(data: bytes | bytearray, at: int = 0) -> Frame:
    """The frame that begins at offset `at`.

    Raises `IncompleteError` when more bytes may complete it and `FrameError` when nothing can.
    """
    if data[at : at + 1] == ASCII_START:
        return _ascii_frame_at(data, at)
    return _hex_frame_at(data, at)


def _hex_frame_at(data: bytes | bytearray, at: int) -> Frame:
    have = len(data) - at
    if data[at : at + 2] != HEX_START[: min(2, have)]:
        raise FrameError("没有起始符 7E7E")
    if have < HEX_HEAD:
        raise IncompleteError("报文头不完整")
    word = data[at + 11] << 8 | data[at + 12]
    start = data[at + 13]
    if word >> 12 not in (0, 8):
        raise FrameError(f"上下行标识为 {word >> 12:X},应为 0(上行)或 8(下行)")
    if start not in STARTS:
        raise FrameError(f"正文起始符为 {start:02X},应为 02(STX)或 16(SYN)")
    length = word & 0xFFF
    size = HEX_HEAD + length + HEX_TAIL
    if have < size:
        raise IncompleteError(f"报文长 {size} 字节,只收到 {have} 字节")
    end = data[at + HEX_HEAD + length]
    if end not in ENDS:
        raise FrameError(f"正文结束符为 {end:02X},长度字 {length} 处不是结束符")
    raw = bytes(data[at : at + size])
    crc = crc16(raw[:-2])
    if crc != raw[-2] << 8 | raw[-1]:
        raise FrameError(f"CRC 校验错误:报文中为 {raw[-2:].hex().upper()},计算为 {crc:04X}")
    down = word >> 12 == 8
    body = raw[HEX_HEAD : HEX_HEAD + length]
    total = index = 0
    if start == Control.SYN:
        total, index, body = _packet(body)
    return Frame(
        raw=raw,
        ascii=False,
        down=down,
        centre=raw[7] if down else raw[2],
        station=(raw[2:7] if down else raw[3:8]).hex().upper(),
        password=raw[8:10].hex().upper(),
        function=raw[10],
        start=start,
        end=end,
        total=total,
        index=index,
        body=body,
    )


def _ascii_frame_at(data: bytes | bytearray, at: int) -> Frame:
    have = len(data) - at
    head = bytes(data[at + 1 : at + ASCII_HEAD - 1])
    if not HEX_CHARACTERS.issuperset(head):
        raise FrameError("ASCII 报文头含有十六进制字符以外的字节")
    if have < ASCII_HEAD:
        raise IncompleteError("报文头不完整")
    text = head.decode("ascii").upper()
    word, start = int(text[18:22], 16), data[at + ASCII_HEAD - 1]
    if word >> 12 not in (0, 8):
        raise FrameError(f"上下行标识为 {word >> 12:X},应为 0(上行)或 8(下行)")
    if start not in STARTS:
        raise FrameError(f"正文起始符为 {start:02X},应为 02(STX)或 16(SYN)")
    length = word & 0xFFF
    size = ASCII_HEAD + length + ASCII_TAIL
    if have < size:
        raise IncompleteError(f"报文长 {size} 字节,只收到 {have} 字节")
    raw = bytes(data[at : at + size])
    end, sent = raw[ASCII_HEAD + length], raw[-4:]
    if end not in ENDS:
        raise FrameError(f"正文结束符为 {end:02X},长度字 {length} 处不是结束符")
    crc = crc16(raw[:-4])
    if sent.upper() != b"%04X" % crc:
        raise FrameError(f"CRC 校验错误:报文中为 {sent.hex()}(字符),计算为 {crc:04X}")
    down = word >> 12 == 8
    body = raw[ASCII_HEAD : ASCII_HEAD + length]
    total = index = 0
    if start == Control.SYN:
        if len(body) < 2 * PACKET_INFO or not HEX_CHARACTERS.issuperset(body[: 2 * PACKET_INFO]):
            raise FrameError("多包报文缺少包总数和序号")
        total, index, _ = _packet(bytes.fromhex(body[: 2 * PACKET_INFO].decode()))
        body = body[2 * PACKET_INFO :]
    return Frame(
        raw=raw,
        ascii=True,
        down=down,
        centre=int(text[10:12] if down else text[0:2], 16),
        station=text[0:10] if down else text[2:12],
        password=text[12:16],
        function=int(text[16:18], 16),
        start=start,
        end=end,
        total=total,
        index=index,
        body=body,
    )


def _packet(body: bytes) -> tuple[int, int, bytes]:
    if len(body) < PACKET_INFO:
        raise FrameError("多包报文缺少包总数和序号")
    total = body[0] << 4 | body[1] >> 4
    index = (body[1] & 0x0F) << 8 | body[2]
    if not 1 <= index <= total:
        raise FrameError(f"包序号 {index} 不在 1 到 {total} 之间")
    return total, index, body[PACKET_INFO:]


def build(
    *,
    station: str,
    centre: int,
    password: str,
    function: int,
    body: bytes,
    end: int,
    down: bool,
    packet: tuple[int, int] | None = None,
    ascii_mode: bool = False,
) -> bytes:
    """A frame; `body` as in `Frame.body`, `packet` = (total, index) for SYN. `FrameError` if it is too long."""
    info = b""
    if packet is not None:
        total, index = packet
        info = bytes((total >> 4, (total & 0x0F) << 4 | index >> 8, index & 0xFF))
    start = bytes((Control.STX if packet is None else Control.SYN,))
    if ascii_mode:
        info = info.hex().upper().encode()
    length = len(info) + len(body)
    if length > 0xFFF:
        raise FrameError(f"正文 {length} 字节,超过 4095 字节,应分包")
    addresses = f"{station}{centre:02X}" if down else f"{centre:02X}{station}"
    head = f"{addresses}{password}{function:02X}{(0x8000 if down else 0) | length:04X}"
    if ascii_mode:
        frame = ASCII_START + head.encode() + start + info + body + bytes((end,))
        return frame + b"%04X" % crc16(frame)
    frame = HEX_START + bytes.fromhex(head) + start + info + body + bytes((end,))
    return frame + crc16(frame).to_bytes(2, "big")

"""Frames that are wrong on purpose, each with a label, so that quarantine has something to show."""

from __future__ import annotations

from datetime import datetime

from simulator.sl651_device import body, modbus_crc, number, upward

LABELS = ("CRC 校验错误", "不存在的日期", "BCD 半字节错误", "线路噪声", "报文中断")


def bad_frame(label: str, station: str, kind: str, now: datetime) -> bytes:
    """One frame of the kind named by `label` (one of `LABELS`); `ValueError` for another."""
    sound = upward(0x32, station, body(0xBAD0, now, station, kind, now, number("38", 12.3, 2, 2)))
    if label == "CRC 校验错误":
        return sound[:-1] + bytes((sound[-1] ^ 0x5A,))
    if label == "不存在的日期":
        return _with_crc(sound[:16] + bytes.fromhex("261332256100") + sound[22:])
    if label == "BCD 半字节错误":
        return _with_crc(sound[:-5] + b"\x1a\xbc" + sound[-3:])
    if label == "线路噪声":
        return b"\x00\x7e\xffSIMULATED NOISE\x7e\x13\x37"
    if label == "报文中断":
        return sound[: len(sound) // 2]
    raise ValueError(f"unknown label {label}")


def _with_crc(frame: bytes) -> bytes:
    return frame[:-2] + modbus_crc(frame[:-2]).to_bytes(2, "big")

"""What one MQTT message says: a bare number, `{"t": …, "v": …}`, or a SenML pack, as observations. Pure."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final, NoReturn

from yongzhou.gateways.mqtt.names import BadNameError, check_element
from yongzhou.gateways.mqtt.senml import SenmlError, resolve

MILLISECONDS_FROM: Final = 1e11  # a number of time from here on counts milliseconds (1973 as seconds: 5138)
PAYLOAD_MAX: Final = 65_536
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_NUMBER: Final = re.compile(rb"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?")
_LABELS: Final = {  # RFC 8428 table 4: integer labels of the CBOR form
    -1: "bver", -2: "bn", -3: "bt", -4: "bu", -5: "bv", -6: "bs",
    0: "n", 1: "u", 2: "v", 3: "vs", 4: "vb", 5: "s", 6: "t", 7: "ut", 8: "vd",
}  # fmt: skip


class PayloadError(ValueError):
    """A payload that says nothing: Chinese reason, and where it stopped."""

    def __init__(self, reason: str, where: str) -> None:
        super().__init__(f"{reason}（{where}）")
        self.reason, self.where = reason, where


@dataclass(slots=True)
class Observations:
    """Lists of equal length; times in microseconds since 1970 UTC, a missing result is None.

    `dated` says that every time is the device's own, so that the same bytes again are the same report.
    """

    elements: list[str] = field(default_factory=list)
    phenomena: list[int] = field(default_factory=list)
    results: list[float | None] = field(default_factory=list)
    dated: bool = True

    def add(self, element: str, phenomenon: int, result: float | None) -> None:
        """One more observation; `BadNameError` for an element that cannot be one."""
        self.elements.append(check_element(element))
        self.phenomena.append(phenomenon)
        self.results.append(result)


def read(device: str, topic: str, payload: bytes, received: int) -> Observations:
    """Observations of a message. `topic` is what follows `up/<device>/`; `received` in microseconds since 1970 UTC.

    A bare number or an object {"v": number, "t": ISO 8601 with zone or epoch seconds or milliseconds} is one
    observation of element `topic`. A JSON or CBOR array is a SenML pack: the element is
    the record's full name, without what leads up to the device's own name. Text and data values of a pack stay in
    the raw frame only. Raises `PayloadError`.
    """
    if len(payload) > PAYLOAD_MAX:
        raise PayloadError(f"报文 {len(payload)} 字节，最多 {PAYLOAD_MAX} 字节", "整条报文")
    found = Observations()
    text = payload.strip()
    try:
        if _NUMBER.fullmatch(text):
            found.dated = False
            found.add(topic, received, _finite(float(text), "整条报文"))
        elif text[:1] == b"{":
            _read_object(topic, _json(text), received, found)
        elif text[:1] == b"[":
            _read_pack(device, topic, _json(text), received, found)
        elif payload[:1] and payload[0] >> 5 == 4:  # CBOR major type 4: an array
            _read_pack(device, topic, _cbor(payload), received, found)
        else:
            raise PayloadError("报文应为一个数字、JSON 对象 {t, v} 或 SenML 包", "偏移 0")
    except SenmlError as error:
        raise PayloadError(error.reason, f"SenML {error.where}") from error
    except BadNameError as error:
        raise PayloadError(str(error), "要素标识") from error
    return found


def _read_object(topic: str, document: object, received: int, found: Observations) -> None:
    if not isinstance(document, dict) or "v" not in document:
        raise PayloadError("JSON 对象缺少 v（值）", "v")
    if unknown := sorted(document.keys() - {"t", "v"}):
        raise PayloadError(f"JSON 对象只认 t（时间）与 v（值），多了 {'、'.join(unknown)[:80]}", unknown[0][:40])
    value = document["v"]
    if value is not None and not isinstance(value, int | float):
        raise PayloadError("v 应为数字、true、false 或 null", "v")
    result = None if value is None else _finite(value, "v")
    found.dated = document.get("t") is not None
    found.add(topic, micros(document["t"]) if found.dated else received, result)


def _read_pack(device: str, topic: str, document: object, received: int, found: Observations) -> None:
    if not isinstance(document, list):
        raise PayloadError("SenML 包应为数组", "整条报文")
    now = received / 1e6
    for index, record in enumerate(resolve(document, now), 1):
        element = _element(device, record.name) or topic
        phenomenon = _micros_of_seconds(record.time, f"SenML 第 {index} 条记录 t")
        if record.value is not None:
            found.add(element, phenomenon, record.value)
        if record.total is not None:
            found.add(f"{element}:sum", phenomenon, record.total)
    # the same bytes later mean another moment, unless all times are absolute: then they differ from a later now
    found.dated = all(record.time == other.time for record, other in zip(
        resolve(document, now), resolve(document, now + 1.0), strict=True))  # fmt: skip
    if not found.elements:
        raise PayloadError("SenML 包没有数值记录", "整包")


def _element(device: str, name: str) -> str:
    """The part of a resolved name that follows the device's own name and a separator; else the whole name."""
    before, own, after = name.partition(device)
    return (
        after[1:]
        if own and after[:1] in (":", "/", ".", "-", "_") and (not before or not before[-1].isalnum())
        else name
    )


def micros(value: object) -> int:
    """Microseconds since 1970 UTC of an ISO 8601 text with zone, or of a number of seconds or milliseconds.

    Raises `PayloadError`.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise PayloadError("t 应为带时区的时间，或 1970 年以来的秒数或毫秒数", "t")
    if not isinstance(value, str):
        return _micros_of_seconds(value / 1000 if abs(value) >= MILLISECONDS_FROM else value, "t")
    try:
        moment = datetime.fromisoformat(value)
    except ValueError as error:
        raise PayloadError(f"t「{value[:40]}」不是 ISO 8601 时间，例如 2026-06-18T03:06:05+08:00", "t") from error
    if moment.tzinfo is None:
        raise PayloadError(f"t「{value[:40]}」没有时区，请加 +08:00 或 Z", "t")
    try:
        return (moment - _EPOCH) // _MICROSECOND
    except OverflowError as error:
        raise PayloadError(f"t「{value[:40]}」超出时间的范围", "t") from error


def _micros_of_seconds(seconds: float, where: str) -> int:
    if not 0 <= seconds < 253_402_300_800:  # year 10000
        raise PayloadError("时间超出 1970 至 9999 年", where)
    return round(seconds * 1e6)


def _finite(value: float, where: str) -> float:
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise PayloadError("数值超出范围", where)
    return number


def _json(text: bytes) -> object:
    try:
        document: object = _DECODER.decode(text.decode())
    except (ValueError, RecursionError) as error:
        if isinstance(error, PayloadError):
            raise
        offset = getattr(error, "pos", getattr(error, "start", 0))
        raise PayloadError(f"不是有效的 JSON：{str(error)[:80]}", f"偏移 {offset}") from error
    return document


def _refuse_constant(name: str) -> NoReturn:
    raise PayloadError(f"JSON 没有 {name} 这个数值，缺测请写 null", name)


_DECODER: Final = json.JSONDecoder(parse_constant=_refuse_constant)


def _cbor(payload: bytes) -> object:
    import cbor2  # most devices send JSON

    try:
        document: object = cbor2.loads(payload)
    except Exception as error:  # the decoder raises many kinds; a device's bytes must never stop the door
        raise PayloadError(f"不是有效的 CBOR：{str(error)[:80]}", "偏移 0") from error
    if not isinstance(document, list):
        return document
    return [
        {_LABELS.get(key, key) if isinstance(key, int) else key: value for key, value in record.items()}
        if isinstance(record, dict)
        else record
        for record in document
    ]

"""POST of an observation: onto the bus as door `sta`, answered when the stream has stored it."""

from __future__ import annotations

import asyncio
import json
import math
import threading
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from django.utils import timezone
from django.utils.dateparse import parse_datetime
from nats.aio.client import Client
from nats.js.api import Header

from yongzhou.core import wire
from yongzhou.core.data.actor import Actor
from yongzhou.core.data.guard import why
from yongzhou.core.home import Home
from yongzhou.core.operations.problem import Problem, forbidden, not_found
from yongzhou.core.streams import OBS, ensure_streams
from yongzhou.core.things.models import Datastream
from yongzhou.gateways.kit.door import connect
from yongzhou.gateways.kit.frame import DAY_US, DeviceFrame
from yongzhou.gateways.kit.publisher import RETRY, frames_to_table
from yongzhou.portals.sensorthings.observations import Row

ACTION: Final = "observe"
DOOR: Final = "sta"
ACK_S: Final = 4.0
_KNOWN: Final = frozenset(
    {
        "result",
        "phenomenonTime",
        "resultTime",
        "resultQuality",
        "validTime",
        "parameters",
        "Datastream",
        "FeatureOfInterest",
    }
)


@dataclass(slots=True)
class PostedFrame(DeviceFrame):
    """A posted body as a frame; without a phenomenon time of its own the same body again is another observation."""

    key: bytes = b""

    @property
    def identity(self) -> bytes:
        """16 bytes: hash of datastream, body, and receipt where the body carries no time."""
        return wire.frame_identity(self.key + self.raw)


def observe(actor: Actor, raw: bytes, document: Mapping[str, object], number: int | None) -> Row:
    """Store one observation. `number` is the datastream of the address, if it has one.

    The answer means: JetStream has flushed it; the lake follows. Raises `Problem`: 400 for a body that says nothing,
    403 and 404 by the right to `observe` on the datastream, 409 for one that a device's own door fills, 503 where the
    bus does not confirm.
    """
    target = _datastream(actor, document, number)
    if unknown := sorted(document.keys() - _KNOWN):
        raise Problem(
            "invalid", f"不认识的属性：{'、'.join(unknown)[:120]}（unknown properties）", status=400, field=unknown[0]
        )
    result = _result(document.get("result"))
    now = timezone.now()
    phenomenon = _moment(document.get("phenomenonTime"), "phenomenonTime") or now
    received = _micros(now)
    frame = PostedFrame(
        station=target.station,
        function="create",
        serial=None,
        received=received,
        peer=f"person:{actor.id}",
        raw=raw,
        elements=[target.element],
        phenomena=[_micros(phenomenon)],
        results=[result],
        key=f"{target.number} {'' if 'phenomenonTime' in document else received} ".encode(),
    )
    _bus().store(wire.encode(frames_to_table([frame])))
    far = abs(_micros(phenomenon) - received) > DAY_US
    return {
        "datastream": target.number,
        "phenomenon": phenomenon,
        "result": result,
        "flag": 3 if far else 2,
        "origin": target.origin,
        "frame": uuid.UUID(bytes=frame.identity),
        "received": now,
    }


def _datastream(actor: Actor, document: Mapping[str, object], number: int | None) -> Datastream:
    link = document.get("Datastream")
    given = link.get("@iot.id") if isinstance(link, Mapping) else None
    if number is None:
        if isinstance(given, bool) or not isinstance(given, int):
            raise Problem(
                "invalid",
                "请给出 Datastream 的 @iot.id，整数（Datastream @iot.id is required）",
                status=400,
                field="Datastream",
            )
        number = given
    elif given is not None and given != number:
        raise Problem("invalid", "Datastream 与地址不一致（differs from the address）", status=400, field="Datastream")
    if not -(2**63) <= number < 2**63 or not Datastream.visible_to(actor).filter(number=number).exists():
        raise not_found("数据流")
    target = Datastream.visible_to(actor, ACTION).filter(number=number).first()
    if target is None:
        raise forbidden(why(actor, ACTION, Datastream).text)
    if target.door != DOOR:
        raise Problem(
            "door",
            f"数据流 {number} 由「{target.door}」接入，不能从 SensorThings 写入（filled by another door）",
            status=409,
            remedy="为人工或第三方数据登记接入方式为 sta 的数据流",
        )
    if not target.active:
        raise Problem("inactive", f"数据流 {number} 已停用（datastream is not active）", status=409)
    return target


def _result(value: object) -> float | None:
    if value is None:
        raise Problem("invalid", "缺少 result（result is required）", status=400, field="result")
    if not isinstance(value, int | float):
        raise Problem("invalid", "result 应为数字（result must be a number）", status=400, field="result")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise Problem("invalid", "result 超出数字的范围（result out of range）", status=400, field="result")
    return number


def _moment(value: object, name: str) -> datetime | None:
    if value is None:
        return None
    try:
        moment = parse_datetime(value) if isinstance(value, str) else None
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None or moment.year < 1971:
        raise Problem(
            "invalid",
            f"{name} 应为带时区的时刻，例如 2026-06-18T03:06:05+08:00（instant with zone）",
            status=400,
            field=name,
        )
    return moment


def _micros(moment: datetime) -> int:
    return round(moment.timestamp() * 1e6)


def body(raw: bytes) -> dict[str, object]:
    """The JSON object of a request; problem 400 for anything else."""
    try:
        document = json.loads(raw, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise Problem("json", f"不是有效的 JSON：{str(error)[:80]}（not valid JSON）", status=400) from error
    if not isinstance(document, dict):
        raise Problem("json", "内容应为一个 JSON 对象（expected a JSON object）", status=400)
    return document


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")


@dataclass(slots=True)
class _Bus:
    """The process's one connection for writing, on a loop of its own; made on the first POST."""

    home: Home
    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    client: Client | None = None

    def __post_init__(self) -> None:
        threading.Thread(target=self.loop.run_forever, name="sta-bus", daemon=True).start()

    def store(self, message: bytes) -> None:
        """Publish and wait for JetStream's word; problem 503 if it does not come."""
        future = asyncio.run_coroutine_threadsafe(self._store(message), self.loop)
        try:
            future.result(timeout=2 * ACK_S + 1)
        except (*RETRY, TimeoutError) as error:
            future.cancel()
            raise Problem(
                "bus", "消息总线没有确认，观测未必已保存（not confirmed by the bus）", status=503,
                remedy="稍后带同样的 phenomenonTime 重发，不会重复",
            ) from error  # fmt: skip

    async def _store(self, message: bytes) -> None:
        if self.client is None:
            client = await asyncio.wait_for(connect(self.home), ACK_S)
            await ensure_streams(client.jetstream(timeout=ACK_S), [OBS])
            self.client = client
        identity, until = uuid.uuid4().hex, time.monotonic() + ACK_S
        js = self.client.jetstream(timeout=ACK_S)
        await js.publish(
            f"obs.{DOOR}.0",
            message,
            timeout=max(0.1, until - time.monotonic()),
            headers={Header.MSG_ID.value: identity},
        )


_lock: Final = threading.Lock()
_buses: dict[tuple[Home, int], _Bus] = {}


def _bus() -> _Bus:
    import os

    key = (Home.here(), os.getpid())
    with _lock:
        if key not in _buses:
            _buses[key] = _Bus(key[0])
        return _buses[key]

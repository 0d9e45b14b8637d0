"""What iot_sensing does about alarms of devices' supply, commands and receipts, and refused SL 651 frames."""

from __future__ import annotations

import asyncio
from uuid import UUID

from pydantic import BaseModel

from yongzhou.core.bus.connection import connect
from yongzhou.core.bus.models import Quarantine
from yongzhou.core.bus.quarantine import ReplayError, replay_handler
from yongzhou.core.bus.subscriptions import subscribe
from yongzhou.core.home import Home
from yongzhou.core.matters.life import CLOSED
from yongzhou.core.matters.verbs import move_matter, note_step
from yongzhou.core.operations.context import Context
from yongzhou.core.things.models import Thing
from yongzhou.core.wire import STREAM, encode
from yongzhou.gateways.kit.frame import DeviceFrame
from yongzhou.gateways.kit.publisher import frames_to_table
from yongzhou.gateways.sl651.frame import FrameError, frame_at
from yongzhou.gateways.sl651.pieces import ReportError
from yongzhou.gateways.sl651.report import decode
from yongzhou.systems.foundation.iot_sensing.city import LOW_VOLTAGE
from yongzhou.systems.foundation.iot_sensing.commanding import Answer, note_answer, put_on_the_bus
from yongzhou.systems.foundation.iot_sensing.models import Command, MaintenanceOrder
from yongzhou.systems.foundation.iot_sensing.watch import KIND, open_order


class AlarmFact(BaseModel):
    """What iot_sensing reads of an alarm."""

    rule: UUID
    thing: UUID
    level: int
    value: float


@subscribe("ev.telemetry.alarm.raised", durable="iot_sensing-alarm-raised")
def on_raised(ctx: Context, data: AlarmFact) -> None:
    """A low supply becomes a repair order."""
    thing = Thing.objects.filter(pk=data.thing).select_related("owner").first() if data.rule == LOW_VOLTAGE else None
    if thing is not None:
        open_order(ctx, thing, "low_battery", f"{thing.name}电源电压 {data.value:.2f} V", level=data.level)


@subscribe("ev.telemetry.alarm.cleared", durable="iot_sensing-alarm-cleared")
def on_cleared(ctx: Context, data: AlarmFact) -> None:
    """The supply is back: an order that nobody has touched closes, another is told."""
    if data.rule != LOW_VOLTAGE:
        return
    reason = f"电源电压恢复到 {data.value:.2f} V"
    for order in MaintenanceOrder.objects.filter(kind=KIND, cause="low_battery", thing=data.thing).exclude(
        state__in=CLOSED
    ):
        if order.state == "reported":
            move_matter(ctx, order, "closed", reason=reason)
        else:
            note_step(ctx, order, before=order.state, reason=reason)


class CommandFact(BaseModel):
    """What iot_sensing reads of a queued command."""

    command: UUID


@subscribe("ev.iot_sensing.command.queued", durable="iot_sensing-command-queued")
def on_queued(ctx: Context, data: CommandFact) -> None:
    """Lay it down for its door."""
    command = Command.objects.select_related("thing").filter(pk=data.command, state="queued").first()
    if command is not None:
        put_on_the_bus(command)


@subscribe("ev.iot_sensing.command.answered", durable="iot_sensing-command-answered")
def on_answered(ctx: Context, data: Answer) -> None:
    """Write down what the device says."""
    note_answer(ctx, data)


@replay_handler("gateway.sl651")
def replay_sl651(payload: bytes, row: Quarantine) -> None:
    """A mended SL 651 frame goes to OBS as if its station had sent it at the time of the first receipt.

    Raises `ReplayError` saying which field is still wrong.
    """
    try:
        frame = frame_at(payload)
        report = decode(frame)
    except FrameError as error:
        raise ReplayError(f"仍不是完整的报文：{error}。改了正文的，末两字节 CRC 也要改") from error
    except ReportError as error:
        raise ReplayError(f"{error.where}：{error.reason}") from error
    if frame.down:
        raise ReplayError("这是中心站发出的下行报文，不含观测")
    one = DeviceFrame(
        report.station,
        f"{frame.function:02X}",
        report.serial,
        int(row.received.timestamp() * 1_000_000),
        "replay",
        frame.raw,
        report.elements,
        report.phenomena,
        report.results,
    )
    asyncio.run(_publish(encode(frames_to_table([one])), str(row.pk)))


async def _publish(message: bytes, id: str) -> None:
    bus = await connect(Home.here(), "iot_sensing replay", reconnect=False)
    try:
        await bus.jetstream().publish(
            "obs.sl651.replay", message, stream=STREAM, headers={"Nats-Msg-Id": f"replay-{id}"}
        )
    finally:
        await bus.close()

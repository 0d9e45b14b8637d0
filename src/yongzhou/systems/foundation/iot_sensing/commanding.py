"""The life of a command: queued, onto the bus, what the device says of it, run out. Each step only goes forward."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Final, Literal
from uuid import UUID

from pydantic import BaseModel

from yongzhou.core.bus.connection import connect
from yongzhou.core.home import Home
from yongzhou.core.operations.context import Context
from yongzhou.core.streams import COMMANDS
from yongzhou.core.things.models import Datastream, Thing
from yongzhou.gateways.kit import commands as wire
from yongzhou.systems.foundation.iot_sensing.events import CommandSettled
from yongzhou.systems.foundation.iot_sensing.models import Command, DeviceCredential

ANSWER_S: Final = 120  # a device that was told and says nothing for so long is given up
OPEN: Final = ("queued", "sent", "received")
_RANK: Final = {"queued": 0, "sent": 1, "received": 2, "expired": 3, "failed": 4, "done": 4}
SL651_ACTIONS: Final = ("read",)


def address_of(thing: Thing) -> tuple[str, str] | None:
    """Door and name by which a thing can be told something: its key on MQTT, else its SL 651 station; None for none."""
    key = DeviceCredential.objects.filter(thing=thing, revoked_at__isnull=True).order_by("-created_at").first()
    if key is not None:
        return "mqtt", str(key.name)
    stream = Datastream.objects.filter(thing=thing, active=True, door="sl651").order_by("number").first()
    return None if stream is None else ("sl651", str(stream.station))


def put_on_the_bus(command: Command) -> None:
    """Lay a queued command down for its door. Raises what nats-py raises when the bus is away.

    A second copy does no harm: the door's claim on the row is given once.
    """
    message = wire.Command(
        command.pk,
        command.device,
        command.action,
        command.parameters,
        command.expires,
        command.thing.region or "",
        command.origin,
    )
    asyncio.run(_publish(wire.subject(command.door, command.device), message.wire(), str(command.pk)))


async def _publish(subject: str, message: bytes, id: str) -> None:
    bus = await connect(Home.here(), "iot_sensing command", reconnect=False)
    try:
        await bus.jetstream().publish(subject, message, stream=COMMANDS, headers={"Nats-Msg-Id": f"command-{id}"})
    finally:
        await bus.close()


class Answer(BaseModel):
    """What a door says of a command."""

    command: UUID
    door: str
    device: str
    state: Literal["received", "done", "failed"]
    detail: str
    at: datetime


def note_answer(ctx: Context, data: Answer) -> bool:
    """Write down what the device says; False for a stranger's word, a repetition, or a word that comes too late.

    A receipt after the command was given up still counts: it tells what really happened.
    """
    command = Command.objects.select_for_update().filter(pk=data.command, door=data.door, device=data.device).first()
    if command is None or command.state == "queued" or _RANK.get(command.state, 9) >= _RANK[data.state]:
        return False
    late = "（迟到的回执）" if command.state == "expired" else ""
    command.state, command.detail = data.state, f"{data.detail}{late}"[:500]
    if data.state == "received":
        command.received_at = data.at
        ctx.save(command)
        return True
    command.finished_at = data.at
    command.received_at = command.received_at or data.at
    _settle(ctx, command)
    return True


def run_out(ctx: Context) -> int:
    """Give up commands whose time is over; how many."""
    rows = list(
        Command.objects.select_for_update(skip_locked=True)
        .select_related("thing")
        .filter(state__in=OPEN, expires__lt=ctx.now)[:500]
    )
    done = 0
    for command in rows:
        if command.state != "queued" and ctx.now < (command.sent_at or ctx.now) + timedelta(seconds=ANSWER_S):
            continue
        command.detail = {
            "queued": "设备在有效期内没有上线，指令没有发出",
            "sent": "已发出，设备没有确认收到，是否执行请到现场核实",
            "received": "设备已收到，但没有报告执行结果，请核实",
        }[command.state]
        command.state, command.finished_at = "expired", ctx.now
        _settle(ctx, command)
        done += 1
    return done


def _settle(ctx: Context, command: Command) -> None:
    ctx.save(command)
    ctx.emit(
        CommandSettled(
            command=command.pk,
            thing=command.thing_id,
            state=command.state,
            region=command.thing.region or "",
            origin=command.origin,
        )
    )

"""Commands to devices: asked for, agreed by a second person where they can hurt, withdrawn, given up."""

from __future__ import annotations

from datetime import timedelta
from typing import Final, Literal
from uuid import UUID

from pydantic import BaseModel, Field, model_validator

from yongzhou.core.operations.context import Context
from yongzhou.core.operations.problem import Problem
from yongzhou.core.operations.registry import operation
from yongzhou.core.people.models import Person
from yongzhou.core.things.models import Thing
from yongzhou.systems.foundation.iot_sensing.commanding import SL651_ACTIONS, address_of, run_out
from yongzhou.systems.foundation.iot_sensing.events import CommandQueued, CommandSettled
from yongzhou.systems.foundation.iot_sensing.models import ACTIONS, Command

WAITING_MAX: Final = 20  # of one device: more means that nobody looks whether it answers


class _Asked(BaseModel):
    thing: UUID = Field(title="设备")
    reason: str = Field(title="理由", min_length=2, max_length=200)
    valid_s: int = Field(default=600, title="有效期（秒）", ge=10, le=7 * 86_400)


class SendCommand(_Asked):
    """Something harmless that a device is told to do."""

    action: Literal["read", "set_period", "restart"] = Field(title="指令")
    seconds: int | None = Field(default=None, title="上报周期（秒）", ge=10, le=86_400)

    @model_validator(mode="after")
    def _period(self) -> SendCommand:
        if (self.action == "set_period") != (self.seconds is not None):
            raise ValueError("「设置上报周期」要填周期（秒），其他指令不填")
        return self


class OperateActuator(_Asked):
    """A gate or a pump that is to move."""

    actuator: Literal["gate", "pump"] = Field(title="执行机构")
    opening_m: float | None = Field(default=None, title="闸门开度（米）", ge=0, le=30)
    on: bool | None = Field(default=None, title="水泵开机")

    @model_validator(mode="after")
    def _one_target(self) -> OperateActuator:
        if (self.opening_m is None) == (self.on is None) or (self.actuator == "gate") != (self.opening_m is not None):
            raise ValueError("闸门要填开度（米），水泵要选开机或停机，只填其中一项")
        return self


class Queued(BaseModel):
    """The command as it waits for its device."""

    command: UUID
    door: str
    device: str


@operation("iot_sensing.send_command", title="下发指令", on=Thing, action="command", emits=[CommandQueued])
def send_command(ctx: Context, data: SendCommand) -> Queued:
    """Tell a device something harmless: it goes out at most once, within its time, and the device's receipt is kept."""
    parameters: dict[str, object] = {} if data.seconds is None else {"seconds": data.seconds}
    return _queue(ctx, data, data.action, parameters)


@operation(
    "iot_sensing.operate_actuator",
    title="启闭闸门水泵",
    on=Thing,
    action="actuate",
    emits=[CommandQueued],
    two_persons=True,
)
def operate_actuator(ctx: Context, data: OperateActuator) -> Queued:
    """Move a gate or a pump: one person asks, another one agrees, then it goes out at most once."""
    parameters: dict[str, object] = {"opening_m": data.opening_m} if data.opening_m is not None else {"on": data.on}
    return _queue(ctx, data, data.actuator, parameters)


def _queue(ctx: Context, data: _Asked, action: str, parameters: dict[str, object]) -> Queued:
    thing = ctx.get(Thing, data.thing)
    if thing.lifecycle == "retired":
        raise Problem("retired", "这台设备已退役，不能再下发指令", status=409, remedy="请核对设备")
    address = address_of(thing)
    if address is None:
        raise Problem(
            "no_way",
            f"{thing.name}没有可以下发指令的接入方式",
            status=409,
            remedy="请先发放 MQTT 密钥，或登记 SL 651 数据流",
        )
    door, device = address
    if door == "sl651" and action not in SL651_ACTIONS:
        raise Problem(
            "not_spoken",
            f"SL 651 设备目前只能「{ACTIONS['read']}」，不能「{ACTIONS[action]}」",
            status=409,
            field="action",
            remedy="请改用读取，或到现场操作",
        )
    if Command.objects.filter(thing=thing, state="queued").count() >= WAITING_MAX:
        raise Problem(
            "too_many", f"{thing.name}已有 {WAITING_MAX} 条指令在等它上线", status=409, remedy="请先撤回不再需要的指令"
        )
    proposer = ctx.notes.get("proposer")
    asked, agreed = (UUID(proposer), ctx.actor.id) if proposer else (ctx.actor.id, None)
    known = set(Person.objects.filter(pk__in=[one for one in (asked, agreed) if one]).values_list("pk", flat=True))
    command = Command(
        thing=thing,
        door=door,
        device=device,
        action=action,
        parameters=parameters,
        reason=data.reason,
        expires=ctx.now + timedelta(seconds=data.valid_s),
        asked_by_id=asked if asked in known else None,
        agreed_by_id=agreed if agreed in known else None,
        origin=thing.origin,
    )
    ctx.save(command)
    ctx.emit(CommandQueued(command=command.pk, thing=thing.pk, region=thing.region or "", origin=thing.origin))
    return Queued(command=command.pk, door=door, device=device)


class WithdrawCommand(BaseModel):
    """A command that is no longer wanted."""

    command: UUID = Field(title="指令")


class Withdrawn(BaseModel):
    """The command, which will not go out."""

    command: UUID


@operation("iot_sensing.withdraw_command", title="撤回指令", on=Command, action="withdraw")
def withdraw_command(ctx: Context, data: WithdrawCommand) -> Withdrawn:
    """Take back a command that has not gone out yet."""
    command = ctx.get(Command, data.command)
    if command.state != "queued":
        raise Problem("not_now", "这条指令已经发出或了结，撤不回来", status=409, remedy="请刷新，看设备的回执")
    command.state, command.finished_at, command.detail = "withdrawn", ctx.now, "发出之前撤回"
    ctx.save(command)
    return Withdrawn(command=command.pk)


class Nothing(BaseModel):
    """No input."""


class RunOut(BaseModel):
    """How many were given up."""

    commands: int


@operation("iot_sensing.run_out_commands", title="了结超时指令", on=Command, action="watch", emits=[CommandSettled])
def run_out_commands(ctx: Context, data: Nothing) -> RunOut:
    """Give up commands that never went out in time, or whose device says nothing."""
    return RunOut(commands=run_out(ctx))

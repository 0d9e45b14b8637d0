"""What water does: warn a village, note that it answered, lift the warning."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field

from yongzhou.core.inbox.notify import notify
from yongzhou.core.operations.context import Context
from yongzhou.core.operations.problem import Problem
from yongzhou.core.operations.registry import operation
from yongzhou.core.people.models import Person, Unit
from yongzhou.systems.governance.water.events import FloodWarningAcknowledged, FloodWarningLifted, FloodWarningRaised
from yongzhou.systems.governance.water.models import LEVELS, FlashFloodVillage, FloodWarning


class RaiseWarning(BaseModel):
    """A warning for one village, with the rain that it rests on."""

    village: UUID = Field(title="村")
    level: Literal["prepare", "move"] = Field(title="级别")
    rain_mm: float = Field(title="时段雨量", ge=0, le=700)
    window_h: int = Field(default=1, title="时段（小时）", ge=1, le=24)
    threshold_mm: float | None = Field(default=None, title="临界雨量", ge=0, le=700)
    frame: str = Field(default="", title="依据报文", max_length=36)


class Raised(BaseModel):
    """The open warning; `new` if this call made it."""

    warning: UUID
    new: bool


@operation("water.raise_warning", title="发布山洪预警", on=FlashFloodVillage, action="warn", emits=[FloodWarningRaised])
def raise_warning(ctx: Context, data: RaiseWarning) -> Raised:
    """Raise a flash-flood warning for one village; one open warning a village and level."""
    village = ctx.get(FlashFloodVillage, data.village)  # its row lock decides the race
    if open_ := FloodWarning.open_for(village, data.level):
        return Raised(warning=open_.pk, new=False)
    warning = FloodWarning(
        village=village,
        level=data.level,
        raised_at=ctx.now,
        rain_mm=data.rain_mm,
        window_h=data.window_h,
        threshold_mm=data.threshold_mm,
        frame=data.frame,
        origin=village.origin,
    )
    ctx.save(warning)
    words = f"{village.name}{LEVELS[data.level]}：{data.window_h} 小时雨量 {data.rain_mm:g} mm，请立即叫应责任人"
    for unit in _units(village.region):
        notify(ctx, unit, words, about=warning)
    ctx.emit(
        FloodWarningRaised(
            warning=warning.pk,
            village=village.pk,
            region=village.region,
            origin=warning.origin,
            level=data.level,
            rain_mm=data.rain_mm,
            window_h=data.window_h,
            frame=data.frame,
        )
    )
    return Raised(warning=warning.pk, new=True)


def _units(region: str) -> list[Unit]:
    """Who calls: the town's government and the county's water bureau, as far as they are listed."""
    return list(Unit.objects.filter(code__in=[f"{region[:9]}-ZF", f"{region[:6]}-SL"]))


class Acknowledge(BaseModel):
    """That the village answered."""

    warning: UUID = Field(title="预警")
    note: str = Field(title="叫应情况", min_length=2, max_length=200)


class Acknowledged(BaseModel):
    """The warning; `new` if this call noted it."""

    warning: UUID
    new: bool


@operation(
    "water.acknowledge_warning",
    title="叫应确认",
    on=FloodWarning,
    action="acknowledge",
    emits=[FloodWarningAcknowledged],
)
def acknowledge_warning(ctx: Context, data: Acknowledge) -> Acknowledged:
    """Note that the responsible person of the village answered; the first answer stands."""
    warning = ctx.get(FloodWarning, data.warning)
    if warning.acknowledged_at is not None:
        return Acknowledged(warning=warning.pk, new=False)
    if warning.lifted_at is not None:
        raise Problem("not_now", "这条预警已解除，不再需要叫应", status=409, remedy="请看是否有新的预警")
    warning.acknowledged_at, warning.acknowledged_note = ctx.now, data.note
    if ctx.actor.kind == "person" and Person.objects.filter(pk=ctx.actor.id).exists():
        warning.acknowledged_by_id = ctx.actor.id
    ctx.save(warning)
    ctx.emit(FloodWarningAcknowledged(**_nouns(warning)))
    return Acknowledged(warning=warning.pk, new=True)


class Lift(BaseModel):
    """Why a warning is over."""

    warning: UUID = Field(title="预警")
    reason: str = Field(title="解除原因", min_length=2, max_length=200)


class Lifted(BaseModel):
    """The lifted warning."""

    warning: UUID


@operation("water.lift_warning", title="解除山洪预警", on=FloodWarning, action="lift", emits=[FloodWarningLifted])
def lift_warning(ctx: Context, data: Lift) -> Lifted:
    """Lift an open warning, with the reason."""
    warning = ctx.get(FloodWarning, data.warning)
    if warning.lifted_at is not None:
        raise Problem("not_now", "这条预警已经解除", status=409, remedy="请刷新")
    warning.lifted_at, warning.lifted_reason = ctx.now, data.reason
    ctx.save(warning)
    for unit in _units(warning.village.region):
        notify(ctx, unit, f"{warning.village.name}{LEVELS[warning.level]}已解除：{data.reason}", about=warning)
    ctx.emit(FloodWarningLifted(**_nouns(warning)))
    return Lifted(warning=warning.pk)


def _nouns(warning: FloodWarning) -> dict[str, object]:
    return {
        "warning": warning.pk,
        "village": warning.village_id,
        "level": warning.level,
        "region": warning.village.region,
        "origin": warning.origin,
    }

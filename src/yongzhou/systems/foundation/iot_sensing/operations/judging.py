"""What people say to an alarm: that they saw it, and whether it was true."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field

from yongzhou.core.operations.context import Context
from yongzhou.core.operations.registry import operation
from yongzhou.core.people.models import Person
from yongzhou.engines.telemetry.models import Alarm
from yongzhou.systems.foundation.iot_sensing.events import AlarmJudged
from yongzhou.systems.foundation.iot_sensing.models import AlarmHandling
from yongzhou.systems.foundation.iot_sensing.watch import open_order


class Acknowledge(BaseModel):
    """Somebody has seen the alarm."""

    alarm: UUID = Field(title="告警")


class Handled(BaseModel):
    """What is noted of an alarm; `new` if this call changed it."""

    handling: UUID
    new: bool


def _person(ctx: Context) -> UUID | None:
    known = ctx.actor.kind == "person" and Person.objects.filter(pk=ctx.actor.id).exists()
    return ctx.actor.id if known else None


def _handling(ctx: Context, alarm: Alarm) -> AlarmHandling:
    known = AlarmHandling.objects.filter(alarm=alarm).first()
    return known or AlarmHandling(alarm=alarm, region=alarm.region, origin=alarm.origin)


@operation("iot_sensing.acknowledge_alarm", title="确认告警", on=Alarm, action="acknowledge")
def acknowledge_alarm(ctx: Context, data: Acknowledge) -> Handled:
    """Note who saw an alarm first."""
    handling = _handling(ctx, ctx.get(Alarm, data.alarm))
    if handling.acknowledged_at is not None:
        return Handled(handling=handling.pk, new=False)
    handling.acknowledged_at, handling.acknowledged_by_id = ctx.now, _person(ctx)
    ctx.save(handling)
    return Handled(handling=handling.pk, new=True)


class JudgeAlarm(BaseModel):
    """Was it true?"""

    alarm: UUID = Field(title="告警")
    verdict: Literal["true", "false"] = Field(title="判定")
    reason: str = Field(title="理由", min_length=2, max_length=200)
    repair: bool = Field(default=False, title="误报转维修单")


@operation("iot_sensing.judge_alarm", title="判定告警", on=Alarm, action="judge", emits=[AlarmJudged])
def judge_alarm(ctx: Context, data: JudgeAlarm) -> Handled:
    """Say whether an alarm was true; a false one may become a repair order. A later judgement replaces the earlier."""
    alarm = ctx.get(Alarm, data.alarm)
    handling = _handling(ctx, alarm)
    if (handling.verdict, handling.reason) == (data.verdict, data.reason):
        return Handled(handling=handling.pk, new=False)
    handling.verdict, handling.reason, handling.judged_at, handling.judged_by_id = (
        data.verdict,
        data.reason,
        ctx.now,
        _person(ctx),
    )
    if handling.acknowledged_at is None:
        handling.acknowledged_at, handling.acknowledged_by_id = ctx.now, _person(ctx)
    if data.verdict == "false" and data.repair:
        open_order(ctx, alarm.thing, "false_alarm", f"{alarm.thing.name}误报：{alarm.rule.name}", detail=data.reason)
        handling.repair = True
    ctx.save(handling)
    ctx.emit(
        AlarmJudged(
            alarm=alarm.pk,
            thing=alarm.thing_id,
            verdict=data.verdict,
            region=alarm.region or alarm.thing.region,
            origin=alarm.origin,
        )
    )
    return Handled(handling=handling.pk, new=True)

"""What people say of an anomaly: that they saw it, and whether it was true."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field

from yongzhou.core.operations.context import Context
from yongzhou.core.operations.registry import operation
from yongzhou.systems.governance.city_operations.models import Anomaly


class Seen(BaseModel):
    """Somebody looks after it."""

    anomaly: UUID = Field(title="异常")


class Judge(BaseModel):
    """Was it true?"""

    anomaly: UUID = Field(title="异常")
    verdict: Literal["true", "false"] = Field(title="判定", json_schema_extra={"codes": "anomaly verdict"})
    reason: str = Field(title="理由", min_length=2, max_length=200)


class Noted(BaseModel):
    """What was noted."""

    anomaly: UUID = Field(title="异常")
    state: str = Field(title="状态")


@operation("city_operations.acknowledge_anomaly", title="确认异常", on=Anomaly, action="acknowledge")
def acknowledge_anomaly(ctx: Context, data: Seen) -> Noted:
    """Note who saw it first."""
    row = ctx.get(Anomaly, data.anomaly)
    if row.acknowledged_at is None:
        row.acknowledged_at, row.acknowledged_by = ctx.now, ctx.actor.name[:80]
        ctx.save(row)
    return Noted(anomaly=row.pk, state=row.state)


@operation("city_operations.judge_anomaly", title="判定异常", on=Anomaly, action="judge")
def judge_anomaly(ctx: Context, data: Judge) -> Noted:
    """Say whether it was true; the share of true ones is the scan's accuracy. The last word counts."""
    row = ctx.get(Anomaly, data.anomaly)
    row.verdict, row.verdict_reason = data.verdict, data.reason
    row.judged_at, row.judged_by = ctx.now, ctx.actor.name[:80]
    ctx.save(row)
    return Noted(anomaly=row.pk, state=row.state)

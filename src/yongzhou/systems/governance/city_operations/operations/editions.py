"""Editions of signs and limits: what holds from a day on, without losing what held before."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.utils import timezone
from pydantic import BaseModel, Field

from yongzhou.core.operations.context import Context
from yongzhou.core.operations.problem import Problem
from yongzhou.core.operations.registry import operation
from yongzhou.systems.governance.city_operations.models import DomainRule, VitalSign


class ReviseSign(BaseModel):
    """New goalposts of a sign from a day on."""

    sign: UUID = Field(title="体征", json_schema_extra={"resource": "city_operations.vitalsign"})
    worst: float = Field(title="最差值", allow_inf_nan=False)
    best: float = Field(title="最好值", allow_inf_nan=False)
    weight: float = Field(gt=0, le=100, title="权重")
    edition: str = Field(min_length=1, max_length=40, title="版次")
    valid_from: date = Field(title="生效日期")
    source: str = Field(min_length=2, max_length=200, title="依据")


class ReviseRule(BaseModel):
    """New limits of a domain from a day on."""

    rule: UUID = Field(title="分级线", json_schema_extra={"resource": "city_operations.domainrule"})
    blue: float = Field(ge=0, le=100, title="蓝色线")
    yellow: float = Field(ge=0, le=100, title="黄色线")
    orange: float = Field(ge=0, le=100, title="橙色线")
    red: float = Field(ge=0, le=100, title="红色线")
    band: float = Field(ge=0, le=50, title="回差")
    periods: int = Field(ge=1, le=100, title="持续期数")
    edition: str = Field(min_length=1, max_length=40, title="版次")
    valid_from: date = Field(title="生效日期")
    source: str = Field(min_length=2, max_length=200, title="依据")


class Revised(BaseModel):
    """The new edition."""

    id: UUID = Field(title="新版次")


@operation("city_operations.revise_sign", title="修订体征", on=VitalSign, action="revise")
def revise_sign(ctx: Context, data: ReviseSign) -> Revised:
    """Close the edition that holds, and open a new one; states of the past keep the version they were judged by."""
    old = ctx.get(VitalSign, data.sign)
    if data.worst == data.best:
        raise Problem("goalposts", "最差值与最好值相同，无法归一", field="worst", remedy="两个值要不同")
    _after(ctx, old, data.valid_from)
    new = VitalSign(
        domain=old.domain, indicator=old.indicator, season_from=old.season_from, season_to=old.season_to,
        worst=data.worst, best=data.best, weight=data.weight, edition=data.edition, valid_from=data.valid_from,
        source=data.source,
    )  # fmt: skip
    old.valid_to = data.valid_from
    ctx.save(old, new)
    return Revised(id=new.pk)


@operation("city_operations.revise_rule", title="修订分级线", on=DomainRule, action="revise")
def revise_rule(ctx: Context, data: ReviseRule) -> Revised:
    """Close the edition of a domain's limits that holds, and open a new one."""
    old = ctx.get(DomainRule, data.rule)
    if not data.blue > data.yellow > data.orange > data.red:
        raise Problem("limits", "四条线须从蓝到红依次降低", field="blue", remedy="例如 80、70、60、40")
    _after(ctx, old, data.valid_from)
    given = data.model_dump(exclude={"rule"})
    new = DomainRule(domain=old.domain, **given)
    old.valid_to = data.valid_from
    ctx.save(old, new)
    return Revised(id=new.pk)


def _after(ctx: Context, old: VitalSign | DomainRule, day: date) -> None:
    if old.valid_to is not None:
        raise Problem(
            "closed", f"「{old.edition}」已经失效，请修订现行版次", status=409, remedy="在列表里选没有失效日期的一行"
        )
    if day <= old.valid_from or day < timezone.localdate(ctx.now):
        raise Problem("valid_from", "新版次的生效日期应晚于现行版次，且不早于今天", field="valid_from",
                      remedy="已经过去的态势不改判")  # fmt: skip

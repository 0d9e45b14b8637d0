"""The city beside others: peer centres' heartbeats, external ids of things, frames answered item by item, snapshots."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final, Literal
from uuid import UUID

from django.db.models import Count, Q
from pydantic import BaseModel, Field

from yongzhou.core.indicators.definition import indicators
from yongzhou.core.indicators.figures import values
from yongzhou.core.operations.context import Context
from yongzhou.core.operations.problem import Problem
from yongzhou.core.operations.registry import operation
from yongzhou.systems.governance.city_operations.compute import KEEP
from yongzhou.systems.governance.city_operations.models import DOMAINS, FrameItem, PeerCenter, StateVector, TwinLink

SILENT: Final = 3  # periods without a heartbeat


class Heartbeat(BaseModel):
    """A peer says that it is there."""

    code: str = Field(min_length=2, max_length=40, title="代码")
    sent_at: datetime = Field(title="发出时间", description="对方时钟，带时区")


class Heard(BaseModel):
    """How late it came."""

    center: UUID = Field(title="中心")
    lag_s: float = Field(title="时延（秒）")


@operation("city_operations.federate", title="心跳", on=PeerCenter, action="federate")
def federate(ctx: Context, data: Heartbeat) -> Heard:
    """Take a peer centre's heartbeat; a clock in the future is refused."""
    row = PeerCenter.visible_to(ctx.actor, ctx.action).select_for_update().filter(code=data.code).first()
    if row is None:
        raise Problem("unknown_center", f"没有登记中心「{data.code}」", field="code", remedy="请先登记专业指挥中心")
    if data.sent_at.tzinfo is None:
        raise Problem("clock", "发出时间要带时区", field="sent_at", remedy="写成 2026-06-18T03:12:00+08:00")
    lag = (ctx.now - data.sent_at).total_seconds()
    if lag < -60:
        raise Problem("future", "对方时钟比我们快一分钟以上", field="sent_at", remedy="请对方校时（NTP）")
    row.last_heard, row.lag_s, row.state = ctx.now, max(0.0, lag), "live"
    ctx.save(row)
    return Heard(center=row.pk, lag_s=round(row.lag_s, 3))


def mark_silent(now: datetime) -> int:
    """Peers that have missed three heartbeats are silent; how many went silent now."""
    silent = 0
    for row in PeerCenter.objects.filter(state="live"):
        if row.last_heard is None or now - row.last_heard > SILENT * timedelta(seconds=row.period_s):
            silent += PeerCenter.objects.filter(pk=row.pk, state="live", last_heard=row.last_heard).update(
                state="silent"
            )
    return silent


class LinkEntity(BaseModel):
    """What another system calls a thing."""

    link: UUID = Field(title="孪生映射", json_schema_extra={"resource": "city_operations.twinlink"})
    scheme: str = Field(pattern=r"^[a-z0-9_-]{2,24}$", title="编码体系", description="例如 ngsi-ld、cim、police")
    code: str = Field(max_length=120, title="外部编号", description="空是取消")


class Linked(BaseModel):
    """All external ids of the thing."""

    external: dict[str, str] = Field(title="外部编号")


@operation("city_operations.link_entity", title="登记外部编号", on=TwinLink, action="link")
def link_entity(ctx: Context, data: LinkEntity) -> Linked:
    """Note, change or take back what another system calls a thing; one code of a scheme means one thing."""
    row = ctx.get(TwinLink, data.link)
    if data.code and TwinLink.objects.filter(external__contains={data.scheme: data.code}).exclude(pk=row.pk).exists():
        raise Problem("taken", f"{data.scheme} 的 {data.code} 已是另一件设备", status=409, field="code",
                      remedy="请核对编号；确为同一件的先合并设备")  # fmt: skip
    others = {scheme: code for scheme, code in row.external.items() if scheme != data.scheme}
    row.external = {**others, data.scheme: data.code} if data.code else others
    ctx.save(row)
    return Linked(external=row.external)


class Nothing(BaseModel):
    """No input."""


class Gaps(BaseModel):
    """What the twin lacks."""

    things: int = Field(title="设备")
    no_place: int = Field(title="没有位置")
    no_owner: int = Field(title="没有权属")
    no_stream: int = Field(title="没有数据流")


@operation("city_operations.check_gaps", title="孪生缺口", on=TwinLink, action="read")
def check_gaps(ctx: Context, data: Nothing) -> Gaps:
    """How many of the things that one may see lack a place, an owner, a stream of data."""
    found = TwinLink.visible_to(ctx.actor).aggregate(
        things=Count("pk"), no_place=Count("pk", filter=Q(located=False)), no_owner=Count("pk", filter=Q(owned=False)),
        no_stream=Count("pk", filter=Q(watched=False)),
    )  # fmt: skip
    return Gaps(**found)


class Snapshot(BaseModel):
    """At which moment."""

    at: datetime = Field(title="时刻")


class Stood(BaseModel):
    """One state as it was known."""

    region: str
    domain: str
    score: float | None
    severity: int
    confidence: float
    rule: str
    known_at: datetime = Field(description="这一行写下的时间，不晚于所问时刻")
    reasons: list[dict[str, object]]


class Known(BaseModel):
    """The whole state as it was known then."""

    at: datetime = Field(title="时刻")
    states: list[Stood] = Field(title="态势")


@operation("city_operations.snapshot", title="态势快照", on=StateVector, action="read")
def snapshot(ctx: Context, data: Snapshot) -> Known:
    """The state of all places as it was known at a moment: what was computed later is not in it."""
    if data.at.tzinfo is None:
        raise Problem("clock", "时刻要带时区", field="at", remedy="写成 2026-06-18T03:12:00+08:00")
    if not ctx.now - KEEP <= data.at <= ctx.now:
        raise Problem("moment", f"只保留 {KEEP.days} 天以内的态势", field="at", remedy="更早的看已归档的运行报告")
    rows = (
        StateVector.visible_to(ctx.actor).filter(at__lte=data.at, created_at__lte=data.at)
        .order_by("region", "domain", "-at").distinct("region", "domain")
    )  # fmt: skip
    return Known(
        at=data.at,
        states=[
            Stood(region=r.region, domain=r.domain, score=r.score, severity=int(r.severity), confidence=r.confidence,
                  rule=r.rule, known_at=r.created_at, reasons=r.reasons)
            for r in rows
        ],
    )  # fmt: skip


class ScoreFrame(BaseModel):
    """Which frame."""

    frame: str = Field(default="ISO 37120:2018", min_length=2, max_length=40, title="指标体系")


class ItemAnswer(BaseModel):
    """One item."""

    code: str
    title: str
    fit: Literal["computed", "estimated", "missing"]
    indicator: str
    value: float | None
    unit: str
    office: str


class Frame(BaseModel):
    """All items, and how many are answered."""

    items: list[ItemAnswer] = Field(title="条目")
    answered: int = Field(title="有数")
    total: int = Field(title="条目数")


@operation("city_operations.score_frame", title="指标体系对照", on=FrameItem, action="read")
def score_frame(ctx: Context, data: ScoreFrame) -> Frame:
    """A published frame item by item: computed, estimated, or missing with the office that should supply it."""
    rows = list(FrameItem.visible_to(ctx.actor).filter(frame=data.frame))
    if not rows:
        raise Problem("unknown_frame", f"没有登记指标体系「{data.frame}」", field="frame",
                      remedy="在「指标体系对照」里看已登记的")  # fmt: skip
    rows.sort(key=lambda row: [int(part) if part.isdecimal() else 0 for part in row.code.split(".")])
    figures = values({row.indicator for row in rows if row.indicator in indicators()}, at=ctx.now)
    items = []
    for row in rows:
        figure = figures.get(row.indicator)
        value = figure.value if figure is not None else None
        fit: Literal["computed", "estimated", "missing"] = (
            "missing" if value is None else "estimated" if row.fit == "estimated" else "computed"
        )
        items.append(ItemAnswer(code=row.code, title=row.title, fit=fit, indicator=row.indicator, value=value,
                                unit=figure.indicator.unit if figure else "", office=row.office))  # fmt: skip
    return Frame(items=items, answered=sum(item.value is not None for item in items), total=len(items))


def domain_sources() -> dict[str, str]:
    """What would connect a domain that has no source yet; honest words for the empty dial."""
    return {name: words for name, words in SOURCES.items() if name in DOMAINS}


SOURCES: Final = {
    "economy": "接入市统计局月度数据、税务开票和用电量后给分",
    "traffic": "接入市交通运行监测调度中心的路况和客运数据后给分",
    "ecology": "接入市生态环境监控中心的空气、水质监测后给分",
    "safety": "接入水位、雨量和报警后给分",
    "society": "接入事项办理数据后给分",
    "resource": "接入设备数据流后给分",
}

"""督办: ask a place to do something, and follow what its steward makes of it by the facts of the matter."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.db.models import Q
from pydantic import BaseModel, Field

from yongzhou.core.data.guard import resource_name
from yongzhou.core.matters.models import Matter
from yongzhou.core.matters.verbs import number
from yongzhou.core.operations.context import Context
from yongzhou.core.operations.problem import Problem
from yongzhou.core.operations.registry import operation
from yongzhou.core.places.models import Place
from yongzhou.systems.governance.city_operations.events import SupervisionRequested
from yongzhou.systems.governance.city_operations.models import Advice, Supervision

# How the states of the matter that carries it read as a supervision.
FOLLOWS = {
    "assigned": "taken", "handling": "working", "done": "done", "verified": "done", "closed": "closed",
    "reopened": "working", "suspended": "working", "accepted": "taken", "reported": "taken", "merged": "working",
}  # fmt: skip


class Supervise(BaseModel):
    """What is asked of whom, until when."""

    title: str = Field(min_length=4, max_length=120, title="督办事项")
    demand: str = Field(min_length=4, max_length=500, title="要求")
    region: str = Field(pattern=r"^4311[0-9]{0,11}$", title="承办地区", description="县区或乡镇的行政区划代码")
    level: int = Field(default=3, ge=1, le=4, title="等级", description="1 红 2 橙 3 黄 4 蓝")
    hours: float = Field(default=72, gt=0, le=24 * 60, title="办理小时数")
    about: str = Field(default="", max_length=120, title="由头", description="指标名、领域或异常编号")
    subject: UUID | None = Field(default=None, title="被督办事项", json_schema_extra={"resource": "matters.matter"})
    advice: UUID | None = Field(
        default=None, title="决策建议", json_schema_extra={"resource": "city_operations.advice"}
    )


class Asked(BaseModel):
    """The task."""

    supervision: UUID = Field(title="督办")
    number: str = Field(title="编号")


@operation(
    "city_operations.supervise", title="交办督办", on=Supervision, action="supervise", emits=[SupervisionRequested]
)
def supervise(ctx: Context, data: Supervise) -> Asked:
    """Hand a task to a place; the grid hears it by event and answers by the matter it opens or moves."""
    if not Place.objects.filter(code=data.region, valid_to__isnull=True).exists():
        raise Problem("no_place", f"没有地区 {data.region}", field="region", remedy="填县区（6 位）或乡镇（9 位）代码")
    if not _reaches(ctx, data.region):
        raise Problem(
            "elsewhere", "这个地区不在您的管辖范围内", status=403, field="region", remedy="只能向所辖地区交办"
        )
    subject = ctx.get(Matter, data.subject, lock=False, action="read") if data.subject else None
    if subject is not None and subject.state in ("closed", "merged"):
        raise Problem("over", "这件事已经结案，不用督办", status=409, field="subject", remedy="如未解决请先重开")
    advice = ctx.get(Advice, data.advice, lock=False, action="read") if data.advice else None
    row = Supervision(
        number=number("supervision", ctx.now, "DB"), title=data.title, demand=data.demand, region=data.region,
        level=data.level, due=ctx.now + timedelta(hours=data.hours), about=data.about, advice=advice,
        asked_at=ctx.now, asked_by=ctx.actor.name[:80],
    )  # fmt: skip
    if subject is not None:
        row.subject = row.matter = subject.pk
    ctx.save(row)
    ctx.emit(
        SupervisionRequested(
            supervision=row.pk, number=row.number, title=row.title, demand=row.demand, level=row.level, due=row.due,
            about=row.about, subject_matter=row.subject, region=row.region, origin="measured",
        )
    )  # fmt: skip
    return Asked(supervision=row.pk, number=row.number)


def _reaches(ctx: Context, region: str) -> bool:
    """Whether one of the actor's grants reaches a region; a new row has no guard to ask yet."""
    lines = ctx.actor.lines(ctx.action, resource_name(Supervision))
    return any(line.region is not None and region.startswith(line.region) for line in lines)


class Follow(BaseModel):
    """A fact about a matter that may carry a supervision."""

    matter: UUID = Field(title="事项")


class Followed(BaseModel):
    """How many supervisions it moved."""

    moved: int = Field(title="更新数")


@operation("city_operations.follow_matter", title="跟进督办", on=Supervision, action="follow")
def follow_matter(ctx: Context, data: Follow) -> Followed:
    """Bring the supervisions that a matter carries to where it stands; a matter that it does not know moves none."""
    matter = Matter.objects.filter(pk=data.matter).select_related("unit").first()
    if matter is None:
        return Followed(moved=0)
    carried = Q(matter=matter.pk)
    if matter.key.startswith("supervision:") and (key := _key(matter.key)) is not None:
        carried |= Q(pk=key)
    moved = 0
    for row in Supervision.objects.filter(carried).select_for_update():
        state = FOLLOWS[matter.state]
        if (row.state, row.matter, row.unit_id) == (state, matter.pk, matter.unit_id):
            continue
        row.state, row.matter, row.unit = state, matter.pk, matter.unit
        row.taken_at = row.taken_at or ctx.now
        if state in ("done", "closed"):
            row.done_at = row.done_at or matter.done_at or ctx.now
        row.closed_at = (matter.closed_at or ctx.now) if state == "closed" else None
        ctx.save(row)
        moved += 1
    return Followed(moved=moved)


def _key(text: str) -> UUID | None:
    try:
        return UUID(text.removeprefix("supervision:"))
    except ValueError:
        return None


class Withdraw(BaseModel):
    """Close a task by hand."""

    supervision: UUID = Field(title="督办")
    result: str = Field(min_length=2, max_length=300, title="结果")


@operation("city_operations.settle_supervision", title="销号", on=Supervision, action="supervise")
def settle_supervision(ctx: Context, data: Withdraw) -> Asked:
    """Close a supervision with its result; one that a matter carries closes only with it."""
    row = ctx.get(Supervision, data.supervision)
    if row.state == "closed":
        raise Problem("over", "这条督办已经销号", status=409)
    carrier = Matter.objects.filter(pk=row.matter).values_list("state", flat=True).first() if row.matter else None
    if carrier is not None and carrier not in ("done", "verified", "closed"):
        raise Problem("working", "承办事项还没有办结，不能销号", status=409, remedy="等承办单位办结后再销号")
    row.state, row.result, row.closed_at = "closed", data.result, ctx.now
    row.done_at = row.done_at or ctx.now
    ctx.save(row)
    return Asked(supervision=row.pk, number=row.number)

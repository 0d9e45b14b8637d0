"""运行日报、周报: generate, edit, sign, archive, correct."""

from __future__ import annotations

import json
from datetime import date, datetime, time, timedelta
from hashlib import sha256
from typing import Any, Final, Literal
from uuid import UUID

from django.utils import timezone
from pydantic import BaseModel, Field

from yongzhou.core.calendar import SHANGHAI
from yongzhou.core.data.guard import resource_name
from yongzhou.core.matters.verbs import number
from yongzhou.core.operations.context import Context
from yongzhou.core.operations.problem import Problem
from yongzhou.core.operations.registry import operation
from yongzhou.core.places.models import Place
from yongzhou.systems.governance.city_operations.events import ReportSigned
from yongzhou.systems.governance.city_operations.models import OperationReport
from yongzhou.systems.governance.city_operations.operations.bulletin import content, numbers

KINDS: Final = {"daily": ("日报", timedelta(days=1), "YXRB"), "weekly": ("周报", timedelta(days=7), "YXZB")}
Kind = Literal["daily", "weekly"]


class Generate(BaseModel):
    """Which report of which day or week."""

    kind: Kind = Field(default="daily", title="种类", json_schema_extra={"codes": "report kind"})
    day: date | None = Field(default=None, title="日期", description="不填是昨天；周报取这一天所在的周")
    region: str = Field(default="4311", pattern=r"^4311([0-9]{2})?$", title="地区")


class Report(BaseModel):
    """The report."""

    report: UUID = Field(title="报告")
    number: str = Field(title="编号")
    state: str = Field(title="状态")
    new: bool = Field(default=False, title="新生成")


def span_of(kind: Kind, day: date) -> tuple[datetime, datetime]:
    """Half-open period in Yongzhou's time: the day, or Monday to Sunday around it."""
    first = day if kind == "daily" else day - timedelta(days=day.weekday())
    start = datetime.combine(first, time(), tzinfo=SHANGHAI)
    return start, start + KINDS[kind][1]


@operation("city_operations.generate_report", title="生成运行报告", on=OperationReport, action="report")
def generate_report(ctx: Context, data: Generate) -> Report:
    """Write the draft of a period that is over; a draft that is there gets fresh numbers and keeps its words.

    After signing a new issue is made, which replaces the old one when it is signed itself.
    """
    start, end = span_of(data.kind, data.day or timezone.localdate(ctx.now) - KINDS[data.kind][1])
    if end > ctx.now:
        raise Problem(
            "not_over", "这一期还没有结束", field="day", remedy=f"{end.astimezone(SHANGHAI):%m月%d日 %H:%M} 以后生成"
        )
    lines = ctx.actor.lines(ctx.action, resource_name(OperationReport))
    if not any(line.region is not None and data.region.startswith(line.region) for line in lines):
        raise Problem(
            "elsewhere", "这个地区不在您的管辖范围内", status=403, field="region", remedy="只能生成所辖地区的报告"
        )
    place = Place.objects.filter(code=data.region).first()
    if place is None:
        raise Problem("no_place", f"没有地区 {data.region}", field="region", remedy="填 4311 或县区代码")
    last = (
        OperationReport.objects.select_for_update().filter(kind=data.kind, region=data.region, starts=start)
        .order_by("-issue").first()
    )  # fmt: skip
    word, _, prefix = KINDS[data.kind]
    row = last if last is not None and last.state == "draft" else None
    new = row is None
    if row is None:
        row = OperationReport(
            kind=data.kind, region=data.region, starts=start, ends=end, issue=last.issue + 1 if last else 1,
            number=number(f"report-{data.kind}", ctx.now, prefix), title=f"{place.name}城市运行{word}",
            opinion=last.opinion if last else "", replaces=last, current=last is None,
        )  # fmt: skip
    found = content(data.region, start, end)
    row.content, row.origin, row.cut, row.made_at = found, found["origin"], ctx.now, ctx.now
    ctx.save(row)
    return Report(report=row.pk, number=row.number, state=row.state, new=new)


class Edit(BaseModel):
    """Words of a person; numbers are not typed."""

    report: UUID = Field(title="报告")
    opinion: str = Field(min_length=4, max_length=3000, title="综合研判", json_schema_extra={"long": True})
    row_version: int | None = Field(default=None, title="所见版本")


class Which(BaseModel):
    """Which report."""

    report: UUID = Field(title="报告")


@operation("city_operations.edit_report", title="编写研判", on=OperationReport, action="report")
def edit_report(ctx: Context, data: Edit) -> Report:
    """Write the assessment of a draft."""
    row = ctx.get(OperationReport, data.report)
    ctx.expect(row, data.row_version)
    _draft(row)
    row.opinion, row.edited_by, row.edited_at = data.opinion.strip(), ctx.actor.name[:80], ctx.now
    ctx.save(row)
    return Report(report=row.pk, number=row.number, state=row.state)


@operation("city_operations.sign_report", title="签发", on=OperationReport, action="sign", emits=[ReportSigned])
def sign_report(ctx: Context, data: Which) -> Report:
    """Sign a draft: every number must still equal its query, and a person must have written the assessment."""
    row = ctx.get(OperationReport, data.report)
    _draft(row)
    if ctx.actor.kind != "person":
        raise Problem("person", "报告由人签发", status=403, remedy="请值班领导签发")
    if not row.opinion:
        raise Problem("opinion", "还没有写综合研判", field="opinion", remedy="先「编写研判」")
    stored, now = numbers(row.content["sections"]), numbers(content(row.region, row.starts, row.ends)["sections"])
    if moved := [name for name, value in now.items() if stored.get(name, "?") != value]:
        raise Problem("moved", f"有 {len(moved)} 个数与现在的查询结果不一致：{'、'.join(moved[:5])}", status=409,
                      remedy="点「生成运行报告」取最新的数，再签发")  # fmt: skip
    row.state, row.signed_by, row.signed_at, row.digest = "signed", ctx.actor.name[:80], ctx.now, digest(row)
    if row.replaces_id is not None:
        old = OperationReport.objects.select_for_update().get(pk=row.replaces_id)
        old.current = False
        ctx.save(old)
    row.current = True
    ctx.save(row)
    origin: Any = row.origin
    ctx.emit(ReportSigned(report=row.pk, kind=row.kind, digest=row.digest, region=row.region, origin=origin))
    return Report(report=row.pk, number=row.number, state=row.state)


@operation("city_operations.archive_report", title="归档", on=OperationReport, action="report")
def archive_report(ctx: Context, data: Which) -> Report:
    """Archive a signed report, after its content has been checked against the digest of the signing."""
    row = ctx.get(OperationReport, data.report)
    if row.state != "signed":
        raise Problem("not_signed", "签发以后才能归档", status=409, remedy="先签发")
    if digest(row) != row.digest:
        raise Problem("tampered", "内容与签发时的指纹不一致，不能归档", status=409, remedy="请安全审计员核查历史")
    row.state, row.archived_at = "archived", ctx.now
    ctx.save(row)
    return Report(report=row.pk, number=row.number, state=row.state)


def digest(row: OperationReport) -> str:
    """SHA-256 of what is signed: title, period, content and assessment in canonical JSON."""
    period = [moment.astimezone(SHANGHAI).isoformat() for moment in (row.starts, row.ends)]
    signed = [row.number, row.title, *period,
              row.content, row.opinion]  # fmt: skip
    return sha256(json.dumps(signed, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def _draft(row: OperationReport) -> None:
    if row.state != "draft":
        raise Problem("signed", "已签发的报告不能改", status=409, remedy="要更正请重新生成一稿，签发后替换原稿")

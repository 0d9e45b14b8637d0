"""网上群众工作: a notice goes out as a link, answers come by form, points are only ever added. No chat is read."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from django.db.models import Sum
from pydantic import BaseModel, Field

from yongzhou.core.inbox.notify import notify
from yongzhou.core.matters.events import MatterAssigned, MatterOpened
from yongzhou.core.operations.context import Context
from yongzhou.core.operations.problem import Problem
from yongzhou.core.operations.registry import operation
from yongzhou.core.people.models import Person
from yongzhou.systems.governance.grid_governance.models import MassGroup, Notice, NoticeReply, PointsEntry
from yongzhou.systems.governance.grid_governance.operations.common import not_now, person_acting
from yongzhou.systems.governance.grid_governance.operations.intake import report
from yongzhou.systems.governance.grid_governance.operations.recognise import NewReport


class NewNotice(BaseModel):
    """A notice to a region, posted by one group's assistant or by all."""

    kind: Literal["notice", "consultation", "request"] = Field(title="类别")
    title: str = Field(title="标题", min_length=2, max_length=80)
    text: str = Field(title="内容", min_length=2, max_length=4000)
    region: str = Field(title="地区", pattern=r"^\d{4,12}$")
    until: datetime = Field(title="截止时间")
    group: UUID | None = Field(default=None, title="连心桥群")


class NoticeState(BaseModel):
    """A notice and the link that an assistant posts."""

    notice: UUID
    link: str


class NewReply(BaseModel):
    """One answer by form."""

    notice: UUID = Field(title="通知")
    text: str = Field(title="内容", min_length=2, max_length=1000)
    contact: str = Field(default="", title="联系方式", max_length=60)


class AnswerReply(BaseModel):
    """What the unit says to it; it may become an event."""

    reply: UUID = Field(title="意见")
    answer: str = Field(title="答复", min_length=2, max_length=300)
    solved: bool = Field(default=False, title="已解决")
    as_event: bool = Field(default=False, title="转为事件")


class ReplyState(BaseModel):
    """An answer after a step."""

    reply: UUID
    state: str
    event: UUID | None = None


class AddPoints(BaseModel):
    """Points for one person."""

    person: UUID = Field(title="人员")
    points: int = Field(title="积分", ge=-1000, le=1000)
    reason: str = Field(title="事由", min_length=2, max_length=120)
    event: UUID | None = Field(default=None, title="事件")


class Balance(BaseModel):
    """The sum of all entries."""

    person: UUID
    balance: int


@operation("grid_governance.publish_notice", title="发布通知议事", on=Notice, action="publish")
def publish_notice(ctx: Context, data: NewNotice) -> NoticeState:
    """Publish a notice; the answer holds the link for the group."""
    if data.until <= ctx.now:
        raise Problem("past", "截止时间已过", field="until", remedy="请选将来的时间")
    group = MassGroup.objects.filter(pk=data.group).first() if data.group else None
    if data.group and (group is None or not group.active or not group.region.startswith(data.region)):
        raise Problem("no_group", "没有这个群，或它不在所选地区", field="group", remedy="请从连心桥群台账中选择")
    acting = person_acting(ctx)
    row = Notice(kind=data.kind, title=data.title, text=data.text, region=data.region, at=ctx.now, until=data.until)
    row.group, row.unit = group, acting.unit if acting else None
    ctx.save(row)
    return NoticeState(notice=row.pk, link=f"/app/notice/{row.pk}/")


@operation("grid_governance.reply_notice", title="回复通知议事", on=NoticeReply, action="report")
def reply_notice(ctx: Context, data: NewReply) -> ReplyState:
    """One answer a person and notice: sent again it replaces the words, once it is answered it stands."""
    notice = Notice.objects.filter(pk=data.notice).first()
    if notice is None:
        raise Problem("not_found", "没有这份通知", status=404, remedy="请核对链接")
    if ctx.now > notice.until:
        raise not_now("已过截止时间", "急事请用随手拍或拨打 12345")
    person = person_acting(ctx)
    row = NoticeReply.objects.filter(notice=notice, person=person).first() if person else None
    if row is not None and row.state != "open":
        raise not_now("您的意见已经答复", "有新的意见请等下一次征集")
    row = row or NoticeReply(notice=notice, region=notice.region, person=person)
    row.text, row.contact, row.at = data.text, data.contact, ctx.now
    ctx.save(row)
    return ReplyState(reply=row.pk, state=row.state)


@operation(
    "grid_governance.answer_reply",
    title="答复群众意见",
    on=NoticeReply,
    action="publish",
    emits=[MatterOpened, MatterAssigned],
)
def answer_reply(ctx: Context, data: AnswerReply) -> ReplyState:
    """Answer a wish; what somebody must fix becomes an event like any other."""
    row = ctx.get(NoticeReply, data.reply)
    if row.state == "solved":
        raise not_now("这条意见已经解决")
    row.answer, row.state = data.answer, "solved" if data.solved else "answered"
    if data.as_event and row.event_id is None:
        given = NewReport(door="staff", external_id=f"reply-{row.pk}", text=row.text, region=row.region, anonymous=True)
        row.event_id = report.function(ctx, given).event
    ctx.save(row)
    if row.person:
        notify(ctx, row.person, f"您的意见已答复：{data.answer}", about=row)
    return ReplyState(reply=row.pk, state=row.state, event=row.event_id)


@operation("grid_governance.add_points", title="记积分", on=PointsEntry, action="publish")
def add_points(ctx: Context, data: AddPoints) -> Balance:
    """Add an entry; once a person and event, and the balance never falls below zero."""
    person = Person.objects.filter(pk=data.person).first()
    if person is None:
        raise Problem("no_person", "没有这个人", field="person", remedy="请从名单中选择")
    sum_ = PointsEntry.objects.filter(person=person).aggregate(sum=Sum("points"))["sum"] or 0
    if sum_ + data.points < 0:
        raise Problem("too_little", f"积分只有 {sum_} 分", field="points", remedy="兑换不能超过余额")
    row = PointsEntry(person=person, region=person.region or "4311", points=data.points, reason=data.reason, at=ctx.now)
    row.event_id = data.event
    ctx.save(row)
    return Balance(person=person.pk, balance=sum_ + data.points)


def village_figures(region: str) -> list[dict[str, object]]:
    """Per region of a notice: asked, answered, solved."""
    rows: dict[str, dict[str, object]] = {}
    for code, state in NoticeReply.objects.filter(region__startswith=region).values_list("region", "state"):
        row = rows.setdefault(code, {"region": code, "asked": 0, "answered": 0, "solved": 0})
        row["asked"] = int(str(row["asked"])) + 1
        row["answered"] = int(str(row["answered"])) + (state != "open")
        row["solved"] = int(str(row["solved"])) + (state == "solved")
    return sorted(rows.values(), key=lambda one: str(one["region"]))

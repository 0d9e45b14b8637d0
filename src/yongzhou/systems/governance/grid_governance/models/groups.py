"""连心桥 and 群防群治: groups, notices and replies, points. No message of a group is ever kept."""

from __future__ import annotations

from django.db import models

from yongzhou.core.data.fields import Coded, Count, Flag, Link, Long, Region, Text, When
from yongzhou.core.data.personal import Personal
from yongzhou.core.data.record import Record
from yongzhou.core.people.models import Person, Unit
from yongzhou.systems.governance.grid_governance.models.event import Event


class MassGroup(Record):
    """A 连心桥 group: whose, how large; what is said in it stays in it."""

    name = Text("群名", max=60, sample="白水镇竹山村连心桥群")
    region = Region(sample="431181107201")
    unit = Link("管理单位", Unit, required=False)
    size = Count("人数", default=0, low=0, high=500, sample=210)
    active = Flag("启用", default=True)

    class House:
        title = "连心桥群"
        region = "region"
        department = "unit"
        api = "write"
        list = ("name", "region", "unit", "size", "active")
        search = ("name",)
        about = "村（社区）连心桥微信群台账：只登记群名、管理单位和人数，不采集群内消息"

    def __str__(self) -> str:
        return str(self.name)


class Notice(Record):
    """What a group assistant posts as a link: a notice, a question to talk over, a call for requests."""

    kind = Coded("类别", "grid notice kind", sample="request")
    title = Text("标题", max=80, sample="征集村口路灯意见")
    text = Long("内容", sample="请填写希望装灯的位置")
    region = Region(sample="431181107")
    unit = Link("发布单位", Unit, required=False)
    group = Link("连心桥群", MassGroup, required=False)
    at = When("发布时间")
    until = When("截止时间")

    class House:
        title = "通知议事"
        region = "region"
        department = "unit"
        list = ("kind", "title", "region", "at", "until")
        sort = ("at",)
        filters = ("kind",)
        share = ("kind", "title", "region", "at", "until")
        about = "群助手只发链接；意见和诉求从表单来，不读群聊"

    def __str__(self) -> str:
        return str(self.title)


class NoticeReply(Record):
    """One answer to a notice by its form; a request may become an event."""

    notice = Link("通知", Notice, models.CASCADE)
    region = Region()
    person = Link("填写人", Person, required=False, grade=3)
    contact = Personal("联系方式", kind="contact", grade=3)
    text = Long("内容", grade=2, sample="村口到小学一段没有路灯")
    at = When("时间")
    state = Coded("状态", "grid reply state", default="open", sample="open")
    answer = Text("答复", max=300, required=False)
    event = Link("转为事件", Event, required=False)

    class House:
        title = "群众意见"
        grade = 2
        region = "region"
        person = "person"
        list = ("notice", "at", "text", "state", "answer")
        filters = ("state",)
        share = ("notice", "region", "at", "state")
        about = "按村统计：提了多少、答了多少、解决了多少"


class PointsEntry(Record):
    """Points for something done for all; the balance is their sum, an entry is never changed."""

    person = Link("人员", Person, grade=2)
    region = Region()
    points = Count("积分", low=-1000, high=1000, sample=5)
    reason = Text("事由", max=120, sample="上报井盖缺失属实")
    event = Link("事件", Event, required=False)
    at = When("时间")

    class House:
        title = "积分"
        grade = 2
        region = "region"
        person = "person"
        list = ("person", "points", "reason", "at")
        sort = ("at",)
        about = "群防群治积分：只加减、不改写，本人可查"

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person", "event"], condition=models.Q(event__isnull=False), name="points_once_an_event"
            )
        ]

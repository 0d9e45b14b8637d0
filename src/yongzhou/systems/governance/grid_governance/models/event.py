"""Events, the reports behind them, and the scope that everything about an event shares."""

from __future__ import annotations

from django.db import models

from yongzhou.core.data.fields import Attachments, Coded, Count, Facts, Flag, Link, Long, Number, Region, Text, When
from yongzhou.core.data.geometry import Geometry
from yongzhou.core.data.personal import Personal
from yongzhou.core.data.record import Record
from yongzhou.core.matters.models import Matter
from yongzhou.core.people.models import Person
from yongzhou.core.places.models import Place
from yongzhou.systems.governance.grid_governance.models.library import EventType


class Event(Matter):
    """One thing that somebody must fix, with its own clock kept as it was when the event was opened."""

    type = Link("事件类型", EventType, required=False)
    grade = Coded("紧急程度", "event grade", default="一般", sample="紧急")
    grid = Link("网格", Place, required=False)
    clock = Coded("计时", "event clock", default="work", sample="calendar")
    accept_hours = Number("签收时限小时", unit="h", default=4.0)
    handle_hours = Number("办理时限小时", unit="h", default=40.0)
    accept_due = When("签收时限", required=False)
    first_due = When("首次时限", required=False)
    clock_from = When("计时起点", required=False)
    used_s = Count("已用时间", unit="s", default=0)
    left_s = Count("剩余时间", unit="s", default=0)
    rung = Count("催办级别", default=0, low=0, high=4)
    next_rung_at = When("下次催办", required=False)
    handling_at = When("到场处置时间", required=False)
    accept_late = Flag("签收超时")
    report_count = Count("线索数", default=1)
    rejected_count = Count("退单次数", default=0)
    reopen_count = Count("重开次数", default=0)
    extended = Flag("已延期")
    arbitration = Coded("会商", "arbitration", required=False)
    cleared = Flag("告警已解除")
    guesses = Facts("归类建议", default=list)
    similar = Facts("疑似重复", default=list)
    candidates = Facts("责任候选", default=list)
    repeat_of = Link("上次办结", "self", required=False)
    state_before = Text("并案或挂起前状态", max=12, required=False, technical=True)

    class House:
        title = "事件"
        list = ("level", "title", "type", "address", "state", "unit", "handler", "due")
        filters = ("state", "level", "type", "grade", "source", "unit")
        share = (
            *(
                "number",
                "kind",
                "steward",
                "state",
                "level",
                "unit",
                "source",
                "opened_at",
                "assigned_at",
                "accepted_at",
            ),
            *("done_at", "closed_at", "due", "rating", "parent", "type", "grade", "first_due", "used_s"),
            *("report_count", "rejected_count", "reopen_count", "extended", "repeat_of"),
        )
        about = "全市要办的每一件事：只派一次、只归一家、到点催办、他人核查"

    class Meta:
        indexes = [models.Index(fields=["next_rung_at"], name="event_next_rung")]


class Report(Record):
    """One voice about something, by one door; several may stand behind one event."""

    door = Coded("渠道", "event door", sample="citizen")
    external_id = Text("渠道编号", max=80, required=False, sample="12345-20260618-0042")
    event = Link("事件", Event)
    region = Region()
    reporter = Link("上报人", Person, required=False, grade=3)
    contact = Personal("联系方式", kind="contact", grade=3, sample="16100000012")
    text = Long("内容", grade=2, sample="潘家街口井盖不见了，晚上很危险")
    photos = Attachments("照片")
    address = Text("位置描述", max=120, required=False, sample="白水镇集镇段")
    geometry = Geometry("所报位置")
    crs = Text("坐标系", max=12, required=False, sample="GCJ02")
    doubts = Facts("存疑", default=list)
    at = When("上报时间")
    joined = Flag("并入已有事件")
    secret = Flag("要求保密")
    confidence = Number("识别把握", digits=2, low=0, high=1, required=False)
    stars = Count("评价", low=1, high=5, required=False, sample=5)
    comment = Text("评价说明", max=200, required=False, grade=2)

    class House:
        title = "线索"
        grade = 2
        region = "region"
        department = "event__unit"
        person = "reporter"
        list = ("at", "door", "text", "address", "event", "joined")
        search = ("text", "external_id")
        filters = ("door", "joined")
        map = "geometry"
        about = "群众、网格员、热线和设备说的每一句话；上报人身份对承办单位保密"

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["door", "external_id"], condition=~models.Q(external_id=""), name="report_once_a_door"
            )
        ]

    def __str__(self) -> str:
        return str(self.text)[:40]


class OfEvent(Record):
    """What belongs to an event shares its scope."""

    event = Link("事件", Event, models.CASCADE)
    at = When("时间")

    class Meta:
        abstract = True

    class House:
        region = "event__region"
        department = "event__unit"

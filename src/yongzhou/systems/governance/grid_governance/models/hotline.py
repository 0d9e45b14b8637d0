"""The 12345 door: calls, orders, and what a seat can answer by itself."""

from __future__ import annotations

from yongzhou.core.data.fields import Coded, Count, Flag, Link, Long, Region, Text, When
from yongzhou.core.data.personal import Personal
from yongzhou.core.data.record import Record
from yongzhou.systems.governance.grid_governance.models.event import Event, Report


class HotlineOrder(Record):
    """One 工单 of the 12345 hotline, with its own number; several may stand behind one event."""

    number = Text("工单编号", max=40, unique=True, sample="YZ20260618000042")
    called_at = When("来电时间")
    kind = Coded("诉求类型", "grid appeal kind", sample="help")
    caller = Personal("诉求人", kind="name", grade=3, sample="周小梅")
    contact = Personal("联系电话", kind="phone", grade=3, sample="16100000012")
    secret = Flag("要求保密")
    title = Text("诉求标题", max=120, sample="井盖缺失")
    text = Long("诉求内容", grade=2, sample="潘家街口井盖不见了，晚上很危险")
    address = Text("诉求地址", max=120, required=False, sample="白水镇潘家街口")
    region = Region()
    placed = Text("定位依据", max=120, required=False, technical=True)
    seat = Text("坐席工号", max=20, required=False, sample="B012")
    state = Coded("状态", "grid order state", default="event", sample="event")
    event = Link("事件", Event, required=False)
    report = Link("线索", Report, required=False)
    joined = Flag("并入已有事件")
    answer = Text("答复", max=500, required=False, grade=2)
    repeat_of = Link("上次工单", "self", required=False)
    after_close = Flag("办结后重复投诉")
    callback_due = When("回访时限", required=False)
    attempts = Count("回访次数", default=0, low=0, high=9)
    closed_at = When("办结时间", required=False)

    class House:
        title = "热线工单"
        grade = 2
        region = "region"
        department = "event__unit"
        list = ("number", "called_at", "kind", "title", "region", "state", "event", "callback_due")
        search = ("number", "title")
        sort = ("called_at",)
        filters = ("kind", "state", "joined", "after_close")
        share = ("number", "called_at", "kind", "region", "state", "event", "joined", "after_close", "closed_at")
        about = "12345 转来的每一张工单：归到哪一件事、何时回访、是不是重复投诉；诉求人身份对承办单位保密"

    def __str__(self) -> str:
        return f"{self.number} {self.title}"


class HotlineCall(Record):
    """One call: how long it waited, where it was passed to. No sound is kept here."""

    call_id = Text("话单号", max=60, unique=True, sample="C-20260618-000042")
    region = Region(sample="4311")
    line = Coded("线路", "grid call line", default="12345", sample="12345")
    queued_at = When("进线时间")
    answered_at = When("接通时间", required=False)
    ended_at = When("挂机时间", required=False)
    seat = Text("坐席工号", max=20, required=False, sample="B012")
    order = Link("工单", HotlineOrder, required=False)
    passed_to = Coded("转往", "grid call line", required=False, sample="110")
    passed_at = When("转接时间", required=False)
    outcome = Text("转接结果", max=200, required=False)

    class House:
        title = "热线话务"
        region = "region"
        list = ("queued_at", "line", "answered_at", "ended_at", "seat", "passed_to")
        sort = ("queued_at",)
        filters = ("line", "passed_to")
        share = ("queued_at", "answered_at", "ended_at", "line", "passed_to", "region")
        history = False
        about = "每个来电等了多久、是否接通、是否与 110 一键互转"


class Knowledge(Record):
    """An answer that seats and citizens may use, with its owner and the day it must be looked at again."""

    question = Text("问题", max=120, sample="井盖坏了找谁")
    answer = Long("答复", sample="城区井盖由县区城管局维护，拨打 12345 或随手拍即可")
    unit_code = Text("责任部门", max=12, sample="CG")
    keywords = Text("关键词", max=120, sample="井盖 破损")
    basis = Text("依据", max=120, required=False)
    review_at = When("复核时间", required=False)

    class House:
        title = "知识库"
        region = None
        list = ("question", "unit_code", "basis", "review_at")
        search = ("question", "answer", "keywords")
        sort = ("question",)
        about = "坐席当场能答的问题，每条有责任部门和复核时间"

    def __str__(self) -> str:
        return str(self.question)

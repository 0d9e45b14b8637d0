"""Advice that is judged by its effect, the measures it is taken from, and supervision of what was asked."""

from __future__ import annotations

from django.db import models

from yongzhou.core.data.codes import declare
from yongzhou.core.data.fields import Coded, Count, Day, Facts, Link, Long, Number, Ref, Region, Text, When
from yongzhou.core.data.record import Record
from yongzhou.core.people.models import Unit
from yongzhou.systems.governance.city_operations.models.anomaly import Anomaly

declare("better way", {"up": "升高为好", "down": "降低为好"})
declare("advice state", {"made": "待决定", "adopted": "已采纳", "refused": "未采纳", "judged": "已评效"})
declare("advice verdict", {"better": "见效", "unclear": "看不出效果", "worse": "变差", "short": "数据不够"})
declare(
    "supervision state",
    {
        "sent": "已交办",
        "taken": "已受理",
        "working": "办理中",
        "done": "已办结",
        "closed": "已销号",
        "refused": "已退回",
    },
)


class Playbook(Record):
    """A measure that may be taken when an indicator is off: what it costs, how soon it acts, what it should change."""

    indicator = Text("指标", max=100, sample="city_operations.overdue_matters")
    title = Text("措施", max=120, sample="派督办专员现场协调")
    office = Text("执行单位", max=80, required=False, sample="市数据局")
    minutes = Count("见效分钟", low=1, high=43200, sample=240)
    change = Number("预期变化", unit="%", low=-100, high=1000, digits=0, sample=-30, help="相对当前值")
    cost = Count("代价", low=1, high=5, sample=2, help="1 最小，5 最大")
    source = Text("依据", max=200, default="经验值，待核", sample="经验值，待核")
    valid_to = Day("失效日期", required=False, sample="2030-01-01")

    class House:
        title = "处置措施"
        list = ("indicator", "title", "office", "minutes", "change", "cost", "source")
        search = ("title", "indicator")
        api = "write"
        about = "指标异常时可以采取的措施、代价和预期效果；效果由评效结果检验"

    class Meta:
        constraints = [models.UniqueConstraint(fields=["indicator", "title"], name="playbook_once")]

    def __str__(self) -> str:
        return str(self.title)


class Advice(Record):
    """What may be done about something: options with their criteria, what a person chose, what it changed."""

    number = Text("编号", max=24, unique=True, sample="JY-20260618-0001")
    anomaly = Link("起因", Anomaly, required=False)
    indicator = Text("指标", max=100, sample="city_operations.overdue_matters")
    title = Text("问题", max=160, sample="祁阳市超时未办结偏高")
    region = Region()
    better = Coded("好的方向", "better way", default="down", sample="down")
    options = Facts("方案", default=list)
    weights = Facts("权重", default=dict)
    model = Text("规则版本", max=24, sample="advice-1")
    cut = When("数据截面")
    made_at = When("提出时间")
    state = Coded("状态", "advice state", default="made", sample="adopted")
    chosen = Text("采纳方案", max=120, required=False, sample="派督办专员现场协调")
    reason = Text("理由", max=300, required=False, sample="人手可调")
    decided_at = When("决定时间", required=False)
    decided_by = Text("决定人", max=80, required=False)
    began_at = When("措施开始", required=False)
    window_h = Count("评效窗口", unit="h", low=24, high=720, default=72, sample=72)
    expected = Number("预期变化", unit="%", digits=0, required=False, sample=-30)
    effect = Facts("实测效果", default=dict)
    verdict = Coded("评效", "advice verdict", required=False, sample="better")
    judged_at = When("评效时间", required=False)

    class House:
        title = "决策建议"
        region = "region"
        list = ("made_at", "title", "region", "state", "chosen", "expected", "verdict")
        search = ("title", "number")
        sort = ("made_at",)
        filters = ("state", "verdict")
        share = ("indicator", "region", "state", "made_at", "decided_at", "verdict", "judged_at")
        about = "建议、采纳或不采纳的理由、采纳后的实测效果"

    def __str__(self) -> str:
        return str(self.title)


class Supervision(Record):
    """A task that the city's operation centre hands to a place; its steward answers by the facts of the matter."""

    number = Text("编号", max=24, unique=True, sample="DB-20260618-0001")
    title = Text("督办事项", max=120, sample="尽快办结超时事项")
    demand = Long("要求", sample="三日内办结并反馈原因")
    region = Region()
    level = Count("等级", low=1, high=4, default=3, sample=3)
    due = When("办理时限")
    about = Text("由头", max=120, required=False, sample="city_operations.overdue_matters")
    subject = Ref("被督办事项", "matters.matter")
    advice = Link("决策建议", Advice, required=False)
    matter = Ref("承办事项", "matters.matter")
    unit = Link("承办单位", Unit, required=False)
    state = Coded("状态", "supervision state", default="sent", sample="taken")
    asked_at = When("交办时间")
    asked_by = Text("交办人", max=80, required=False)
    taken_at = When("受理时间", required=False)
    done_at = When("办结时间", required=False)
    closed_at = When("销号时间", required=False)
    result = Text("结果", max=300, required=False, sample="已全部办结")

    class House:
        title = "督办"
        region = "region"
        list = ("number", "title", "region", "level", "state", "due", "unit")
        search = ("title", "number")
        sort = ("asked_at", "due")
        filters = ("state", "level")
        share = ("number", "region", "level", "state", "asked_at", "taken_at", "done_at", "closed_at", "due")
        about = "城市运行中心交给各地的事，办到哪一步由承办事项的事实说明"

    class Meta:
        indexes = [models.Index(fields=["matter"], name="supervision_matter")]

    def __str__(self) -> str:
        return str(self.title)

"""Baselines of series, scans of all of them, and what the scans found."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from yongzhou.core.data.codes import declare
from yongzhou.core.data.fields import Coded, Count, Facts, Number, Region, Text, When
from yongzhou.core.data.record import Record

declare("series source", {"indicator": "指标", "datastream": "数据流"})
declare(
    "anomaly method",
    {"level": "偏离常态", "drift": "缓慢漂移", "stuck": "恒值卡死", "unit": "单位突变", "count": "计数突增"},
)
declare("anomaly state", {"pending": "待确认", "firing": "持续中", "over": "已消失"})
declare("anomaly verdict", {"true": "属实", "false": "误报"})
declare("discovery control", {"bh": "Benjamini-Hochberg", "by": "Benjamini-Yekutieli"})


class Baseline(Record):
    """What is normal for one series: centre, scale, days of each kind of day and hour, from the days before."""

    source = Coded("来源", "series source", sample="indicator")
    series = Text("序列", max=100, sample="city_operations.open_matters")
    title = Text("名称", max=120, sample="未结案事项")
    region = Region(sample="4311")
    unit = Text("单位", max=20, required=False, sample="件")
    digits = Count("小数位", default=1, sample=0)
    days = Count("学习天数", default=0, sample=30)
    memory = Number("相邻小时相关", digits=2, default=0.0, sample=0.6)
    profile = Facts("各类日子各小时的常态", default=dict)
    trained_until = When("学习截止")

    class House:
        title = "基线"
        region = "region"
        list = ("title", "region", "days", "memory", "trained_until")
        search = ("title", "series")
        filters = ("source",)
        history = False
        about = "每个指标和数据流在每类日子、每个小时的常态：中位数和稳健离散度"

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "series", "region"], name="baseline_once")]

    def __str__(self) -> str:
        return str(self.title)


class Scan(Record):
    """One scan of all series for one hour: how many tests, how many discoveries, by which control."""

    hour = When("所看小时", unique=True)
    at = When("扫描时间")
    control = Coded("错误发现控制", "discovery control", default="bh", sample="bh")
    rate = Number("错误发现率", digits=2, default=0.05, sample=0.05)
    series = Count("序列数", default=0, sample=420)
    learning = Count("学习中", default=0, sample=12)
    tests = Count("检验数", default=0, sample=840)
    naive = Count("不作校正会报", default=0, sample=40)
    found = Count("发现数", default=0, sample=3)
    faults = Count("数据故障", default=0, sample=1)
    milliseconds = Number("用时", unit="ms", digits=0, default=0.0, sample=350)

    class House:
        title = "异常扫描"
        list = ("hour", "series", "tests", "naive", "found", "faults", "milliseconds")
        sort = ("hour",)
        history = False
        about = "每小时把全部序列一起检验一遍，控制错误发现率"


class Anomaly(Record):
    """A series that is not as it usually is, from when it was first found until it is normal again."""

    source = Coded("来源", "series source", sample="indicator")
    series = Text("序列", max=100, sample="city_operations.open_matters")
    title = Text("名称", max=120, sample="未结案事项")
    region = Region()
    unit = Text("单位", max=20, required=False, sample="件")
    digits = Count("小数位", default=1, sample=0)
    method = Coded("类型", "anomaly method", sample="level")
    state = Coded("状态", "anomaly state", default="pending", sample="firing")
    since = When("开始")
    last_at = When("最近一次")
    hours = Count("持续小时", default=1, sample=2)
    value = Number("实际值", digits=2, sample=34)
    expected = Number("常态值", digits=2, required=False, sample=9)
    low = Number("常态下限", digits=2, required=False, sample=3)
    high = Number("常态上限", digits=2, required=False, sample=15)
    z = Number("偏离度", digits=1, required=False, sample=8.3)
    p = Number("p 值", digits=6, required=False, sample=0.00001)
    adjusted = Number("校正后 p 值", digits=6, required=False, sample=0.002)
    tests = Count("同场检验数", default=0, sample=840)
    reasons = Facts("证据", default=dict)
    acknowledged_at = When("确认时间", required=False)
    acknowledged_by = Text("确认人", max=80, required=False)
    verdict = Coded("判定", "anomaly verdict", required=False, sample="true")
    verdict_reason = Text("判定理由", max=200, required=False, sample="暴雨集中上报")
    judged_at = When("判定时间", required=False)
    judged_by = Text("判定人", max=80, required=False)

    class House:
        title = "异常"
        region = "region"
        list = ("since", "title", "region", "method", "value", "expected", "z", "state", "verdict")
        search = ("title", "series")
        sort = ("since", "z")
        filters = ("state", "method", "verdict", "source")
        share = (
            "source",
            "series",
            "region",
            "method",
            "state",
            "since",
            "last_at",
            "hours",
            "z",
            "verdict",
            "judged_at",
        )
        about = "和自己的常态不一样的序列，写明偏了多少、凭哪一次扫描、是否属实"

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source", "series", "region", "method"], condition=~Q(state="over"), name="anomaly_one_open"
            )
        ]

    def __str__(self) -> str:
        return str(self.title)

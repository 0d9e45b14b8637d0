"""Rules, alarms, and how far the second step (latest values, alarms) has followed the lake."""

from __future__ import annotations

from django.db import models

from yongzhou.core.data.codes import declare
from yongzhou.core.data.fields import Coded, Count, Flag, Link, Number, Region, Text, When
from yongzhou.core.data.record import Record
from yongzhou.core.things.models import Thing

declare("alarm level", {"1": "特别重大", "2": "重大", "3": "较大", "4": "一般"})
declare("rule aggregate", {"last": "最新值", "sum": "时窗求和", "rate": "时窗变率（每小时）"})
declare("rule threshold", {"value": "固定值", "limit": "数据流警戒值", "limit_high": "数据流保证值"})


class Rule(Record):
    """A limit on one observed property, of all things or of one."""

    name = Text("名称", max=80, sample="水位超警戒")
    observed = Text("观测量", max=40, sample="level")
    thing = Link("仅限设备", Thing, models.CASCADE, required=False)
    threshold = Coded("阈值来源", "rule threshold", default="limit", sample="limit")
    value = Number("固定阈值", required=False, help="阈值来源为固定值时填写", sample=50)
    margin = Number("回差", default=0.0, low=0, help="回到阈值以内这么多才解除", sample=0.1)
    falling = Flag("低于即报", default=False)
    aggregate = Coded("取值方式", "rule aggregate", default="last", sample="last")
    window_s = Count("时窗", unit="s", default=0, low=0, high=7 * 86400, sample=0)
    hold = Count("连续次数", default=1, low=1, high=100, help="连续多少次越限才报警、恢复多少次才解除", sample=2)
    level = Coded("级别", "alarm level", default="4", sample="3")
    active = Flag("启用", default=True)

    class House:
        title = "报警规则"
        list = ("name", "observed", "threshold", "aggregate", "hold", "level", "active")
        search = ("name", "observed")
        filters = ("observed", "level", "active")
        api = "write"
        about = "观测值越过什么界限时报警、回到哪里解除"

    def __str__(self) -> str:
        return str(self.name)


class Alarm(Record):
    """One thing over the limit of one rule, from its raising to its clearing."""

    rule = Link("规则", Rule)
    thing = Link("设备", Thing)
    region = Region(required=False)
    datastream = Count("数据流序号", sample=1)
    level = Coded("级别", "alarm level", sample="3")
    value = Number("报警时的值", sample=74.62)
    raised_at = When("报警时刻")  # phenomenon time
    cleared_at = When("解除时刻", required=False)
    cleared_value = Number("解除时的值", required=False, sample=73.8)

    class House:
        title = "报警"
        region = "region"
        list = ("rule", "thing", "level", "value", "raised_at", "cleared_at")
        sort = ("raised_at",)
        filters = ("level", "rule")
        share = ("rule", "thing", "region", "level", "value", "raised_at", "cleared_at")
        about = "规则发现的越限，一台设备一条规则同时只有一条未解除"

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["rule", "thing"], condition=models.Q(cleared_at__isnull=True), name="telemetry_one_open_alarm"
            )
        ]

    def __str__(self) -> str:
        return f"{self.thing} {self.rule}"


class Progress(models.Model):
    """Latest values and alarms hold everything of a stream up to this sequence; the lake may be ahead."""

    stream = models.CharField(primary_key=True, max_length=40)
    incarnation = models.DateTimeField()
    last_seq = models.BigIntegerField()
    at = models.DateTimeField(auto_now=True)

    class Meta:
        db_table = "telemetry_progress"

    def __str__(self) -> str:
        return f"{self.stream} {self.last_seq}"

"""Vital signs of the city, the limits of its domains, the state of each place, and how whole its twin is."""

from __future__ import annotations

from typing import Final

from django.db import models

from yongzhou.core.data.codes import declare
from yongzhou.core.data.fields import Coded, Count, Facts, Flag, Link, Number, Region, Text, When
from yongzhou.core.data.record import Record
from yongzhou.core.things.models import Thing

DOMAINS: Final = {
    "economy": "经济", "safety": "安全", "society": "社会", "resource": "资源", "traffic": "交通", "ecology": "生态",
}  # fmt: skip
SEVERITIES: Final = {"-1": "无数据源", "0": "平稳", "1": "蓝 IV", "2": "黄 III", "3": "橙 II", "4": "红 I"}
declare("city domain", DOMAINS)
declare("city severity", SEVERITIES)


class VitalSign(Record):
    """An indicator as a sign of one domain: where it is worst, where best, how much it weighs."""

    domain = Coded("领域", "city domain", sample="safety")
    indicator = Text("指标", max=100, sample="water.stations_over_warning")
    worst = Number("最差值", sample=3)
    best = Number("最好值", sample=0)
    weight = Number("权重", low=0.01, high=100, sample=1)

    class House:
        title = "体征"
        list = ("domain", "indicator", "worst", "best", "weight")
        filters = ("domain",)
        about = "哪些指标说明一个领域好不好：最差值、最好值、权重"

    class Meta:
        constraints = [models.UniqueConstraint(fields=["domain", "indicator"], name="vital_sign_once")]


class DomainRule(Record):
    """Below which score a domain is blue, yellow, orange, red; how far and how long above to leave a level."""

    domain = Coded("领域", "city domain", unique=True, sample="safety")
    blue = Number("蓝色线", low=0, high=100, sample=80)
    yellow = Number("黄色线", low=0, high=100, sample=70)
    orange = Number("橙色线", low=0, high=100, sample=60)
    red = Number("红色线", low=0, high=100, sample=40)
    band = Number("回差", low=0, high=50, sample=3)
    periods = Count("持续期数", low=1, high=100, sample=3)

    class House:
        title = "分级线"
        list = ("domain", "blue", "yellow", "orange", "red", "band", "periods")
        about = "低于哪条线是哪一级；好转要超过线加回差并持续几期才降级"


class StateVector(Record):
    """State of one place in one domain from `at` on, until the next row; `confirmed_at` is when it last held."""

    region = Region()
    domain = Coded("领域", "city domain", sample="safety")
    at = When("时间")
    confirmed_at = When("最近确认")
    score = Number("得分", digits=1, required=False, sample=61.0)
    severity = Coded("程度", "city severity", sample="3")
    streak = Count("好转期数", default=0)
    confidence = Number("可信度", unit="%", digits=0, default=0.0, sample=100)
    reasons = Facts("原因", default=list)
    rule = Text("规则版本", max=16, sample="a1b2c3d4e5f6")

    class House:
        title = "态势"
        region = "region"
        list = ("at", "region", "domain", "score", "severity", "confidence", "confirmed_at")
        sort = ("at",)
        filters = ("domain", "severity")
        history = False
        share = ("region", "domain", "at", "confirmed_at", "score", "severity", "confidence")
        about = "每个地方、每个领域的得分和级别，写明凭哪些指标、哪一版规则"

    class Meta:
        indexes = [models.Index(fields=["region", "domain", "-at"], name="state_vector_last")]


class TwinLink(Record):
    """How whole the digital twin of one thing is: does it have a place on the map and an owner."""

    thing = Link("设备", Thing, models.CASCADE, unique=True)
    region = Region()
    located = Flag("有位置")
    owned = Flag("有权属")
    checked_at = When("检查时间")

    class House:
        title = "孪生映射"
        region = "region"
        list = ("thing", "located", "owned", "checked_at")
        filters = ("located", "owned")
        history = False
        share = ("thing", "region", "located", "owned", "checked_at")
        about = "物理世界的每一件设备在这里有没有位置、有没有主人、数据新不新"

"""Vital signs of the city, the limits of its domains, the state of each place, its twin, its specialist centres."""

from __future__ import annotations

from typing import Final

from django.db import models

from yongzhou.core.data.codes import declare
from yongzhou.core.data.fields import Coded, Count, Day, Facts, Flag, Link, Number, Region, Text, When
from yongzhou.core.data.record import Record
from yongzhou.core.people.models import Unit
from yongzhou.core.things.models import Thing

DOMAINS: Final = {
    "economy": "经济", "safety": "安全", "society": "社会", "resource": "资源", "traffic": "交通", "ecology": "生态",
}  # fmt: skip
SEVERITIES: Final = {"-1": "无数据源", "0": "平稳", "1": "蓝 IV", "2": "黄 III", "3": "橙 II", "4": "红 I"}
declare("city domain", DOMAINS)
declare("city severity", SEVERITIES)
declare("peer protocol", {"rest": "REST", "sta": "SensorThings", "nats": "消息总线", "file": "文件", "none": "未定"})
declare("peer direction", {"in": "接入", "out": "送出", "both": "双向"})
declare("peer state", {"planned": "待接入", "live": "在线", "silent": "失联"})
declare("frame fit", {"computed": "已计算", "estimated": "近似", "missing": "缺数"})


class VitalSign(Record):
    """An indicator as a sign of one domain, in one edition: where it is worst, where best, how much it weighs.

    Half-open validity; a season `MM-DD` to `MM-DD` (both ends counted, may pass the new year) wins over the whole year.
    """

    domain = Coded("领域", "city domain", sample="safety")
    indicator = Text("指标", max=100, sample="water.stations_over_warning")
    worst = Number("最差值", sample=3)
    best = Number("最好值", sample=0)
    weight = Number("权重", low=0.01, high=100, sample=1)
    edition = Text("版次", max=40, default="首版", sample="2026 版")
    valid_from = Day("生效日期", default="2020-01-01", sample="2026-01-01")
    valid_to = Day("失效日期", required=False, sample="2027-01-01")
    season_from = Text("季节起", max=5, required=False, sample="04-01")
    season_to = Text("季节止", max=5, required=False, sample="09-30")
    source = Text("依据", max=200, default="初始值，待核", sample="市防指〔2026〕3号（待核）")

    class House:
        title = "体征"
        list = ("domain", "indicator", "worst", "best", "weight", "edition", "valid_from", "valid_to")
        filters = ("domain", "edition")
        about = "哪些指标说明一个领域好不好：最差值、最好值、权重，按版次和季节"

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["domain", "indicator", "season_from", "valid_from"], name="vital_sign_edition_once"
            )
        ]


class DomainRule(Record):
    """Below which score a domain is blue, yellow, orange, red; how far and how long above to leave a level."""

    domain = Coded("领域", "city domain", sample="safety")
    blue = Number("蓝色线", low=0, high=100, sample=80)
    yellow = Number("黄色线", low=0, high=100, sample=70)
    orange = Number("橙色线", low=0, high=100, sample=60)
    red = Number("红色线", low=0, high=100, sample=40)
    band = Number("回差", low=0, high=50, sample=3)
    periods = Count("持续期数", low=1, high=100, sample=3)
    edition = Text("版次", max=40, default="首版", sample="2026 版")
    valid_from = Day("生效日期", default="2020-01-01", sample="2026-01-01")
    valid_to = Day("失效日期", required=False, sample="2027-01-01")
    source = Text("依据", max=200, default="初始值，待核", sample="市数据局通知（待核）")

    class House:
        title = "分级线"
        list = ("domain", "blue", "yellow", "orange", "red", "band", "periods", "edition", "valid_from", "valid_to")
        filters = ("domain", "edition")
        about = "低于哪条线是哪一级；好转要超过线加回差并持续几期才降级；按版次生效"

    class Meta:
        constraints = [models.UniqueConstraint(fields=["domain", "valid_from"], name="domain_rule_edition_once")]


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
    """How whole the digital twin of one thing is: place on the map, owner, a stream of data; what others call it."""

    thing = Link("设备", Thing, models.CASCADE, unique=True)
    region = Region()
    located = Flag("有位置")
    owned = Flag("有权属")
    watched = Flag("有数据流")
    period_s = Count("应报周期", unit="s", required=False, sample=300)
    external = Facts("外部编号", default=dict)
    checked_at = When("检查时间")

    class House:
        title = "孪生映射"
        region = "region"
        list = ("thing", "located", "owned", "watched", "period_s", "checked_at")
        filters = ("located", "owned", "watched")
        history = False
        share = ("thing", "region", "located", "owned", "checked_at")
        about = "物理世界的每一件设备在这里有没有位置、有没有主人、数据新不新"


class PeerCenter(Record):
    """A specialist command centre beside us: what it feeds, what it takes, when it was last heard."""

    code = Text("代码", max=40, unique=True, sample="emergency-command")
    name = Text("名称", max=80, sample="市应急指挥中心")
    region = Region(sample="4311")
    unit = Link("主管单位", Unit, required=False)
    protocol = Coded("对接方式", "peer protocol", sample="rest")
    direction = Coded("数据方向", "peer direction", sample="both")
    period_s = Count("心跳周期", unit="s", low=10, high=86400, default=300, sample=300)
    last_heard = When("最近心跳", required=False)
    lag_s = Number("时延", unit="s", digits=1, required=False, sample=1.5)
    state = Coded("状态", "peer state", default="planned", sample="live")
    note = Text("说明", max=200, required=False, sample="接口协议待双方确认")

    class House:
        title = "专业指挥中心"
        region = "region"
        list = ("name", "protocol", "direction", "state", "last_heard", "lag_s")
        search = ("name", "code")
        filters = ("state", "protocol")
        about = "与城市运行中心互联的专业指挥中心：给什么、取什么、心跳还在不在"

    def __str__(self) -> str:
        return str(self.name)


class FrameItem(Record):
    """One item of a published indicator frame, with the indicator that answers it, or the office that should."""

    frame = Text("指标体系", max=40, sample="ISO 37120:2018")
    code = Text("条目号", max=20, sample="19")
    title = Text("条目", max=120, sample="供水")
    indicator = Text("对应指标", max=100, required=False, sample="city_operations.on_time_rate")
    fit = Coded("对应程度", "frame fit", default="missing", sample="missing")
    office = Text("应供数单位", max=80, required=False, sample="市水利局")
    note = Text("说明", max=200, required=False, sample="条目待对照原文核对")

    class House:
        title = "指标体系对照"
        list = ("frame", "code", "title", "fit", "indicator", "office")
        search = ("title", "code")
        filters = ("frame", "fit")
        about = "国际、国家指标体系的条目由我们哪个指标回答，没有的该由谁供数"

    class Meta:
        constraints = [models.UniqueConstraint(fields=["frame", "code"], name="frame_item_once")]

    def __str__(self) -> str:
        return f"{self.code} {self.title}"

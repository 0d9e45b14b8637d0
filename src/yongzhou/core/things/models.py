"""物: devices and facilities, their datastreams, and the latest value of each."""

from __future__ import annotations

from django.db import models

from yongzhou.core.data.codes import declare
from yongzhou.core.data.fields import Coded, Count, Flag, Link, Number, Region, Text, When
from yongzhou.core.data.geometry import Geometry
from yongzhou.core.data.record import Record
from yongzhou.core.people.models import Unit
from yongzhou.core.places.models import Place

declare(
    "thing lifecycle",
    {
        "planned": "待装",
        "installed": "已装",
        "online": "在线",
        "retired": "已退役",
    },
)
declare(
    "thing health",
    {
        "unknown": "未知",
        "good": "正常",
        "suspect": "可疑",
        "offline": "离线",
        "low_battery": "电量低",
    },
)
declare("door", {"sl651": "SL 651 水文", "mqtt": "MQTT", "sta": "SensorThings"})


class Thing(Record):
    """A device, component, vehicle or facility; the same scheme and code twice is the same Thing."""

    scheme = Text("编码体系", max=24, default="sl502", sample="sl502")
    code = Text("设备编码", max=40, sample="99431107")
    name = Text("名称", max=80, sample="白水站")
    owner = Link("权属单位", Unit, required=False)
    place = Link("所在地点", Place, required=False)
    region = Region()
    geometry = Geometry("位置")
    parent = Link("上级设备", "self", required=False)
    lifecycle = Coded("生命周期", "thing lifecycle", default="installed", sample="online")
    health = Coded("健康", "thing health", default="unknown", sample="good")
    health_cause = Text("健康原因", max=200, required=False, sample="")
    last_seen = When("最近上报", required=False)

    class House:
        title = "设备"
        region = "region"
        department = "owner"
        list = ("code", "name", "health", "last_seen", "owner")
        search = ("name", "code")
        sort = ("code", "last_seen")
        filters = ("health", "lifecycle", "scheme")
        map = "geometry"
        share = ("code", "name", "scheme", "region", "health", "last_seen")
        about = "全市登记的感知设备与设施"

    class Meta:
        constraints = [models.UniqueConstraint(fields=["scheme", "code"], name="thing_scheme_code")]

    def __str__(self) -> str:
        return str(self.name)


class Datastream(Record):
    """One observed property of a thing: unit, period, and what is plausible."""

    number = models.BigIntegerField("序号", unique=True, editable=False)
    thing = Link("设备", Thing, models.CASCADE)
    door = Coded("接入方式", "door", sample="sl651")
    station = Text("接入地址", max=64, sample="0099431107")
    element = Text("要素标识", max=40, sample="39")
    observed = Text("观测量", max=40, sample="level")  # observed property: level, rain_5min, flow, voltage …
    name = Text("名称", max=40, sample="水位")
    unit = Text("单位", max=20, sample="m")
    digits = Count("小数位", default=2, sample=2)
    period_s = Count("应报周期", unit="s", default=300, sample=300)
    low = Number("可信下限", required=False, sample=0)
    high = Number("可信上限", required=False, sample=120)
    max_rate = Number("最大变率", required=False, help="每小时变化量的可信上限", sample=5)
    flat_count = Count("恒值次数", default=0, help="连续多少次不变视为卡死；0 为不检查", sample=0)
    limit = Number("警戒值", required=False, sample=74.0)
    limit_high = Number("保证值", required=False, sample=75.5)
    active = Flag("启用", default=True)

    class House:
        title = "数据流"
        region = "thing__region"
        department = "thing__owner"
        list = ("number", "thing", "name", "unit", "period_s", "active")
        search = ("station", "observed")
        filters = ("door", "observed", "active")
        share = ("number", "thing", "observed", "name", "unit", "period_s")
        about = "设备的每个观测量，质量判定的依据"

    class Meta:
        constraints = [models.UniqueConstraint(fields=["door", "station", "element"], name="datastream_address")]

    def __str__(self) -> str:
        return f"{self.thing.name} {self.name}"


class Latest(models.Model):
    """The newest sound value of a datastream; no history, the lake has it."""

    datastream = models.BigIntegerField(primary_key=True)  # Datastream.number
    phenomenon = models.DateTimeField()
    result = models.FloatField(null=True)
    flag = models.SmallIntegerField(default=2)
    origin = models.CharField(max_length=12)
    frame = models.UUIDField(null=True)
    received = models.DateTimeField()

    class Meta:
        db_table = "things_latest"

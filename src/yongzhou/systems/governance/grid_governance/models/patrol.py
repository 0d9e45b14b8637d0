"""综合巡查: what is to be looked at, the route of a day, what was found at each stop."""

from __future__ import annotations

from typing import Final

from django.db import models

from yongzhou.core.data.fields import Attachments, Coded, Count, Day, Flag, Link, Number, Region, Text, When
from yongzhou.core.data.geometry import Geometry
from yongzhou.core.data.record import Record
from yongzhou.core.people.models import Person
from yongzhou.core.places.models import Place
from yongzhou.systems.governance.grid_governance.models.event import Event

OFFICES: Final = {  # suffixes of unit codes in `units.csv`
    "CG": "城管",
    "SC": "市场监管",
    "XF": "消防",
    "GA": "公安",
    "JY": "教育",
    "SL": "水利",
    "STHJ": "生态环境",
    "ZF": "乡镇街道",
    "ZJ": "住建",
    "YJ": "应急",
    "ZRZY": "自然资源",
    "JT": "交通",
    "LY": "林业",
    "NY": "农业农村",
}


class PatrolPoint(Record):
    """A place that several departments want looked at again and again: one visit serves them all (多网合一)."""

    code = Text("编号", max=24, unique=True, sample="431181107903-P1")
    name = Text("巡查点", max=80, sample="白水镇第3网格 农贸市场")
    grid = Link("网格", Place, required=False)
    region = Region()
    offices = Text("检查部门", max=60, sample="XF;CG;SC")
    items = Text("检查内容", max=200, sample="消防通道、占道、用电")
    interval_days = Count("周期", unit="d", default=7, low=1, high=365, sample=7)
    service_min = Number("停留时间", unit="min", default=10.0, low=1, high=240, sample=10)
    geometry = Geometry("位置")
    checked_at = When("上次检查", required=False)
    active = Flag("启用", default=True)

    class House:
        title = "巡查点"
        region = "region"
        list = ("code", "name", "grid", "offices", "items", "interval_days", "checked_at")
        search = ("name", "code")
        sort = ("code",)
        filters = ("active",)
        map = "geometry"
        about = "各部门要看的地方合成一份清单，一次上门查齐"

    def __str__(self) -> str:
        return str(self.name)

    @property
    def office_names(self) -> str:
        """Whose checks one visit serves, in words."""
        return "、".join(OFFICES.get(code, code) for code in self.offices.split(";"))


class PatrolTask(Record):
    """The route of one worker on one day, with what the plan promises and its bound."""

    grid = Link("网格", Place)
    region = Region()
    person = Link("网格员", Person, required=False)
    day = Day("日期")
    state = Coded("状态", "grid patrol state", default="planned", sample="planned")
    limit_min = Number("可用时间", unit="min", default=240.0, low=10, high=720)
    planned_min = Number("计划用时", unit="min", default=0.0, digits=0)
    travel_m = Number("计划路程", unit="m", default=0.0, digits=0)
    value = Number("巡查价值", default=0.0, digits=1)
    bound = Number("价值上界", default=0.0, digits=1)
    waiting = Count("未排入", default=0)
    started_at = When("开始时间", required=False)
    done_at = When("完成时间", required=False)

    class House:
        title = "巡查任务"
        region = "region"
        person = "person"
        list = ("day", "grid", "person", "state", "planned_min", "travel_m", "waiting")
        sort = ("day",)
        filters = ("state", "day")
        about = "每个网格每天一条巡查路线：例行检查、在办事件和热点一并排入"

    class Meta:
        constraints = [models.UniqueConstraint(fields=["grid", "day"], name="patrol_task_once_a_day")]

    def __str__(self) -> str:
        return f"{self.day} {self.grid.name}"


class PatrolStop(Record):
    """One stop of a route."""

    task = Link("巡查任务", PatrolTask, models.CASCADE)
    region = Region()
    place = Count("次序", low=1, high=200)
    kind = Coded("类别", "grid stop kind", sample="check")
    point = Link("巡查点", PatrolPoint, required=False)
    event = Link("在办事件", Event, required=False)
    found = Link("发现的事件", Event, required=False)
    name = Text("名称", max=120)
    items = Text("检查内容", max=200, required=False)
    geometry = Geometry("位置")
    service_min = Number("停留时间", unit="min", default=10.0)
    arrive_min = Number("预计到达", unit="min", default=0.0, digits=0)
    value = Number("价值", default=1.0, digits=1)
    result = Coded("结果", "grid stop result", required=False)
    text = Text("说明", max=300, required=False)
    photos = Attachments("照片")
    at = When("检查时间", required=False)
    distance_m = Number("距点位", unit="m", digits=0, required=False)

    class House:
        title = "巡查记录"
        region = "region"
        person = "task__person"
        list = ("task", "place", "name", "kind", "result", "at")
        filters = ("kind", "result")
        map = "geometry"
        about = "每到一处的结果、照片和距离"

    class Meta:
        ordering = ("task", "place")
        constraints = [models.UniqueConstraint(fields=["task", "place"], name="patrol_stop_once_a_place")]

"""Grids: what kind, who works them, when."""

from __future__ import annotations

from django.db import models

from yongzhou.core.data.fields import Coded, Count, Flag, Link, Number, Region, Text, When
from yongzhou.core.data.record import Record
from yongzhou.core.people.models import Person, Unit
from yongzhou.core.places.models import Place


class GridPost(Record):
    """Who works a grid; a grid is a Place of kind "grid"."""

    grid = Link("网格", Place, models.CASCADE)
    region = Region()
    person = Link("网格员", Person, models.CASCADE)
    main = Flag("主责", default=True)

    class House:
        title = "网格岗位"
        region = "region"
        list = ("grid", "person", "main")
        about = "每个网格由谁巡查、由谁先到场"

    class Meta:
        constraints = [models.UniqueConstraint(fields=["grid", "person"], name="grid_post_once")]


class GridProfile(Record):
    """The register entry of a grid. The place part of GB/T 31000-2015 only: no list of persons is kept."""

    grid = Link("网格", Place, models.CASCADE, unique=True)
    region = Region()
    kind = Coded("网格类型", "grid kind", default="综合网格", sample="综合网格")
    unit = Link("管理单位", Unit, required=False)
    leaders = Count("微网格长人数", default=0, low=0, high=999, sample=6)
    households = Count("户数", default=0, low=0, high=99999, sample=320)
    area_km2 = Number("面积", unit="km2", digits=2, default=0.0)
    since = When("启用时间")
    ended = When("停用时间", required=False)
    note = Text("沿革", max=200, required=False)

    class House:
        title = "网格台账"
        region = "region"
        department = "unit"
        list = ("grid", "kind", "unit", "leaders", "households", "note")
        filters = ("kind",)
        about = "每个网格的类型、管理单位、微网格长和拆分合并沿革；不登记居民名单"


class GridShift(Record):
    """When somebody is on duty in a grid; positions are asked for only inside it."""

    person = Link("网格员", Person, models.CASCADE)
    grid = Link("网格", Place, models.CASCADE)
    region = Region()
    begins = When("上岗")
    ends = When("离岗", sample="2026-06-18T11:06:05+08:00")

    class House:
        title = "网格排班"
        region = "region"
        person = "person"
        list = ("person", "grid", "begins", "ends")
        sort = ("begins",)
        about = "网格员何时在岗；离岗后不取定位"

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(ends__gt=models.F("begins")), name="grid_shift_forward")
        ]

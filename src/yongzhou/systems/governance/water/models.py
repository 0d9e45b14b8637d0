"""Hydrological stations, villages at risk of flash floods, warnings, stages and the matters of high water."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django.db import models

from yongzhou.core.data.codes import declare
from yongzhou.core.data.fields import Coded, Count, Link, Number, Ref, Text, When
from yongzhou.core.data.personal import Personal
from yongzhou.core.data.record import Record
from yongzhou.core.matters.models import Matter
from yongzhou.core.people.models import Person
from yongzhou.core.places.models import Place
from yongzhou.core.things.models import Thing

declare(
    "SL 502 station kind",
    {
        "PP": "雨量站",
        "ZQ": "水文站",
        "ZZ": "河道水位站",
        "RR": "水库水文站",
        "DD": "堰闸水文站",
        "ZG": "地下水站",
        "BB": "蒸发站",
        "SS": "墒情站",
    },
)
LEVELS: Final = {"prepare": "准备转移", "move": "立即转移"}
declare("flash flood level", LEVELS)
STAGES: Final = {"0": "警戒以下", "1": "超警戒", "2": "超保证"}
declare("river stage", STAGES)


class HydroStation(Thing):
    """A station of SL 502: 8-digit code; on the wire its address is `00` + code."""

    kind = Coded("站类", "SL 502 station kind", sample="ZQ")
    river = Text("河流", max=40, required=False, sample="白水河")
    order_on_river = Count("上下游次序", default=0, low=0, sample=3, help="从源头数起")
    warning_m = Number("警戒水位", unit="m", digits=2, required=False, null=True, sample=74.0, help="水库站为汛限水位")
    guarantee_m = Number(
        "保证水位", unit="m", digits=2, required=False, null=True, sample=76.0, help="水库站为正常蓄水位"
    )
    base_m = Number("常水位", unit="m", digits=2, required=False, null=True, sample=71.2)

    class House:
        title = "水文测站"
        list = ("code", "name", "kind", "river", "warning_m", "health", "last_seen")
        search = ("name", "code", "river")
        filters = ("kind", "health", "river")
        share = (
            "code",
            "name",
            "region",
            "kind",
            "river",
            "order_on_river",
            "warning_m",
            "guarantee_m",
            "health",
            "last_seen",
        )
        about = "雨量、水位、水库测站，按河流从上游到下游"

    @property
    def address(self) -> str:
        """Address in SL 651 frames, 10 digits."""
        return f"00{self.code}"

    @property
    def own_page(self) -> str:
        """The page with process line, frames and lineage; the record's own page links to it."""
        return f"/desk/water/stations/{self.pk}/"


class FlashFloodVillage(Place):
    """A village at risk with its critical rains (调查评价成果) and the person who must be called."""

    station = Link("关联雨量站", HydroStation)
    prepare_1h = Number("准备转移 1 h 临界雨量", unit="mm", digits=1, low=0, high=300, sample=45.0)
    move_1h = Number("立即转移 1 h 临界雨量", unit="mm", digits=1, low=0, high=300, sample=60.0)
    prepare_3h = Number("准备转移 3 h 临界雨量", unit="mm", digits=1, low=0, high=500, sample=80.0)
    move_3h = Number("立即转移 3 h 临界雨量", unit="mm", digits=1, low=0, high=500, sample=105.0)
    prepare_6h = Number("准备转移 6 h 临界雨量", unit="mm", digits=1, low=0, high=700, sample=100.0)
    move_6h = Number("立即转移 6 h 临界雨量", unit="mm", digits=1, low=0, high=700, sample=135.0)
    households = Count("户数", default=0, low=0, sample=62)
    people = Count("人数", default=0, low=0, sample=260)
    contact = Text("责任人", max=40, required=False, grade=2, personal="name", sample="蒋海燕")
    phone = Personal("责任人电话", kind="phone", grade=3, sample="16100010001")

    class House:
        title = "山洪危险村"
        grade = 2
        region = "region"
        list = ("name", "station", "prepare_1h", "move_1h", "households", "people")
        search = ("name", "code")
        filters = ("station",)
        share = ("code", "name", "region", "station", "households", "people")
        about = "受山洪威胁的村：临界雨量、关联雨量站、要叫应的责任人"


class FloodWarning(Record):
    """A flash-flood warning to one village; one open warning a village and level."""

    village = Link("村", FlashFloodVillage)
    level = Coded("级别", "flash flood level", sample="move")
    raised_at = When("发布时间")
    rain_mm = Number("时段雨量", unit="mm", digits=1, sample=62.5)
    window_h = Count("时段", unit="h", default=1, low=1, high=24, sample=1)
    threshold_mm = Number("临界雨量", unit="mm", digits=1, required=False, null=True, sample=60.0)
    frame = Text("依据报文", max=36, required=False, sample="0190a1b2")
    acknowledged_at = When("叫应时间", required=False)
    acknowledged_by = Link("叫应人", Person, required=False)
    acknowledged_note = Text("叫应情况", max=200, required=False, sample="已接听，正在敲锣转移")
    lifted_at = When("解除时间", required=False)
    lifted_reason = Text("解除原因", max=200, required=False, sample="雨停，1 h 雨量 2 mm")

    class House:
        title = "山洪预警"
        region = "village__region"
        list = ("raised_at", "village", "level", "window_h", "rain_mm", "acknowledged_at", "lifted_at")
        sort = ("raised_at",)
        filters = ("level",)
        share = ("village", "level", "raised_at", "rain_mm", "window_h", "acknowledged_at", "lifted_at")
        about = "雨量达到某村临界值时发布，叫应到人，雨停解除"

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["village", "level"],
                condition=models.Q(lifted_at__isnull=True),
                name="flood_warning_one_open",
            )
        ]

    def __str__(self) -> str:
        return f"{self.village.name}{LEVELS.get(self.level, self.level)}"

    @classmethod
    def open_for(cls, village: FlashFloodVillage, level: str) -> FloodWarning | None:
        """The warning of this village and level that stands open."""
        return cls._default_manager.filter(village=village, level=level, lifted_at__isnull=True).first()


class StageGrade(Record):
    """A river or reservoir crossed a line: warning or guarantee level, upward or downward."""

    station = Link("测站", HydroStation, models.CASCADE)
    at = When("时间")
    grade = Coded("水情级别", "river stage", sample="1")
    before = Coded("原级别", "river stage", default="0", sample="0")
    level_m = Number("水位", unit="m", digits=2, sample=74.62)
    over_m = Number("超警戒", unit="m", digits=2, sample=0.62)
    alarm = Ref("告警", "telemetry.alarm")

    class House:
        title = "水情变级"
        region = "station__region"
        list = ("at", "station", "before", "grade", "level_m", "over_m")
        sort = ("at",)
        filters = ("grade",)
        share = ("station", "at", "grade", "before", "level_m", "over_m")
        about = "每次越过警戒或保证水位都记一行，涨和落都记"

    @classmethod
    def last_of(cls, station: UUID) -> str:
        """The grade that a station stands in; "0" if it never crossed a line."""
        return (
            cls._default_manager.filter(station=station).order_by("-at", "-pk").values_list("grade", flat=True).first()
            or "0"
        )


class WaterMatter(Matter):
    """High water that the water bureau itself must handle: rivers far above warning, reservoirs above their limit."""

    station = Link("测站", HydroStation)
    stage_m = Number("触发水位", unit="m", digits=2, required=False, null=True, sample=168.4)
    over_m = Number("超限", unit="m", digits=2, required=False, null=True, sample=0.4)

    class House:
        title = "水情处置"
        list = ("level", "title", "station", "stage_m", "state", "unit", "due")
        about = "由水利部门自己处置的水情：河道橙色以上、水库超汛限"

"""空间: divisions, grid cells and any other place, valid by date."""

from __future__ import annotations

from yongzhou.core.data.codes import declare
from yongzhou.core.data.fields import Coded, Day, Link, Region, Text
from yongzhou.core.data.geometry import Geometry
from yongzhou.core.data.record import Record

declare(
    "place kind",
    {
        "province": "省",
        "city": "市",
        "county": "县区",
        "town": "乡镇街道",
        "village": "村社区",
        "grid": "网格",
        "risk_village": "山洪危险村",
        "site": "地点",
    },
)


class Place(Record):
    """A division (省市县乡村), a grid cell, or any named geometry."""

    code = Text("编码", max=24, db_index=True, sample="431181103")
    name = Text("名称", max=80, sample="白水镇")
    kind = Coded("类别", "place kind", sample="town")
    region = Region()
    parent = Link("上级", "self", required=False)
    geometry = Geometry("边界")
    valid_from = Day("生效日期", required=False)
    valid_to = Day("失效日期", required=False)
    successor = Link("沿革", "self", required=False)

    class House:
        title = "地点"
        region = "region"
        list = ("code", "name", "kind", "parent")
        search = ("name", "code")
        sort = ("code",)
        filters = ("kind",)
        map = "geometry"
        share = ("code", "name", "kind", "region")
        about = "行政区划、网格与其他有名字的地方"

    def __str__(self) -> str:
        return str(self.name)

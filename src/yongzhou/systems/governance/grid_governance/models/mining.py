"""What the histories teach: where time is lost, and what comes again and again."""

from __future__ import annotations

from yongzhou.core.data.codes import label
from yongzhou.core.data.fields import Coded, Count, Facts, Link, Number, Region, Text, When
from yongzhou.core.data.geometry import Geometry
from yongzhou.core.data.record import Record
from yongzhou.core.people.models import Unit
from yongzhou.systems.governance.grid_governance.models.event import Event
from yongzhou.systems.governance.grid_governance.models.library import EventType


class ProcessFinding(Record):
    """A place in the process where time is lost, as found on one day."""

    at = When("发现时间")
    since = When("统计起点")
    kind = Coded("类型", "finding kind", sample="queue")
    before = Text("从", max=40, sample="待签收")
    after = Text("到", max=40, sample="处置中")
    region = Region(sample="4311")
    unit = Link("单位", Unit, required=False)
    cases = Count("次数", default=0)
    mean_s = Number("平均等待", unit="s", digits=0, required=False)
    median_s = Number("中位等待", unit="s", digits=0, required=False)
    share = Number("占全部等待", unit="%", digits=1, required=False)
    text = Text("说明", max=300, required=False)

    class House:
        title = "难点堵点"
        region = "region"
        department = "unit"
        list = ("at", "kind", "before", "after", "cases", "mean_s", "median_s", "share", "text")
        filters = ("kind",)
        sort = ("at",)
        history = False
        about = "每天从全部事件的经过里算出：时间耗在哪一步、哪一家"

    @property
    def kind_label(self) -> str:
        """The kind in Chinese."""
        return label("finding kind", self.kind)


class RepeatCause(Record):
    """Something that comes again: the same place, a cluster in space and time, or an area far above its neighbours."""

    key = Text("缘由", max=60, unique=True, technical=True)
    kind = Coded("类型", "grid cause kind", sample="place")
    type = Link("事件类型", EventType, required=False)
    region = Region()
    address = Text("位置描述", max=120, required=False)
    geometry = Geometry("位置")
    count = Count("次数", default=0)
    first_at = When("最早")
    last_at = When("最近")
    found_at = When("发现时间")
    score = Number("z 值", digits=2, required=False)
    q = Number("校正后显著性", digits=4, required=False)
    events = Facts("相关事件", default=list)
    state = Coded("状态", "grid cause state", default="open", sample="open")
    unit = Link("治理单位", Unit, required=False)
    cure = Link("治理事项", Event, required=False)
    decision = Text("研判意见", max=300, required=False)

    class House:
        title = "反复问题"
        region = "region"
        department = "unit"
        list = ("kind", "type", "address", "count", "last_at", "score", "state")
        sort = ("last_at", "count")
        filters = ("kind", "state")
        map = "geometry"
        history = False
        about = "90 天内同一处三次以上、时空聚集或显著热点：从源头治理，而不是一次次派单"

    def __str__(self) -> str:
        return f"{self.address}（{self.count} 次）"

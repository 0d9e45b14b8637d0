"""事: one thing to be done, with one life cycle for every kind, and its steps."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from yongzhou.core.data.codes import declare
from yongzhou.core.data.fields import Attachments, Coded, Count, Facts, Flag, Link, Long, Ref, Region, Text, When
from yongzhou.core.data.geometry import Geometry
from yongzhou.core.data.record import Record
from yongzhou.core.matters.life import CLOSED, STATES
from yongzhou.core.people.models import Person, Unit
from yongzhou.core.places.models import Place
from yongzhou.core.things.models import Thing

declare("matter state", STATES)
declare("warning level", {"1": "红 I", "2": "橙 II", "3": "黄 III", "4": "蓝 IV"})


class Matter(Record):
    """One matter. `key` is its cause: one open matter a kind and key."""

    number = Text("编号", max=24, unique=True, sample="SJ-20260618-0143")
    kind = Text("事项类别", max=60, sample="event")
    key = Text("缘由", max=120, required=False, sample="alarm:白水站:level")
    steward = Text("主管系统", max=40, sample="grid_governance")
    title = Text("标题", max=120, sample="白水站水位超警 0.62 m")
    detail = Long("说明", required=False)
    state = Coded("状态", "matter state", default="reported", sample="handling")
    level = Count("等级", low=1, high=4, default=4, sample=2)
    region = Region()
    place = Link("网格或地点", Place, required=False)
    address = Text("位置描述", max=120, required=False, sample="白水镇集镇段")
    geometry = Geometry("位置")
    thing = Link("相关设备", Thing, required=False)
    unit = Link("主办单位", Unit, required=False)
    handler = Link("处置人", Person, required=False)
    verifier = Link("核查人", Person, required=False)
    reporter = Link("上报人", Person, required=False, grade=3)
    source = Text("来源", max=24, default="staff", sample="alarm")
    evidence = Ref("依据", "telemetry.alarm")
    opened_at = When("发生时间")
    assigned_at = When("派单时间", required=False)
    accepted_at = When("签收时间", required=False)
    done_at = When("办结时间", required=False)
    closed_at = When("结案时间", required=False)
    due = When("办理时限", required=False)
    due_provisional = Flag("时限暂定")
    parent = Link("并入", "self", required=False)
    photos = Attachments("照片")
    clause = Text("派单依据", max=200, required=False, sample="权责清单 11.3")
    rating = Count("评价", low=1, high=5, required=False, sample=5)

    class House:
        title = "事项"
        region = "region"
        department = "unit"
        person = "reporter"
        list = ("level", "title", "address", "state", "unit", "due")
        search = ("title", "number", "address")
        sort = ("due", "opened_at", "level")
        filters = ("state", "level", "kind", "source", "unit")
        map = "geometry"
        share = (
            "number",
            "kind",
            "steward",
            "state",
            "level",
            "region",
            "unit",
            "source",
            "opened_at",
            "accepted_at",
            "done_at",
            "closed_at",
            "due",
            "rating",
        )
        about = "需要有人去办的事，从上报到结案"

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "key"], condition=~Q(key="") & ~Q(state__in=CLOSED), name="matter_one_open_a_cause"
            ),
        ]
        indexes = [
            models.Index(fields=["state", "due"], name="matter_state_due"),
            models.Index(fields=["handler", "state"], name="matter_handler_state"),
        ]

    def __str__(self) -> str:
        return str(self.title)


class MatterStep(Record):
    """One step of a matter's life: who moved it, when, from where to where, why, with which files."""

    matter = Link("事项", Matter, models.CASCADE)
    at = When("时间")
    before = Coded("原状态", "matter state", required=False)
    after = Coded("新状态", "matter state")
    actor = Link("经办人", Person, required=False)
    actor_name = Text("经办", max=80)
    reason = Text("说明", max=300, required=False)
    files = Attachments("附件")
    facts = Facts("数据")

    class House:
        title = "经过"
        region = "matter__region"
        department = "matter__unit"
        person = "matter__reporter"
        list = ("matter", "at", "before", "after", "actor_name", "reason")
        share = ("matter", "at", "before", "after")
        history = False
        about = "每件事的每一步"

    class Meta:
        indexes = [models.Index(fields=["matter", "at"], name="matter_step_at")]

"""Picture models of things (never of persons): version, threshold, and how often they were wrong."""

from __future__ import annotations

from django.db import models

from yongzhou.core.data.fields import Coded, Count, Flag, Link, Number, Region, Text, When
from yongzhou.core.data.record import Record
from yongzhou.systems.governance.grid_governance.models.event import Event


class PictureModel(Record):
    """A model that sees water on a road or a full bin; above its false-alarm limit it switches itself off."""

    code = Text("模型编码", max=40, sample="flood-road")
    version = Text("版本", max=20, sample="1.2.0")
    name = Text("名称", max=60, sample="道路积水识别")
    type_code = Text("事件编码", max=12, sample="010401")
    threshold = Number("自动上报阈值", digits=2, default=0.8, low=0, high=1, sample=0.8)
    false_limit = Number("误报率上限", digits=2, default=0.3, low=0, high=1, sample=0.3)
    state = Coded("状态", "grid detector state", default="on", sample="on")
    judged = Count("已核实", default=0)
    wrong = Count("误报", default=0)

    class House:
        title = "识别模型"
        region = None
        api = "write"
        list = ("code", "version", "name", "threshold", "false_limit", "judged", "wrong", "state")
        filters = ("state",)
        about = "只识别物和场景，不识别人；误报率超过上限自动停用"

    class Meta:
        constraints = [models.UniqueConstraint(fields=["code", "version"], name="picture_model_version")]

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


class Detection(Record):
    """One thing a model saw on one camera, and what a person said about it."""

    model = Link("模型", PictureModel)
    camera = Text("摄像头", max=60, sample="431181-CAM-0012")
    region = Region()
    at = When("时间")
    confidence = Number("把握", digits=2, low=0, high=1, sample=0.86)
    event = Link("事件", Event, required=False)
    judged_at = When("核实时间", required=False)
    right = Flag("属实")

    class House:
        title = "视频识别"
        region = "region"
        list = ("at", "model", "camera", "confidence", "event", "right")
        sort = ("at",)
        filters = ("right",)
        share = ("at", "camera", "region", "confidence", "judged_at", "right")
        about = "每次识别的模型版本、把握和人工核实结果"

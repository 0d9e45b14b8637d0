"""What-if: scenarios and the archive of their runs."""

from __future__ import annotations

from django.db import models

from yongzhou.core.data.codes import declare
from yongzhou.core.data.fields import Coded, Count, Facts, Flag, Link, Long, Number, Region, Text, When
from yongzhou.core.data.record import Record

declare("scenario kind", {"state": "态势推演", "response": "响应能力推演"})


class Scenario(Record):
    """Assumptions under a name: what would be different, with which seed."""

    title = Text("名称", max=80, sample="夜间少两支队伍")
    kind = Coded("模型", "scenario kind", sample="response")
    region = Region(sample="4311")
    assumptions = Facts("假设", default=dict)
    seed = Count("随机种子", low=0, high=2**31 - 1, default=1, sample=1)
    note = Long("说明", required=False, sample="与现行排班比较")
    made_by = Text("提出人", max=80, required=False)
    made_at = When("提出时间")

    class House:
        title = "情景"
        region = "region"
        list = ("title", "kind", "region", "seed", "made_at", "made_by")
        search = ("title",)
        sort = ("made_at",)
        filters = ("kind",)
        about = "假如某些条件变了会怎样：假设、种子，可以反复推演、两两比较"

    def __str__(self) -> str:
        return str(self.title)


class SimulationRun(Record):
    """One run of a scenario, kept as it was: inputs and their hash, model version, data cut, outputs, validation."""

    scenario = Link("情景", Scenario, models.PROTECT)
    number = Text("编号", max=24, unique=True, sample="TY-20260618-0001")
    kind = Coded("模型", "scenario kind", sample="response")
    region = Region(sample="4311")
    at = When("推演时间")
    cut = When("数据截面")
    model = Text("模型版本", max=24, sample="response-1")
    seed = Count("随机种子", sample=1)
    inputs = Facts("输入", default=dict)
    inputs_hash = Text("输入指纹", max=64, sample="9f2c")
    outputs = Facts("结果", default=dict)
    outputs_hash = Text("结果指纹", max=64, sample="41aa")
    validation = Facts("模型验证", default=dict)
    valid = Flag("验证通过")
    repeated = Flag("与前次逐字节一致")
    milliseconds = Number("用时", unit="ms", digits=0, default=0.0, sample=260)
    by = Text("推演人", max=80, required=False)

    class House:
        title = "推演记录"
        region = "region"
        list = ("number", "scenario", "kind", "at", "model", "valid", "repeated", "milliseconds")
        search = ("number",)
        sort = ("at",)
        filters = ("kind", "valid")
        about = "每次推演的输入、版本、结果原样归档，可任选两次比较"

    class Meta:
        indexes = [models.Index(fields=["inputs_hash"], name="simulation_run_inputs")]

    def __str__(self) -> str:
        return str(self.number)

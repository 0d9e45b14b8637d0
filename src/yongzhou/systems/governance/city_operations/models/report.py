"""运行日报、周报: generated from numbers, edited in words, signed, archived."""

from __future__ import annotations

from django.db import models

from yongzhou.core.data.codes import declare
from yongzhou.core.data.fields import Coded, Count, Facts, Flag, Link, Long, Region, Text, When
from yongzhou.core.data.record import Record

declare("report kind", {"daily": "日报", "weekly": "周报"})
declare("report state", {"draft": "草稿", "signed": "已签发", "archived": "已归档"})


class OperationReport(Record):
    """One report of one place and period. Numbers come from their queries and are never typed; words are edited."""

    number = Text("编号", max=24, unique=True, sample="YXRB-20260618-0001")
    kind = Coded("种类", "report kind", sample="daily")
    region = Region(sample="4311")
    title = Text("标题", max=80, sample="永州市城市运行日报")
    starts = When("起")
    ends = When("止")
    issue = Count("第几稿", default=1, sample=1)
    content = Facts("内容", default=dict)
    opinion = Long("综合研判", required=False, sample="总体平稳，祁阳市超时事项偏多。")
    state = Coded("状态", "report state", default="draft", sample="signed")
    cut = When("数据截面")
    made_at = When("生成时间")
    edited_by = Text("编辑", max=80, required=False)
    edited_at = When("编辑时间", required=False)
    signed_by = Text("签发人", max=80, required=False)
    signed_at = When("签发时间", required=False)
    digest = Text("签发指纹", max=64, required=False, sample="3b5d")
    archived_at = When("归档时间", required=False)
    replaces = Link("更正", "self", required=False)
    current = Flag("现行稿", default=True)

    class House:
        title = "运行报告"
        region = "region"
        list = ("number", "title", "kind", "starts", "state", "signed_by", "issue")
        search = ("title", "number")
        sort = ("starts",)
        filters = ("kind", "state")
        about = "城市运行日报和周报：自动生成、人工研判、签发、归档、可打印"

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "region", "starts", "issue"], name="operation_report_issue")
        ]

    def __str__(self) -> str:
        return str(self.title)

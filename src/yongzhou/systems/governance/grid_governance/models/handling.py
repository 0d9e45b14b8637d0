"""What happens to an event: rejection, ruling, joint work, stops, pressure, checks."""

from __future__ import annotations

from django.db import models

from yongzhou.core.data.fields import Attachments, Coded, Count, Facts, Flag, Link, Number, Text, When
from yongzhou.core.people.models import Person, Unit
from yongzhou.systems.governance.grid_governance.models.event import OfEvent
from yongzhou.systems.governance.grid_governance.models.hotline import HotlineOrder
from yongzhou.systems.governance.grid_governance.models.library import DutyItem


class Rejection(OfEvent):
    """A unit sent an event back, quoting the clause."""

    unit = Link("退单单位", Unit)
    clause = Text("依据条款", max=200, sample="权责清单 3.2：城区外井盖由权属单位负责")
    duty = Link("清单条目", DutyItem, required=False)
    suggest = Link("建议单位", Unit, required=False)
    overturned = Flag("裁定退单不当")

    class House(OfEvent.House):
        title = "退单"
        list = ("event", "unit", "clause", "at")
        about = "退单必须写明依据；同一单位只能退一次，两次退单即会商"

    class Meta:
        constraints = [models.UniqueConstraint(fields=["event", "unit"], name="rejection_once_a_unit")]


class ClockStop(OfEvent):
    """A period that does not count, with its listed reason, approver and latest end."""

    reason = Coded("原因", "stop reason", sample="weather")
    until = When("恢复时间", required=False)
    latest = When("最迟恢复")
    approver = Link("批准人", Person, required=False)
    note = Text("说明", max=200, required=False)

    class House(OfEvent.House):
        title = "停计时段"
        list = ("event", "reason", "at", "until", "approver")
        about = "挂起期间不计时；每种原因都有最长时间"


class CoTask(OfEvent):
    """The part of another unit in a joint event."""

    unit = Link("协办单位", Unit)
    state = Coded("状态", "co task state", default="assigned", sample="assigned")
    task = Text("协办事项", max=200, required=False, sample="现场交通疏导")
    hours = Number("办理时限小时", unit="h", default=8.0, low=0.1, high=2400)
    accept_due = When("签收时限", required=False)
    signed_at = When("签收时间", required=False)
    signer = Link("签收人", Person, required=False)
    due = When("时限", required=False)
    rung = Count("催办级别", default=0, low=0, high=4)
    next_rung_at = When("下次催办", required=False)
    late = Flag("超时")
    done_at = When("完成时间", required=False)
    result = Text("结果", max=300, required=False)

    class House(OfEvent.House):
        title = "协办任务"
        department = "unit"
        list = ("event", "unit", "task", "state", "due", "late")
        filters = ("state", "unit")
        about = "联动处置：主办之外的单位各办一份，都办完才能反馈"

    class Meta:
        constraints = [models.UniqueConstraint(fields=["event", "unit"], name="co_task_once_a_unit")]
        indexes = [models.Index(fields=["next_rung_at"], name="co_task_next_rung")]


class Verification(OfEvent):
    """Somebody else than the handler looked whether it is really done."""

    person = Link("核查人", Person, required=False)
    method = Coded("方式", "event verification", sample="photo")
    passed = Flag("通过")
    text = Text("说明", max=300, required=False)
    photos = Attachments("照片")
    distance_m = Number("距事发地", unit="m", digits=0, required=False)

    class House(OfEvent.House):
        title = "核查"
        list = ("event", "method", "passed", "at")
        filters = ("method", "passed")
        about = "办事的人不能核查自己办的事"


class Callback(OfEvent):
    """A call back to the reporter."""

    reached = Flag("接通")
    solved = Flag("已解决")
    satisfied = Flag("满意")
    text = Text("说明", max=300, required=False, grade=2)
    order = Link("热线工单", HotlineOrder, required=False)

    class House(OfEvent.House):
        title = "回访"
        list = ("event", "reached", "solved", "satisfied", "at")
        share = ("event", "at", "reached", "solved", "satisfied")
        about = "解决率和满意率分开记"


class Arbitration(OfEvent):
    """会商 of an event that units send back: decided within one working day, binding, with a proposal for the rule."""

    due = When("裁定时限")
    units = Facts("退单单位", default=list)
    unit = Link("裁定主办", Unit, required=False)
    clause = Text("裁定依据", max=200, required=False, sample="会商纪要〔2026〕1 号")
    minutes = Text("会商情况", max=300, required=False)
    proposal = Text("规则建议", max=200, required=False)
    decided_at = When("裁定时间", required=False)
    decider = Link("裁定人", Person, required=False)
    late = Flag("超时")

    class House(OfEvent.House):
        title = "会商裁定"
        list = ("event", "at", "due", "unit", "clause", "decided_at", "proposal")
        filters = ("late",)
        about = "两次退单即会商：一个工作日内裁定，裁定后各单位不得再退，并形成责任规则修订建议"


class Supervision(OfEvent):
    """催办 and 督办: somebody presses an event; a 督办 wants a written reply in time."""

    kind = Coded("方式", "grid supervision kind", sample="supervise")
    state = Coded("状态", "grid supervision state", default="open", sample="open")
    unit = Link("被督办单位", Unit, required=False)
    issuer = Link("发起人", Person, required=False)
    text = Text("要求", max=300, sample="请说明超时原因和完成时间")
    reply_due = When("回复时限", required=False)
    reply = Text("回复", max=300, required=False)
    replied_at = When("回复时间", required=False)
    ended_at = When("办结时间", required=False)

    class House(OfEvent.House):
        title = "督办"
        department = "unit"
        list = ("event", "kind", "unit", "text", "state", "reply_due")
        filters = ("kind", "state", "unit")
        about = "催办提醒，督办要书面回复；时限用到 150% 时系统自动督办"

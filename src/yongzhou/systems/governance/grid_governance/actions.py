"""Which steps an event offers to somebody now, and the form of each; the operation itself decides in the end."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from yongzhou.core.data.actor import Actor
from yongzhou.core.operations.registry import Operation
from yongzhou.systems.governance.grid_governance import operations as ops
from yongzhou.systems.governance.grid_governance.clock import STOP_REASONS
from yongzhou.systems.governance.grid_governance.models import Event


@dataclass(frozen=True, slots=True)
class Field:
    """One control of a step's form."""

    name: str
    label: str
    kind: str = "text"  # text, long, photos, place, choice, number, unit, type, duty, yes, event
    required: bool = False
    help: str = ""
    options: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that can be done from some states; `key` is its key on the duty desk."""

    operation: Operation[Any, Any]
    states: tuple[str, ...]
    fields: tuple[Field, ...] = ()
    key: str = ""
    main: bool = False

    @property
    def verb(self) -> str:
        """The operation's verb."""
        return self.operation.name.partition(".")[2]

    @property
    def title(self) -> str:
        """The operation's Chinese title."""
        return self.operation.title


_TEXT: Final = Field("text", "说明", "long", required=True)
_PHOTOS: Final = Field("photos", "照片", "photos", help="现场原位置拍摄")
_PLACE: Final = Field("place", "位置", "place", help="须在事发地附近")
_PASSED: Final = Field("passed", "结论", "choice", required=True, options=(("true", "通过"), ("false", "不通过")))
_ACTIVE: Final = ("accepted", "assigned", "handling")
_PRESSED: Final = ("assigned", "handling", "reopened", "done", "suspended")

STEPS: Final = (
    Step(ops.accept, ("reported",), (Field("type", "事件类型", "type", required=True),), "y", True),
    Step(ops.sign, ("assigned",), (), "s", True),
    Step(ops.report_done, ("handling",), (_TEXT, _PHOTOS, _PLACE), "f", True),
    Step(ops.verify, ("done",), (_PASSED, _TEXT, _PHOTOS, _PLACE), "v", True),
    Step(ops.close, ("verified",), (Field("reason", "结论"),), "e", True),
    Step(ops.resume, ("suspended",), (), "u", True),
    Step(ops.unmerge, ("merged",), (), "", True),
    Step(
        ops.assign,
        ("accepted", "reopened", "handling"),
        (Field("unit", "主办单位", "unit"), Field("clause", "派单依据")),
        "p",
    ),
    Step(
        ops.arbitrate,
        ("accepted", "reopened"),
        (
            Field("unit", "裁定主办", "unit", required=True),
            Field("clause", "裁定依据", required=True, help="例如：会商纪要第 3 号"),
            Field("minutes", "会商情况", "long"),
        ),
        "c",
    ),
    Step(
        ops.reject,
        ("assigned",),
        (
            Field("duty", "权责清单条目", "duty", help="写明归谁的那一条；条目会随退单一起给值班台"),
            Field("clause", "清单里没有时，写明依据条款"),
        ),
        "t",
    ),
    Step(ops.urge, _PRESSED, (Field("text", "催办内容"),), "b"),
    Step(
        ops.supervise,
        _PRESSED,
        (Field("text", "督办要求", "long", required=True), Field("reply_hours", "回复时限（工作小时）", "number")),
        "d",
    ),
    Step(ops.handle, ("handling",), (_TEXT, _PHOTOS), "n"),
    Step(
        ops.merge,
        ("reported", *_ACTIVE, "reopened"),
        (Field("into", "并入", "event", required=True), Field("reason", "理由")),
        "m",
    ),
    Step(
        ops.add_co_unit,
        _ACTIVE,
        (
            Field("unit", "协办单位", "unit", required=True),
            Field("task", "协办事项"),
            Field("hours", "协办时限（小时）", "number"),
        ),
        "x",
    ),
    Step(
        ops.suspend,
        _ACTIVE,
        (
            Field(
                "reason", "原因", "choice", required=True, options=tuple((c, n) for c, (n, _) in STOP_REASONS.items())
            ),
            Field("note", "说明"),
        ),
        "h",
    ),
    Step(
        ops.extend,
        _ACTIVE,
        (Field("hours", "延长小时", "number", required=True), Field("reason", "理由", required=True)),
        "l",
    ),
    Step(
        ops.call_back,
        ("done", "verified", "closed"),
        (
            Field("reached", "接通", "yes"),
            Field("solved", "已解决", "yes"),
            Field("satisfied", "满意", "yes"),
            Field("text", "说明"),
        ),
    ),
    Step(ops.reopen, ("closed",), (Field("reason", "原因", "long", required=True),), "r"),
    Step(ops.close, ("reported", "accepted"), (Field("reason", "不予办理的结论", "long", required=True),)),
)


@dataclass(frozen=True, slots=True)
class Offer:
    """What the page offers, and one sentence on what has to happen before it can be closed."""

    main: Step | None
    others: tuple[Step, ...] = field(default=())
    hint: str = ""


_HINTS: Final = {
    "reported": "等待受理：先归类，再派单",
    "accepted": "已受理，等待派单",
    "assigned": "结案暂不可用：先签收、处置，再由处置人以外的人核查",
    "handling": "结案暂不可用：反馈办结后须由处置人以外的人核查",
    "done": "须由处置人以外的人核查",
    "suspended": "挂起期间不计时",
    "merged": "已并入主事件，随主事件一起办结",
}


def offer(event: Event, actor: Actor) -> Offer:
    """The steps of an event's state that this person's rights reach."""
    open_ = [step for step in STEPS if event.state in step.states and reaches(actor, step.operation.action, event)]
    if not event.rejected_count:
        open_ = [step for step in open_ if step.operation is not ops.arbitrate]
    elif event.arbitration == "open":
        open_ = [step for step in open_ if step.operation is not ops.assign]
    if event.state == "done" and event.handler_id == actor.id:
        open_ = [step for step in open_ if step.operation is not ops.verify]
    ruling = [step for step in open_ if step.operation is ops.arbitrate and event.arbitration == "open"]
    main = next((step for step in (*ruling, *open_) if step.main or step in ruling), None)
    return Offer(main, tuple(step for step in open_ if step is not main), _HINTS.get(event.state, ""))


def reaches(actor: Actor, action: str, event: Event) -> bool:
    """Whether some grant of this action covers the event: the guard's rule for one row already seen."""
    return any(
        (line.own and event.reporter_id == actor.id)
        or (line.region is not None and event.region.startswith(line.region))
        or event.unit_id in line.units
        for line in actor.lines(action, "grid_governance.event")
    )

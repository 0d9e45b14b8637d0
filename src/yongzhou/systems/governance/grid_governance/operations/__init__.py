"""Everything that can be done to an event; importing it registers the operations."""

from yongzhou.systems.governance.grid_governance.operations.alarms import auto_report, clear_alarm
from yongzhou.systems.governance.grid_governance.operations.calls import record_call, transfer_call
from yongzhou.systems.governance.grid_governance.operations.causes import decide_cause, find_causes
from yongzhou.systems.governance.grid_governance.operations.checking import call_back, close, rate, reopen, verify
from yongzhou.systems.governance.grid_governance.operations.dispatching import accept, assign, reassign, reject, sign
from yongzhou.systems.governance.grid_governance.operations.entrusted import take_supervision
from yongzhou.systems.governance.grid_governance.operations.gridding import (
    assign_worker,
    edit_profile,
    merge_grids,
    split_grid,
)
from yongzhou.systems.governance.grid_governance.operations.groups import (
    add_points,
    answer_reply,
    publish_notice,
    reply_notice,
)
from yongzhou.systems.governance.grid_governance.operations.handling import (
    extend,
    handle,
    remark,
    report_done,
    resume,
    suspend,
)
from yongzhou.systems.governance.grid_governance.operations.hotline import call_back_order, take_order
from yongzhou.systems.governance.grid_governance.operations.intake import look_alike, report
from yongzhou.systems.governance.grid_governance.operations.joining import merge, unmerge
from yongzhou.systems.governance.grid_governance.operations.joint import (
    add_co_unit,
    cancel_co_task,
    finish_co_task,
    reject_co_task,
    sign_co_task,
)
from yongzhou.systems.governance.grid_governance.operations.patrolling import check_stop, plan_patrols, start_patrol
from yongzhou.systems.governance.grid_governance.operations.pressing import (
    end_supervision,
    reply_supervision,
    supervise,
    urge,
)
from yongzhou.systems.governance.grid_governance.operations.ruling import arbitrate
from yongzhou.systems.governance.grid_governance.operations.vision import detect, judge_detection
from yongzhou.systems.governance.grid_governance.operations.watching import escalate, find_bottlenecks

__all__ = [
    "accept",
    "add_co_unit",
    "add_points",
    "answer_reply",
    "arbitrate",
    "assign",
    "assign_worker",
    "auto_report",
    "call_back",
    "call_back_order",
    "cancel_co_task",
    "check_stop",
    "clear_alarm",
    "close",
    "decide_cause",
    "detect",
    "edit_profile",
    "end_supervision",
    "escalate",
    "extend",
    "find_bottlenecks",
    "find_causes",
    "finish_co_task",
    "handle",
    "judge_detection",
    "look_alike",
    "merge",
    "merge_grids",
    "plan_patrols",
    "publish_notice",
    "rate",
    "reassign",
    "record_call",
    "reject",
    "reject_co_task",
    "remark",
    "reopen",
    "reply_notice",
    "reply_supervision",
    "report",
    "report_done",
    "resume",
    "sign",
    "sign_co_task",
    "split_grid",
    "start_patrol",
    "supervise",
    "suspend",
    "take_order",
    "take_supervision",
    "transfer_call",
    "unmerge",
    "urge",
    "verify",
]

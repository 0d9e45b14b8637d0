"""Everything that can be done to an event; importing it registers the operations."""

from yongzhou.systems.governance.grid_governance.operations.alarms import auto_report, clear_alarm
from yongzhou.systems.governance.grid_governance.operations.checking import call_back, close, rate, reopen, verify
from yongzhou.systems.governance.grid_governance.operations.dispatching import accept, assign, reassign, reject, sign
from yongzhou.systems.governance.grid_governance.operations.handling import (
    add_co_unit,
    extend,
    finish_co_task,
    handle,
    report_done,
    resume,
    suspend,
)
from yongzhou.systems.governance.grid_governance.operations.intake import look_alike, report
from yongzhou.systems.governance.grid_governance.operations.joining import merge, unmerge
from yongzhou.systems.governance.grid_governance.operations.watching import escalate, find_bottlenecks

__all__ = [
    "accept",
    "add_co_unit",
    "assign",
    "auto_report",
    "call_back",
    "clear_alarm",
    "close",
    "escalate",
    "extend",
    "find_bottlenecks",
    "finish_co_task",
    "handle",
    "look_alike",
    "merge",
    "rate",
    "reassign",
    "reject",
    "reopen",
    "report",
    "report_done",
    "resume",
    "sign",
    "suspend",
    "unmerge",
    "verify",
]

"""Records of this room, one file a concern."""

from yongzhou.systems.governance.grid_governance.models import codes as _codes  # noqa: F401  # declares the code lists
from yongzhou.systems.governance.grid_governance.models.event import Event, Report
from yongzhou.systems.governance.grid_governance.models.grids import GridPost, GridProfile, GridShift
from yongzhou.systems.governance.grid_governance.models.groups import MassGroup, Notice, NoticeReply, PointsEntry
from yongzhou.systems.governance.grid_governance.models.handling import (
    Arbitration,
    Callback,
    ClockStop,
    CoTask,
    Rejection,
    Supervision,
    Verification,
)
from yongzhou.systems.governance.grid_governance.models.hotline import HotlineCall, HotlineOrder, Knowledge
from yongzhou.systems.governance.grid_governance.models.library import DutyItem, EventType
from yongzhou.systems.governance.grid_governance.models.mining import ProcessFinding, RepeatCause
from yongzhou.systems.governance.grid_governance.models.patrol import PatrolPoint, PatrolStop, PatrolTask
from yongzhou.systems.governance.grid_governance.models.vision import Detection, PictureModel

__all__ = [
    "Arbitration",
    "Callback",
    "ClockStop",
    "CoTask",
    "Detection",
    "DutyItem",
    "Event",
    "EventType",
    "GridPost",
    "GridProfile",
    "GridShift",
    "HotlineCall",
    "HotlineOrder",
    "Knowledge",
    "MassGroup",
    "Notice",
    "NoticeReply",
    "PatrolPoint",
    "PatrolStop",
    "PatrolTask",
    "PictureModel",
    "PointsEntry",
    "ProcessFinding",
    "Rejection",
    "RepeatCause",
    "Report",
    "Supervision",
    "Verification",
]

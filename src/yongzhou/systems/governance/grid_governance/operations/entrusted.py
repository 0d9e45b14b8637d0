"""承接督办: what the operation centre asks of a place becomes one event here, or presses the event that it names."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from pydantic import BaseModel, Field

from yongzhou.core.calendar import CalendarError
from yongzhou.core.data.origin import Origin
from yongzhou.core.matters.events import MatterAssigned, MatterOpened
from yongzhou.core.matters.verbs import note_step
from yongzhou.core.operations.context import Context
from yongzhou.core.operations.problem import Problem
from yongzhou.core.operations.registry import operation
from yongzhou.systems.governance.grid_governance.models import Event, EventType, Supervision
from yongzhou.systems.governance.grid_governance.operations.common import OPEN, calendar, dispatch
from yongzhou.systems.governance.grid_governance.operations.ground import spot_of_region
from yongzhou.systems.governance.grid_governance.operations.intake import start
from yongzhou.systems.governance.grid_governance.operations.pressing import REPLY_HOURS, issue

OTHER: Final = "990000"  # the town or the county's grid centre answers
LEAST_HOURS: Final = 1.0  # a limit that lies at night or has passed still leaves an hour of work


class Entrusted(BaseModel):
    """A task of the operation centre."""

    supervision: UUID = Field(title="督办")
    number: str = Field(title="编号", max_length=40)
    title: str = Field(title="事项", max_length=120)
    demand: str = Field(title="要求", max_length=500)
    region: str = Field(title="承办地区", max_length=16)
    level: int = Field(title="等级", ge=1, le=4)
    due: datetime = Field(title="办理期限")
    subject: UUID | None = Field(default=None, title="被督办事项")
    origin: Origin = Field(default="measured", title="数据来源")


class Taken(BaseModel):
    """The event that carries it; none where the named matter is another steward's."""

    event: UUID | None


@operation(
    "grid_governance.take_supervision",
    title="承接督办",
    on=Event,
    action="auto_report",
    emits=[MatterOpened, MatterAssigned],
)
def take_supervision(ctx: Context, data: Entrusted) -> Taken:
    """Open the one event of a task with the place's unit and the task's limit, or press the event it is about."""
    try:
        worked = calendar().between(ctx.now, max(data.due, ctx.now + timedelta(seconds=1))).hours
    except CalendarError as error:
        raise Problem("bad_time", str(error), field="due", remedy="请核对办结期限") from error
    hours = max(LEAST_HOURS, worked)
    if data.subject is not None:
        return Taken(event=_press(ctx, data.subject, f"{data.number}：{data.demand}", hours))
    kind, spot = EventType.objects.get(code=OTHER), spot_of_region(data.region)
    values: dict[str, object] = {
        "steward": "grid_governance",
        "title": data.title,
        "detail": data.demand,
        "level": data.level,
        "region": spot.region,
        "place_id": spot.grid,
        "grid_id": spot.grid,
        "address": spot.name,
        "source": "staff",
        "evidence": data.supervision,
        "type": kind,
        "grade": kind.grade,
        "origin": data.origin,
    }
    reason = f"运行中心督办 {data.number}"
    event, new = start(ctx, values, kind, key=f"supervision:{data.supervision}", hours=hours, reason=reason)
    if new and not dispatch(ctx, event, clause=reason):
        note_step(ctx, event, before=event.state, reason="找不到可派的单位，请值班台指定")
    return Taken(event=event.pk)


def _press(ctx: Context, subject: UUID, text: str, hours: float) -> UUID | None:
    event = Event.objects.select_for_update(of=("self",)).filter(pk=subject).first()
    if event is None:
        return None
    event.refresh_from_db()
    waiting = Supervision.objects.filter(event=event, kind="supervise").exclude(state="ended").exists()
    if event.state in OPEN and event.unit is not None and not waiting:
        issue(ctx, event, text, min(hours, REPLY_HOURS))
    else:
        note_step(ctx, event, before=event.state, reason=f"运行中心督办 {text}"[:300])
    return event.pk

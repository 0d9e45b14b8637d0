"""What a grid worker brings late, when the matter has gone on without him."""

from __future__ import annotations

from yongzhou.core.matters.verbs import note_step
from yongzhou.core.operations.context import Context
from yongzhou.core.operations.registry import operation
from yongzhou.systems.governance.grid_governance.models import Event
from yongzhou.systems.governance.grid_governance.operations.common import EventState, answer, lock
from yongzhou.systems.governance.grid_governance.operations.handling import OnTheSpot, look


@operation("grid_governance.remark", title="留作记录", on=Event, action="handle")
def remark(ctx: Context, data: OnTheSpot) -> EventState:
    """Keep what somebody saw on the spot in the event's story, whatever its state; it moves nothing."""
    event = lock(ctx, data)
    look(event, data.model_copy(update={"lon": None, "lat": None}), need_photo=False, need_place=False)
    note_step(ctx, event, before=event.state, reason=data.text, files=[photo.model_dump() for photo in data.photos])
    return answer(event)

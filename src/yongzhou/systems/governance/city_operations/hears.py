"""Facts of matters: a supervision follows the matter that carries it."""

from __future__ import annotations

from uuid import UUID

from pydantic import BaseModel

from yongzhou.core.bus.subscriptions import subscribe
from yongzhou.core.operations.context import Context
from yongzhou.core.operations.run import run
from yongzhou.systems.governance.city_operations.operations import follow_matter


class MatterMoved(BaseModel):
    """What we read of any fact about a matter."""

    matter: UUID


@subscribe("ev.core.matter.*", durable="city_operations-matter")
def matter_moved(ctx: Context, data: MatterMoved) -> None:
    """Bring the supervisions that it carries to where it stands."""
    run(follow_matter, ctx.actor, {"matter": data.matter}, door="event", now=ctx.now)

"""The round over all things: who is silent, what is out, what must be mended."""

from __future__ import annotations

from pydantic import BaseModel

from yongzhou.core.operations.context import Context
from yongzhou.core.operations.registry import operation
from yongzhou.core.things.models import Thing
from yongzhou.systems.foundation.iot_sensing.events import OutageBegun, OutageEnded, ThingRecovered, ThingSilenced
from yongzhou.systems.foundation.iot_sensing.watch import settle, update_health


class Nothing(BaseModel):
    """No input."""


class HealthSettled(BaseModel):
    """What changed."""

    changed: int
    silenced: int
    recovered: int
    outages: int
    orders: int


@operation(
    "iot_sensing.watch_health",
    title="巡视设备健康",
    on=Thing,
    action="watch",
    emits=[ThingSilenced, ThingRecovered, OutageBegun, OutageEnded],
)
def watch_health(ctx: Context, data: Nothing) -> HealthSettled:
    """Judge the health of all things and settle silences, outages and orders."""
    changed = update_health(ctx.now)
    done = settle(ctx)
    return HealthSettled(
        changed=len(changed), silenced=done.silenced, recovered=done.recovered, outages=done.outages, orders=done.orders
    )

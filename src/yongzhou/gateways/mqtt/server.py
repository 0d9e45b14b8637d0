"""The MQTT door as a whole: logins, the queue, presence."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from yongzhou.core.home import Home
from yongzhou.gateways.kit.door import Door, open_door
from yongzhou.gateways.kit.limiter import Limiter
from yongzhou.gateways.mqtt.door import STREAM
from yongzhou.gateways.mqtt.gate import GateKeeper, guarding
from yongzhou.gateways.mqtt.intake import Intake
from yongzhou.gateways.mqtt.registry import Registry

log = logging.getLogger(__name__)

NAME: Final = "mqtt"


@asynccontextmanager
async def listening(
    home: Home, registry: Registry, *, shard: str = "0", limiter: Limiter | None = None
) -> AsyncIterator[tuple[Door, GateKeeper]]:
    """The open door; on leaving it stops reading, then sends what is queued and acknowledges it."""
    async with guarding(home, registry) as keeper, open_door(home, NAME, shard=shard, limiter=limiter) as door:

        async def flooded(device: str) -> None:
            keeper.gate.suspend(device)
            await keeper.kick(device)

        intake = Intake(door, door.bus.jetstream(timeout=5), flooded)
        log.info("MQTT door answers logins and reads %s", STREAM)
        reading = asyncio.get_running_loop().create_task(intake.run())
        try:
            yield door, keeper
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
            await asyncio.gather(door.publisher.drain(), door.quarantine.drain())
            await intake.acks.drain()

"""A role's heartbeat on the live channel: who runs, since when, how its tasks fare."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from nats.aio.client import Client
from pydantic import JsonValue

from yongzhou.core.bus.live import message

EVERY_S: Final = 5.0


async def beat(bus: Client, role: str, report: Callable[[], dict[str, JsonValue]]) -> None:
    """Publish `live.role.<role>` every 5 s until cancelled."""
    since = datetime.now(UTC).isoformat(timespec="seconds")
    while True:
        body: dict[str, JsonValue] = {
            "role": role,
            "pid": os.getpid(),
            "since": since,
            "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "tasks": report(),
        }
        await bus.publish(f"live.role.{role}", message(f"role.{role}", body))
        await asyncio.sleep(EVERY_S)

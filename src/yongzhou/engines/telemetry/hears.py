"""Quarantined frames come in again by the way of fresh ones: through OBS."""

from __future__ import annotations

import asyncio

from yongzhou.core import wire
from yongzhou.core.bus.connection import connect
from yongzhou.core.bus.models import Quarantine
from yongzhou.core.bus.quarantine import ReplayError, replay_handler
from yongzhou.core.home import Home
from yongzhou.engines.telemetry.batch import REPLAY


@replay_handler(REPLAY)
def replay_frames(payload: bytes, row: Quarantine) -> None:
    """Publish frames (a `core.wire` message) to OBS again; returns when they are stored there.

    Frame identities keep what was stored meanwhile from being stored twice. Raises `ReplayError` for a payload that
    is no such message, or a row that does not say by which door it came.
    """
    door = row.source.removeprefix("telemetry.")
    if door not in wire.DOORS:
        raise ReplayError("不知道报文从哪个门进来:请改正后从原来的门重新报送。")
    try:
        wire.decode(payload)
    except wire.WireError as error:
        raise ReplayError(f"报文不是约定的观测表:{error}") from error
    asyncio.run(_publish(f"obs.{door}.replay", payload, str(row.pk)))


async def _publish(subject: str, payload: bytes, id: str) -> None:
    bus = await connect(Home.here(), "telemetry replay", reconnect=False)
    try:
        await bus.jetstream().publish(subject, payload, stream=wire.STREAM, headers={"Nats-Msg-Id": f"replay-{id}"})
    finally:
        await bus.close()

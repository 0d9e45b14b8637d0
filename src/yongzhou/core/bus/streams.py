"""Connections to the bus and the streams that this room owns: EVENTS and QUARANTINE. No Django here."""

from __future__ import annotations

import asyncio
from typing import Final

import nats
from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.api import DiscardPolicy, StorageType, StreamConfig
from nats.js.errors import NotFoundError

from yongzhou.core.bus.events import STREAM
from yongzhou.core.home import Home

RECONNECT_S: Final = 0.5
QUARANTINE: Final = "QUARANTINE"
QUARANTINE_SUBJECTS: Final = "obs-quarantine.*"
KEEP_EVENTS_S: Final = 30 * 86400.0  # a subscriber that is away longer must be rebuilt from the records
_DUPLICATES_S: Final = 600.0

_EVENTS_BYTES: Final = 4_000_000_000
_QUARANTINE_BYTES: Final = 500_000_000

_EVENTS: Final = StreamConfig(
    name=STREAM,
    subjects=["ev.>"],
    storage=StorageType.FILE,
    max_age=KEEP_EVENTS_S,
    max_bytes=_EVENTS_BYTES,
    duplicate_window=_DUPLICATES_S,
    discard=DiscardPolicy.OLD,  # a full stream must not stop the city; lag is watched long before
)
_QUARANTINE: Final = StreamConfig(
    name=QUARANTINE,
    subjects=[QUARANTINE_SUBJECTS],
    storage=StorageType.FILE,
    max_bytes=_QUARANTINE_BYTES,
    discard=DiscardPolicy.NEW,  # a gateway learns that nobody stored it
)


async def connect(home: Home, name: str, *, user: str = "house", reconnect: bool = True) -> Client:
    """A connection to the bus as one of its users (`house`, `live`); `OSError` or a `nats` error if it is away."""
    login = {} if "@" in home.nats_url else {"user": user, "password": home.secret(f"nats_{user}")}
    return await nats.connect(
        home.nats_url,
        name=name,
        allow_reconnect=reconnect,
        max_reconnect_attempts=-1 if reconnect else 0,
        reconnect_time_wait=RECONNECT_S,  # type: ignore[arg-type,unused-ignore]
        connect_timeout=3,
        ping_interval=5,
        error_cb=_quiet,
        **login,
    )


async def connect_patiently(home: Home, name: str, *, user: str = "house") -> Client:
    """A connection that heals itself, also when the bus is not there yet: asks again each half second."""
    while True:
        try:
            return await connect(home, name, user=user)
        except (OSError, NatsError):
            await asyncio.sleep(RECONNECT_S)


async def ensure_streams(js: JetStreamContext) -> None:
    """Make both streams where they are missing; EVENTS is brought to this definition if somebody made it otherwise."""
    for config in (_EVENTS, _QUARANTINE):
        try:
            found = (await js.stream_info(str(config.name))).config
        except NotFoundError:
            await js.add_stream(config)
            continue
        if config is _EVENTS and (found.max_age, found.discard) != (config.max_age, config.discard):
            await js.update_stream(config)


async def _quiet(_: Exception) -> None:
    """Callers see their own errors; the client's default would print a traceback a reconnect attempt."""

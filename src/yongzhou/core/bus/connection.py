"""Connections to the bus. No Django here."""

from __future__ import annotations

import asyncio
from typing import Final

import nats
from nats.aio.client import Client
from nats.errors import Error as NatsError

from yongzhou.core.home import Home

RECONNECT_S: Final = 0.5


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


async def _quiet(_: Exception) -> None:
    """Callers see their own errors; the client's default would print a traceback a reconnect attempt."""

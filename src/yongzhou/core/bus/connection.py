"""Connections to the bus. No Django here."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import nats
from nats.aio.client import Client
from nats.errors import Error as NatsError

from yongzhou.core.home import Home

RECONNECT_S: Final = 0.5


async def connect(
    home: Home,
    name: str,
    *,
    user: str = "house",
    reconnect: bool = True,
    back: Callable[[], Awaitable[None]] | None = None,
) -> Client:
    """A connection to the bus as one of its users (`house`, `live`); `OSError` or a `nats` error if it is away.

    `back` is called when a lost connection is there again: what was published meanwhile has been missed.
    """
    login = {} if "@" in home.nats_url else {"user": user, "password": home.secret(f"nats_{user}")}
    return await nats.connect(
        home.nats_servers,
        name=name,
        allow_reconnect=reconnect,
        max_reconnect_attempts=-1 if reconnect else 0,
        reconnect_time_wait=RECONNECT_S,  # type: ignore[arg-type,unused-ignore]
        connect_timeout=3,
        ping_interval=5,
        error_cb=_quiet,
        reconnected_cb=back,
        **login,
    )


async def connect_patiently(
    home: Home, name: str, *, user: str = "house", back: Callable[[], Awaitable[None]] | None = None
) -> Client:
    """A connection that heals itself, also when the bus is not there yet: asks again each half second."""
    while True:
        try:
            return await connect(home, name, user=user, back=back)
        except (OSError, NatsError):
            await asyncio.sleep(RECONNECT_S)


async def _quiet(_: Exception) -> None:
    """Callers see their own errors; the client's default would print a traceback a reconnect attempt."""

"""Plain SQL on the house's tables for doors, on one connection that is made anew when it died. No Django here."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

import psycopg

from yongzhou.core.home import Home

CONNECT_S: Final = 2

Cell = str | None


class HouseError(RuntimeError):
    """The house's tables cannot be read or written now."""


class HouseTables:
    """One connection; questions wait for each other."""

    def __init__(self, home: Home, name: str) -> None:
        self._home, self._name = home, name
        self._connection: psycopg.AsyncConnection[tuple[Cell, ...]] | None = None
        self._using = asyncio.Lock()

    async def ask(self, sql: str, values: Sequence[object]) -> list[tuple[Cell, ...]]:
        """Rows of a statement that returns some, in a transaction of its own. Raises `HouseError`."""
        async with self._using:
            for last in (False, True):
                try:
                    if self._connection is None or self._connection.closed:
                        self._connection = await psycopg.AsyncConnection.connect(
                            self._home.dsn(), autocommit=True, connect_timeout=CONNECT_S, application_name=self._name
                        )
                    cursor = await self._connection.execute(sql.encode(), values)
                    return await cursor.fetchall()
                except psycopg.Error as error:
                    if self._connection is not None and self._connection.broken:
                        self._connection = None
                        if not last:
                            continue  # a connection that died in the meantime
                    raise HouseError(type(error).__name__) from error
        raise HouseError("connection lost")

    async def close(self) -> None:
        """Let go of the connection."""
        if self._connection is not None:
            await self._connection.close()
            self._connection = None

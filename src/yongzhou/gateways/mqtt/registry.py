"""Credentials of devices, read from the house's table by plain SQL and held for 5 seconds. No Django here."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Sequence
from typing import Final, Protocol

from yongzhou.gateways.kit.house import HouseError, HouseTables

FRESH_S: Final = 5.0
HELD: Final = 50_000
_ONE: Final = "SELECT secret_hash FROM iot_sensing_devicecredential WHERE name = %s AND revoked_at IS NULL"
_LIVE: Final = "SELECT name FROM iot_sensing_devicecredential WHERE name = ANY(%s) AND revoked_at IS NULL"


class RegistryError(RuntimeError):
    """The table cannot be read now: nobody new is let in."""


class Registry(Protocol):
    """Where credentials are asked for."""

    async def hash_of(self, device: str) -> str | None:
        """The stored hash of a device's secret; None if it has no live credential. Raises `RegistryError`."""

    async def live(self, devices: Sequence[str]) -> set[str]:
        """Those of `devices` whose credential is not revoked. Raises `RegistryError`."""


class HouseRegistry:
    """`Registry` on the table of system iot_sensing."""

    def __init__(self, tables: HouseTables) -> None:
        self._tables = tables
        self._held: OrderedDict[str, tuple[float, str | None]] = OrderedDict()

    async def hash_of(self, device: str) -> str | None:
        """As `Registry.hash_of`, at most 5 s old."""
        now = time.monotonic()
        held = self._held.get(device)
        if held is not None and now - held[0] < FRESH_S:
            return held[1]
        rows = await self._ask(_ONE, device)
        found = rows[0] if rows else None
        self._held[device] = (now, found)
        self._held.move_to_end(device)
        if len(self._held) > HELD:
            self._held.popitem(last=False)
        return found

    async def live(self, devices: Sequence[str]) -> set[str]:
        """As `Registry.live`, asked anew."""
        return set(await self._ask(_LIVE, list(devices)))

    async def _ask(self, sql: str, value: object) -> list[str]:
        try:
            return [str(row[0]) for row in await self._tables.ask(sql, [value])]
        except HouseError as error:
            raise RegistryError(f"设备凭据表读不到：{error}") from error

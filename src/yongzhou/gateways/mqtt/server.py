"""The MQTT door as a whole: logins, messages to OBS, presence.

Devices speak to this door and not to the MQTT of NATS: here the messages of 5 ms of all devices go into one message
of OBS with one flush to disk, and each device is answered after it (docs/decisions/0006).
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from yongzhou.core.home import Home
from yongzhou.gateways.kit.commands import Claims, Commander
from yongzhou.gateways.kit.door import Door, open_door
from yongzhou.gateways.kit.limiter import Limiter
from yongzhou.gateways.mqtt.connection import Connection
from yongzhou.gateways.mqtt.downward import Downward
from yongzhou.gateways.mqtt.gate import Gate
from yongzhou.gateways.mqtt.intake import Intake
from yongzhou.gateways.mqtt.packets import Publish
from yongzhou.gateways.mqtt.registry import Registry, RegistryError

log = logging.getLogger(__name__)

NAME: Final = "mqtt"
SWEEP_S: Final = 5.0
PAGE: Final = 1_000
BACKLOG: Final = 4_096


class Server:
    """All connections of one door."""

    def __init__(self, door: Door, registry: Registry, commander: Commander) -> None:
        self.door = door
        self.gate = Gate(registry)
        self.intake = Intake(door)
        self._registry = registry
        self._downward = Downward(self, commander)
        self._by_client: dict[str, Connection] = {}
        self._by_device: dict[str, set[Connection]] = {}

    def joined(self, connection: Connection) -> None:
        """A device has logged in; an earlier connection of the same client id ends (section 3.1.4)."""
        if (earlier := self._by_client.get(connection.client_id)) is not None:
            earlier.end()
        self._by_client[connection.client_id] = connection
        self._by_device.setdefault(connection.device, set()).add(connection)

    def left(self, connection: Connection) -> None:
        """A device's connection is gone."""
        if self._by_client.get(connection.client_id) is connection:
            del self._by_client[connection.client_id]
        own = self._by_device.get(connection.device)
        if own is not None:
            own.discard(connection)
            if not own:
                del self._by_device[connection.device]

    def listens(self, connection: Connection) -> None:
        """A device has subscribed: what waits for it may go."""
        self._downward.awake(connection.device)

    def heard(self, connection: Connection, message: Publish, answer: bytes | None) -> bool:
        """Whether the message was a receipt and is taken care of."""
        return self._downward.heard(connection, message, answer)

    def connections_of(self, device: str) -> set[Connection]:
        """The live connections of a device."""
        return self._by_device.get(device, set())

    def kick(self, device: str) -> None:
        """End every connection of a device."""
        for connection in list(self.connections_of(device)):
            connection.end()

    async def sweep(self) -> None:
        """End the connections of devices that are no longer registered. Raises `RegistryError`."""
        devices = sorted(self._by_device)
        live: set[str] = set()
        for start in range(0, len(devices), PAGE):
            live |= await self._registry.live(devices[start : start + PAGE])
        for device in devices:
            if device not in live:
                log.warning("%s is no longer registered, connection ended", device)
                self.kick(device)

    async def sweep_for_ever(self) -> None:
        """Sweep every few seconds."""
        while True:
            await asyncio.sleep(SWEEP_S)
            try:
                await self.sweep()
            except RegistryError as error:
                log.warning("connections not checked: %s", error)

    def close(self) -> None:
        """End every connection."""
        for connection in list(self._by_client.values()):
            connection.end()


@asynccontextmanager
async def listening(
    home: Home, registry: Registry, claims: Claims, *, shard: str = "0", limiter: Limiter | None = None
) -> AsyncIterator[tuple[Door, Server]]:
    """The open door; on leaving it stops reading, then sends what is queued and answers it.

    The port opens after the bus is reached, so an open port means a door that can store. `MQTT_HOST` names another
    address than loopback: there is no TLS here yet, so a network sees it only on purpose.
    """
    loop = asyncio.get_running_loop()
    host, port = os.environ.get("MQTT_HOST") or "127.0.0.1", home.port_of(NAME)
    async with open_door(home, NAME, shard=shard, limiter=limiter) as door:
        commander = Commander(door, claims)
        server = Server(door, registry, commander)
        socket = await loop.create_server(lambda: Connection(server), host, port, backlog=BACKLOG)
        log.info("MQTT door on %s:%d answers logins", host, port)
        working = [loop.create_task(server.sweep_for_ever()), loop.create_task(commander.run())]
        try:
            yield door, server
        finally:
            socket.close()
            for task in working:
                task.cancel()
            await asyncio.gather(*working, door.publisher.drain(), door.quarantine.drain(), return_exceptions=True)
            await commander.drain()
            server.close()

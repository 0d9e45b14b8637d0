"""Who may log in: the auth callout of NATS answered from the registry, lock-outs, and the end of revoked devices."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

from nats.aio.client import Client
from nats.aio.msg import Msg

from yongzhou.core.home import Home
from yongzhou.gateways.kit.door import connect
from yongzhou.gateways.kit.publisher import RETRY
from yongzhou.gateways.mqtt.hashes import DECOY, SECRET_MAX, Verifier
from yongzhou.gateways.mqtt.names import BadNameError, check_device
from yongzhou.gateways.mqtt.registry import Registry, RegistryError
from yongzhou.gateways.mqtt.settings import USER
from yongzhou.gateways.mqtt.tokens import Issuer, claims_of

log = logging.getLogger(__name__)

AUTH: Final = "$SYS.REQ.USER.AUTH"
FAILURES: Final = 5
LOCKED_S: Final = 60.0
FLOOD_S: Final = 60.0
WATCHED: Final = 100_000
CHECKS_AT_ONCE: Final = 2  # a hash takes 50 ms of a core
LOGINS_MAX: Final = 400  # logins that wait; further ones are refused at once, their devices come again
SWEEP_S: Final = 5.0
PAGE: Final = 1_000


class RefusedError(Exception):
    """A login that is not granted; the text is for the log."""


@dataclass(slots=True)
class _Failures:
    count: int = 0
    until: float = 0.0


@dataclass(slots=True)
class Gate:
    """Decides logins. Counters are shown in the door's presence."""

    registry: Registry
    admitted: int = 0
    refused: int = 0
    _verifier: Verifier = field(default_factory=Verifier)
    _failures: OrderedDict[str, _Failures] = field(default_factory=OrderedDict)
    _suspended: dict[str, float] = field(default_factory=dict)
    _checking: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(CHECKS_AT_ONCE))
    _waiting: int = 0

    async def admit(self, user: str, secret: str, client_id: str, connection: str) -> str:
        """The device's name; `RefusedError` otherwise. `connection` is "mqtt" or what else NATS calls it.

        The client id is the device's name, or begins with it and a slash: a client id owns the session, so one
        device must not be able to take another's.
        """
        if connection != "mqtt":
            raise RefusedError(f"only devices log in here, not {connection[:20]!r}")
        try:
            device = check_device(user)
        except BadNameError as error:
            raise RefusedError(str(error)) from error
        if client_id != device and not client_id.startswith(f"{device}/"):
            raise RefusedError(f"client id {client_id[:64]!r} is not {device!r} or {device + '/…'!r}")
        now = time.monotonic()
        if self._suspended.get(device, 0.0) > now:
            raise RefusedError("suspended for flooding")
        failures = self._failures.get(device)
        if failures is not None and failures.until > now:
            raise RefusedError("locked after repeated failures")
        if self._waiting >= LOGINS_MAX:
            raise RefusedError("too many logins at once")
        try:
            known = await self.registry.hash_of(device)
        except RegistryError as error:
            raise RefusedError(str(error)) from error
        right = await self._check(known or DECOY, secret[:SECRET_MAX])
        if not (right and known is not None):
            self._failed(device, now)
            raise RefusedError("unknown device or wrong secret")
        self._failures.pop(device, None)
        return device

    async def _check(self, encoded: str, secret: str) -> bool:
        self._waiting += 1
        try:
            async with self._checking:
                return await asyncio.to_thread(self._verifier.check, encoded, secret)
        finally:
            self._waiting -= 1

    def _failed(self, device: str, now: float) -> None:
        entry = self._failures.setdefault(device, _Failures())
        self._failures.move_to_end(device)
        entry.count += 1
        if entry.count >= FAILURES:
            entry.count, entry.until = 0, now + LOCKED_S
            log.warning("%s locked for %.0f s after %d failed logins", device, LOCKED_S, FAILURES)
        if len(self._failures) > WATCHED:
            self._failures.popitem(last=False)

    def suspend(self, device: str, seconds: float = FLOOD_S) -> None:
        """Refuse a device for a while."""
        now = time.monotonic()
        self._suspended = {name: until for name, until in self._suspended.items() if until > now}
        self._suspended[device] = now + seconds


@dataclass(slots=True)
class GateKeeper:
    """The gate at work on its own connection in the system account."""

    bus: Client
    gate: Gate
    issuer: Issuer
    _connected: dict[tuple[str, int], str] = field(default_factory=dict)
    _answering: set[asyncio.Task[None]] = field(default_factory=set)

    async def answer(self, message: Msg) -> None:
        """Take one request; the decision is made beside the reader of the connection."""
        task = asyncio.get_running_loop().create_task(self._answer(message))
        self._answering.add(task)
        task.add_done_callback(self._answering.discard)

    async def _answer(self, message: Msg) -> None:
        try:
            asked = claims_of(message.data)["nats"]
            if not isinstance(asked, dict):
                raise ValueError("no request")
            server, key = asked["server_id"]["id"], asked["user_nkey"]
            client, given = asked["client_info"], asked["connect_opts"]
            user, secret = str(given.get("user", "")), str(given.get("pass", ""))
            mqtt_id, host = str(client.get("mqtt_id", "")), str(client.get("host", ""))
        except (KeyError, ValueError, TypeError, AttributeError) as error:
            log.warning("login request not understood: %r", error)
            return  # NATS refuses after its timeout
        try:
            device = await self.gate.admit(user, secret, mqtt_id, str(client.get("type", "")))
        except RefusedError as refusal:
            self.gate.refused += 1
            log.warning("%s from %s refused: %s", user[:64], host, refusal)
            answer = self.issuer.refusal(key, server, "refused")
        else:
            self.gate.admitted += 1
            self._connected[server, int(client["id"])] = device
            answer = self.issuer.admission(key, server, device)
        try:
            await message.respond(answer)
        except RETRY as error:
            log.warning("login of %s not answered: %r", user[:64], error)

    async def kick(self, device: str) -> None:
        """End every connection of a device."""
        for (server, number), name in list(self._connected.items()):
            if name == device:
                self._connected.pop((server, number), None)
                await self._end(server, number)

    async def _end(self, server: str, number: int) -> None:
        try:
            await self.bus.request(f"$SYS.REQ.SERVER.{server}.KICK", json.dumps({"cid": number}).encode(), timeout=2)
        except RETRY as error:
            log.warning("connection %d not ended: %r", number, error)

    async def sweep(self) -> None:
        """End the connections of devices that are no longer registered; learn who is connected from the server."""
        connected = await self._who_is_there()
        self._connected = connected
        devices = sorted(set(connected.values()))
        live: set[str] = set()
        for start in range(0, len(devices), PAGE):
            live |= await self.gate.registry.live(devices[start : start + PAGE])
        for device in devices:
            if device not in live:
                log.warning("%s is no longer registered, connection ended", device)
                await self.kick(device)

    async def _who_is_there(self) -> dict[tuple[str, int], str]:
        found: dict[tuple[str, int], str] = {}
        offset = 0
        while True:
            asked = {"auth": True, "offset": offset, "limit": PAGE}
            answer = await self.bus.request("$SYS.REQ.SERVER.PING.CONNZ", json.dumps(asked).encode(), timeout=5)
            body = json.loads(answer.data)
            page = body["data"]["connections"] or []
            for line in page:
                if line.get("mqtt_client"):
                    device = str(line["mqtt_client"]).partition("/")[0]  # `admit` saw to it
                    found[body["server"]["id"], int(line["cid"])] = device
            offset += PAGE
            if len(page) < PAGE:
                return found


async def _sweep_for_ever(keeper: GateKeeper) -> None:
    while True:
        await asyncio.sleep(SWEEP_S)
        try:
            await keeper.sweep()
        except (*RETRY, RegistryError, KeyError, ValueError) as error:
            log.warning("connections not checked: %r", error)


@asynccontextmanager
async def guarding(home: Home, registry: Registry) -> AsyncIterator[GateKeeper]:
    """Answer logins until left."""
    bus = await connect(home, USER)
    keeper = GateKeeper(bus, Gate(registry), Issuer.of(home))
    await bus.subscribe(AUTH, cb=keeper.answer)
    await bus.flush(timeout=5)
    sweeping = asyncio.get_running_loop().create_task(_sweep_for_ever(keeper))
    try:
        yield keeper
    finally:
        sweeping.cancel()
        await bus.close()

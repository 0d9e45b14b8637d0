"""Who may log in: name and secret against the registry, lock-outs after guesses, and a limit on logins that wait."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final

from yongzhou.gateways.mqtt.hashes import DECOY, SECRET_MAX, Verifier
from yongzhou.gateways.mqtt.names import BadNameError, check_device
from yongzhou.gateways.mqtt.packets import Connect, Return
from yongzhou.gateways.mqtt.registry import Registry, RegistryError

log = logging.getLogger(__name__)

FAILURES: Final = 5
LOCKED_S: Final = 60.0
WATCHED: Final = 100_000
CHECKS_AT_ONCE: Final = 2  # a hash takes 50 ms of a core
LOGINS_MAX: Final = 400  # logins that wait; further ones are refused at once, their devices come again


class RefusedError(Exception):
    """A login that is not granted: what the device is told, and a text for the log."""

    def __init__(self, code: Return, reason: str) -> None:
        super().__init__(reason)
        self.code = code


@dataclass(slots=True)
class _Failures:
    count: int = 0
    until: float = 0.0


@dataclass(slots=True)
class Gate:
    """Decides logins."""

    registry: Registry
    admitted: int = 0
    refused: int = 0
    _verifier: Verifier = field(default_factory=Verifier)
    _failures: OrderedDict[str, _Failures] = field(default_factory=OrderedDict)
    _checking: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(CHECKS_AT_ONCE))
    _waiting: int = 0

    async def admit(self, asked: Connect, peer: str) -> str:
        """The device's name; `RefusedError` otherwise.

        The client id is the device's name, or begins with it and a slash: a client id owns the session, so one
        device must not be able to take another's.
        """
        try:
            device = await self._decide(asked)
        except RefusedError as refusal:
            self.refused += 1
            log.warning("%s from %s refused: %s", asked.user[:64], peer, refusal)
            raise
        self.admitted += 1
        return device

    async def _decide(self, asked: Connect) -> str:
        try:
            device = check_device(asked.user)
        except BadNameError as error:
            raise RefusedError(Return.BAD_LOGIN, str(error)) from error
        if asked.client_id != device and not asked.client_id.startswith(f"{device}/"):
            reason = f"client id {asked.client_id[:64]!r} is not {device!r} or {device + '/…'!r}"
            raise RefusedError(Return.BAD_CLIENT_ID, reason)
        now = time.monotonic()
        failures = self._failures.get(device)
        if failures is not None and failures.until > now:
            raise RefusedError(Return.BAD_LOGIN, "locked after repeated failures")
        if self._waiting >= LOGINS_MAX:
            raise RefusedError(Return.UNAVAILABLE, "too many logins at once")
        try:
            known = await self.registry.hash_of(device)
        except RegistryError as error:
            raise RefusedError(Return.UNAVAILABLE, str(error)) from error
        right = await self._check(known or DECOY, asked.secret[:SECRET_MAX])
        if not (right and known is not None):
            self._failed(device, now)
            raise RefusedError(Return.BAD_LOGIN, "unknown device or wrong secret")
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

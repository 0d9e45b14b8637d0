"""Stations that report until they are confirmed, on a thread of their own; every confirmed frame is remembered."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import TracebackType

from simulator.sl651_device import BEIJING, Device, body, number, upward
from yongzhou.core.home import Home
from yongzhou.core.wire import frame_identity

ELEMENTS = ("39", "26", "20", "38")


def report(station: str, serial: int, at: datetime) -> bytes:
    """A timed report of one station with four elements."""
    elements = number("39", 60 + serial % 7, 4, 3) + number("26", serial % 90, 3, 1)
    elements += number("20", 0.5, 3, 1) + number("38", 12.4, 2, 2)
    return upward(0x32, station, body(serial % 65_535 + 1, at, station, "H", at, elements))


@dataclass
class Stations:
    """Devices under way: `with Stations(home, addresses):` reports until the block ends, then waits for answers."""

    home: Home
    addresses: Sequence[str]
    pause: float = 0.05
    rounds: int | None = None
    acknowledged: dict[str, float] = field(default_factory=dict)  # identity (hex): seconds until confirmed
    attempts: int = 0
    failures: list[str] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Stations:
        self._thread = threading.Thread(target=lambda: asyncio.run(self._all()))
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    def wait(self) -> None:
        """Until all rounds are confirmed."""
        self._thread.join()

    async def _all(self) -> None:
        await asyncio.gather(*(self._one(address, n) for n, address in enumerate(self.addresses)))

    async def _one(self, address: str, place: int) -> None:
        device = Device(address, "H", "127.0.0.1", self.home.port_of("sl651"), timeout=3.0, attempts=60)
        begin = datetime.now(BEIJING).replace(microsecond=0) - timedelta(hours=12)
        await asyncio.sleep(self.pause * place / max(1, len(self.addresses)))
        serial = 0
        while not self._stop.is_set() and (self.rounds is None or serial < self.rounds):
            frame = report(address, serial, begin + timedelta(minutes=serial))
            sent = time.perf_counter()
            try:
                self.attempts += await device.deliver(frame)
            except ConnectionError as error:
                self.failures.append(str(error))
                break
            self.acknowledged[frame_identity(frame).hex()] = time.perf_counter() - sent
            serial += 1
            await asyncio.sleep(self.pause)
        await device.close()

"""`python -m simulator`: stations of the Xiaoshui and Xiangjiang report through the SL 651 door, life and storms."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import click

from simulator.mischief import LABELS, bad_frame
from simulator.sl651_device import BEIJING, CLASS_OF_KIND, Device, number
from simulator.stations import Station, read_stations
from simulator.storm import Basin, Reading

log = logging.getLogger("simulator")

PORT_OFFSET = 8  # the SL 651 door is the ninth port of the city's block
TIMED, EXTRA = 0x32, 0x33


@dataclass(slots=True)
class Instruments:
    """What one station remembers between reports.

    The observation time has minutes only and the later of two equal times wins, so the current rain is that of the
    running minute: the last report of a minute holds all of it.
    """

    minute: int = -1
    total_at_minute: float = 0.0
    last_total: float = 0.0

    def minute_rain(self, total: float, minute: int) -> float:
        """Rain in mm since the running minute began."""
        if minute != self.minute:
            self.minute, self.total_at_minute = minute, self.last_total
        self.last_total = total
        return round(total - self.total_at_minute, 1)


@dataclass(slots=True)
class Town:
    """Stations that share a basin and a clock."""

    basin: Basin
    host: str
    port: int
    interval: float
    started: float = field(default_factory=time.monotonic)
    sent: int = 0

    async def move(self) -> None:
        """Let the model follow the clock."""
        while True:
            self.basin.advance((time.monotonic() - self.started) * self.basin.pace - self.basin.at)
            await asyncio.sleep(0.5)

    async def live(self, station: Station, phase: float) -> None:
        """One station reports every `interval` seconds, for ever."""
        device = Device(station.address, CLASS_OF_KIND.get(station.kind, "H"), self.host, self.port)
        instruments = Instruments()
        device.now = lambda: elements_of(station, self.basin.read(station), 0.0)
        await asyncio.sleep(phase)
        while True:
            now = datetime.now(BEIJING)
            reading = self.basin.read(station)
            rain = instruments.minute_rain(reading.total, int(now.timestamp()) // 60)
            above = reading.level is not None and station.warning is not None and reading.level >= station.warning
            function = EXTRA if above or rain >= 1.0 else TIMED
            await device.report(function, now, elements_of(station, reading, rain))
            self.sent += 1
            await device.listen(self.interval)

    async def mischief(self, every: float) -> None:
        """A wrong frame now and then, each from a connection of its own."""
        victims = self.basin.stations
        for count in range(1_000_000_000):
            await asyncio.sleep(every)
            label, station = LABELS[count % len(LABELS)], victims[count % len(victims)]
            kind = CLASS_OF_KIND.get(station.kind, "H")
            device = Device(station.address, kind, self.host, self.port)
            log.info("有意的坏报文:%s,冒用站 %s", label, station.code)
            try:
                await device.send_raw(bad_frame(label, station.address, kind, datetime.now(BEIJING)))
                await asyncio.sleep(0.5)
            except OSError as error:
                log.info("door not open: %r", error)
            await device.close()

    async def tell(self) -> None:
        """Say twice a minute how things stand."""
        while True:
            await asyncio.sleep(30)
            over = [s.name for s in self.basin.stations if s.warning and (self.basin.level(s) or 0) >= s.warning]
            log.info("%d reports confirmed; above warning level: %s", self.sent, "、".join(over) or "none")


def elements_of(station: Station, reading: Reading, rain: float) -> bytes:
    """Elements of a report: rain and cumulative rain, level where there is one, voltage."""
    parts = [number("20", rain, 3, 1), number("26", reading.total % 99_999, 3, 1)]
    if reading.level is not None:
        parts.append(number("3B" if station.kind == "RR" else "39", reading.level, 4, 3))
    parts.append(number("38", 12.4, 2, 2))
    return b"".join(parts)


async def run(town: Town, bad_every: float) -> None:
    """Run until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    for number_ in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number_, stop.set)
    stations: Sequence[Station] = town.basin.stations
    jobs = [town.live(station, town.interval * n / len(stations)) for n, station in enumerate(stations)]
    if bad_every > 0:
        jobs.append(town.mischief(bad_every))
    tasks = [asyncio.create_task(job) for job in (town.move(), town.tell(), *jobs)]
    ended = asyncio.create_task(stop.wait())
    await asyncio.wait([ended, *tasks], return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        if task.done():
            task.result()  # a station that died is an error of the simulator: show it
        task.cancel()


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=int, default=lambda: int(os.environ.get("PORT") or 8600) + PORT_OFFSET, help="SL 651 door")
@click.option("--interval", default=5.0, show_default=True, help="seconds between two reports of a station")
@click.option("--pace", default=60.0, show_default=True, help="model seconds a second: 60 turns an hour into a minute")
@click.option("--seed", default=651, show_default=True)
@click.option("--bad-every", default=45.0, show_default=True, help="seconds between wrong frames, 0 for none")
def main(host: str, port: int, interval: float, pace: float, seed: int, bad_every: float) -> None:
    """Synthetic stations and storms (模拟数据)."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    town = Town(Basin(read_stations(), seed=seed, pace=pace), host, port, interval)
    asyncio.run(run(town, bad_every))


if __name__ == "__main__":
    main()

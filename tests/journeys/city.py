"""The city under test: its addresses, its people, its stations; everything goes through the public doors."""

from __future__ import annotations

import asyncio
import io
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

import pytest
import requests
from PIL import Image, ImageDraw
from playwright.sync_api import Page

from simulator.sl651_device import BEIJING, CLASS_OF_KIND, Device, number
from simulator.stations import Station, read_stations
from tests.support.browser import ROOT
from tests.support.homes import free_home
from yongzhou.core.home import Home

PASSWORD: Final = "yongzhou-demo"
BAISHUI: Final = "99431107"
SILENT: Final = "99431122"  # 舜陵 reports once only
WARNING: Final = 74.00  # cities/yongzhou/stations.csv
HERE: Final = (111.98500, 26.45500)
TIMED: Final = 0x32
EARLIER: Final = timedelta(minutes=20)
T = TypeVar("T")


@dataclass(slots=True)
class City:
    """One running city."""

    home: Home
    start_seconds: float
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    _devices: dict[str, Device] = field(default_factory=dict)

    def __post_init__(self) -> None:
        threading.Thread(target=self._loop.run_forever, daemon=True).start()

    @property
    def url(self) -> str:
        """The front's origin."""
        return f"http://localhost:{self.home.port_of('front')}"

    # --- people ---------------------------------------------------------------------------------------------------

    def sign_in(self, page: Page, login: str, path: str = "") -> Page:
        """Sign in by the form and open a page."""
        page.goto(f"{self.url}/login/")
        page.fill("input[name=username]", login)
        page.fill("input[name=password]", PASSWORD)
        page.click("form button.btn-main")
        page.wait_for_url(lambda url: "/login/" not in url)
        if path:
            page.goto(self.url + path)
        return page

    def api(self, login: str) -> requests.Session:
        """A client of the API with a token."""
        client = requests.Session()
        answer = client.post(f"{self.url}/api/sign-in", json={"name": login, "password": PASSWORD}, timeout=10)
        answer.raise_for_status()
        client.headers["Authorization"] = f"Bearer {answer.json()['token']}"
        return client

    def rows(self, login: str, resource: str, **query: str) -> list[dict[str, Any]]:
        """Rows of a record as a person sees them."""
        answer = self.api(login).get(f"{self.url}/api/records/{resource}", params=query, timeout=10)
        answer.raise_for_status()
        found: list[dict[str, Any]] = answer.json()["rows"]
        return found

    def row(self, login: str, resource: str, id: str) -> dict[str, Any]:
        """One record as a person sees it."""
        answer = self.api(login).get(f"{self.url}/api/records/{resource}/{id}", timeout=10)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found

    # --- stations -------------------------------------------------------------------------------------------------

    def report(
        self, code: str, level: float | None = None, *, rain: float = 0.0, ago: timedelta = timedelta(0)
    ) -> float:
        """One timed report of a station through the SL 651 door, confirmed; gives the second of its sending."""
        station = next(station for station in read_stations() if station.code == code)
        sent = time.time()
        self._run(self._send(station, level, rain, datetime.now(BEIJING) - ago))
        return sent

    def all_report(self) -> None:
        """Every station once, low water and no rain; what a journey reports is newer."""
        at = datetime.now(BEIJING) - EARLIER
        self._together([(station, 0.0, at) for station in read_stations()])

    def rain(self) -> None:
        """Rain on every station but the silent one in the last minutes, more in the south; low water still."""
        now = datetime.now(BEIJING)
        reports = [
            (station, round(2 + 20 * (27 - station.lat) / 2, 1), now - timedelta(minutes=minutes))
            for minutes in (4, 3)
            for station in read_stations()
            if station.code != SILENT
        ]
        for n in range(0, len(reports), len(reports) // 2):
            self._together(reports[n : n + len(reports) // 2])

    def _together(self, reports: list[tuple[Station, float, datetime]]) -> None:
        async def send() -> None:
            await asyncio.gather(*(self._send(one, low_water(one), rain, at) for one, rain, at in reports))

        self._run(send())

    async def _send(self, station: Station, level: float | None, rain: float, at: datetime) -> None:
        device = self._devices.setdefault(
            station.code,
            Device(
                station.address,
                CLASS_OF_KIND.get(station.kind, "H"),
                "127.0.0.1",
                self.home.port_of("sl651"),
                attempts=20,
            ),
        )
        parts = [number("20", rain, 3, 1), number("26", rain, 3, 1)]
        if level is not None:
            parts.append(number("3B" if station.kind == "RR" else "39", level, 4, 3))
        parts.append(number("38", 12.4, 2, 2))
        await device.report(TIMED, at, b"".join(parts))

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(60)

    def hang_up(self) -> None:
        """Close the stations' connections."""

        async def close() -> None:
            for device in self._devices.values():
                await device.close()

        self._run(close())


def low_water(station: Station) -> float | None:
    """A level a quarter of the way up to the warning line."""
    if station.base is None or station.warning is None:
        return None
    return round(station.base + (station.warning - station.base) / 4, 2)


def photo(words: str = "现场", size: tuple[int, int] = (1600, 1200)) -> dict[str, Any]:
    """A JPEG as a camera gives it, for `set_input_files`; the words make each one different."""
    picture = Image.new("RGB", size, (96, 128, 150))
    draw = ImageDraw.Draw(picture)
    for n, letter in enumerate(words):
        shade = ord(letter) % 200
        draw.rectangle((60 + 90 * n, 200 + shade, 130 + 90 * n, 900 + shade // 2), fill=(shade, 255 - shade, 90))
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=88)
    return {"name": f"{words}.jpg", "mimeType": "image/jpeg", "buffer": file.getvalue()}


def eventually(found: Callable[[], T | None], what: str, seconds: float = 15.0, every: float = 0.25) -> T:
    """Ask again and again until there is an answer."""
    deadline = time.monotonic() + seconds
    while True:
        if answer := found():
            return answer
        assert time.monotonic() < deadline, f"{seconds:.0f} s long no {what}"
        time.sleep(every)


OTHERS = ("DATABASE", "DATABASE_URL", "NATS_URL", "DATA", "PORT", "CITY", "YONGZHOU_FAMILY")


@contextmanager
def started(folders: pytest.TempPathFactory) -> Iterator[City]:
    """A whole family in a fresh home, every station has reported low water; stopped at the end."""
    home = free_home(folders.mktemp("city"))
    environment = {name: value for name, value in os.environ.items() if name not in OTHERS}
    environment["PYTHONPATH"] = os.pathsep.join((str(ROOT / "src"), str(ROOT)))
    command = [sys.executable, "-m", "tests.journeys.house", str(home.data), str(home.port)]
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin is not None
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, f"the family did not start; logs in {home.data / 'logs'}"
    made = City(home, float(line))
    made.all_report()
    yield made
    made.hang_up()
    process.stdin.close()
    process.wait(60)

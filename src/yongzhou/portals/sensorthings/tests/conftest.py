"""A committed city with three stations, an hour of observations in the lake, and a live server."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest

from tests.support.homes import free_home

T0 = datetime(2026, 6, 18, 0, 0, tzinfo=UTC)
COUNT = 60


@dataclass
class City:
    things: list[object]
    numbers: list[int]
    elsewhere: int


@pytest.fixture(scope="module")
def city(committed_db: str) -> Iterator[City]:
    from yongzhou.core.catalogue import reader
    from yongzhou.core.data.geometry import point
    from yongzhou.core.home import Home
    from yongzhou.core.lake import connect
    from yongzhou.core.lake.tables import FRAME, OBSERVATION
    from yongzhou.core.people.models import Role, RoleGrant
    from yongzhou.core.things.models import Datastream, Latest, Thing

    reader._lakes.clear()
    RoleGrant.objects.create(
        role=Role.objects.get(code="water_officer"), action="observe", resource="things.*", max_grade=2
    )
    things, numbers = [], []
    for n in range(3):
        region = "431127" if n == 2 else "431181"
        place = point(111.8 + n / 10, 26.5)
        thing = Thing.objects.create(scheme="sta", code=f"S{n}", name=f"测点{n}", region=region, geometry=place)
        things.append(thing)
        for element, unit in (("level", "m"), ("rain", "mm")):
            number = 900_000 + len(numbers)
            Datastream.objects.create(
                number=number, thing=thing, door="sta", station=f"S{n}", element=element, observed=f"sta_{element}",
                name="水位" if element == "level" else "雨量", unit=unit,
            )  # fmt: skip
            numbers.append(number)
    rows = [
        (number, T0 + timedelta(minutes=n), n / 10 + place)
        for place, number in enumerate(numbers)
        for n in range(COUNT)
    ]
    lake = connect(Home.here())
    table = pa.table(
        [
            [row[0] for row in rows], [row[1] for row in rows], [row[2] for row in rows], [1] * len(rows),
            list(range(1, len(rows) + 1)), [b"0123456789abcdef"] * len(rows),
            [row[1] for row in rows], ["measured"] * len(rows),
        ],
        names=OBSERVATION.names,
    ).cast(OBSERVATION)  # fmt: skip
    lake.append(table, FRAME.empty_table(), stream="OBS", incarnation=T0, last_seq=len(rows))
    for place, number in enumerate(numbers):
        moment = T0 + timedelta(minutes=COUNT - 1)
        Latest.objects.create(
            datastream=number,
            phenomenon=moment,
            result=(COUNT - 1) / 10 + place,
            flag=1,
            origin="measured",
            received=moment,
        )
    yield City(things, numbers, numbers[4])
    lake.close()
    for opened in reader._lakes.values():
        opened.close()
    reader._lakes.clear()


@pytest.fixture(scope="module")
def server(city: City, committed_db: str) -> Iterator[str]:
    """Address of SensorThings on a live granian with the city's database."""
    from yongzhou.core.home import Home

    home = Home.here()
    port = free_home(home.data).port
    command = [
        *(sys.executable, "-m", "granian", "--host", "127.0.0.1", "--port", str(port), "--interface", "wsgi"),
        *("--workers", "1", "--no-ws", "--blocking-threads", "2", "--workers-kill-timeout", "3"),
        "yongzhou.house.wsgi:application",
    ]
    with (home.data / "sta-web.log").open("wb") as log:
        process = subprocess.Popen(command, env={**os.environ, "DATABASE": committed_db}, stdout=log, stderr=log)
    base = f"http://127.0.0.1:{port}/sta/v1.1"
    deadline = time.monotonic() + 60
    while True:
        try:
            urllib.request.urlopen(base, timeout=5)
        except urllib.error.HTTPError:
            break
        except OSError:
            assert time.monotonic() < deadline, "granian does not answer"
            time.sleep(0.2)
    yield base
    process.terminate()
    try:
        process.wait(timeout=20)
    finally:
        process.kill()  # a survivor would share the port with the next run

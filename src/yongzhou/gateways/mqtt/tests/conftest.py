"""A home of its own for each test that asks: bus, credentials, door process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from yongzhou.core.home import Home
from yongzhou.gateways.kit.testing import free_home
from yongzhou.gateways.mqtt.tests.support import Device, DoorProcess, House, credentials

DEVICES = ("pump-1", "pump-2", "flood", *(f"d{n}" for n in range(10)))


@pytest.fixture
def database(tmp_path: Path) -> Iterator[str]:
    own = Home.here()
    admin = own.dsn().replace(f"dbname={own.database}", "dbname=yongzhou")
    with credentials(admin, f"mqtt_{tmp_path.name[:40]}", {n: f"secret of {n}" for n in DEVICES}) as dsn:
        yield dsn


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(free_home(tmp_path))
    made.start()
    yield made
    made.kill()


@pytest.fixture
def door_process(house: House, database: str) -> Iterator[DoorProcess]:
    made = DoorProcess(house.home, database, MQTT_RATE="1e6", MQTT_BURST="1e6")
    yield made
    made.kill()


@pytest.fixture
def device(house: House) -> Iterator[Callable[..., Device]]:
    made: list[Device] = []

    def make(name: str, secret: str = "", client_id: str | None = None) -> Device:
        made.append(Device(house.home, name, secret, client_id))
        return made[-1]

    yield make
    for one in made:
        one.close()

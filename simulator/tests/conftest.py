"""An open SL 651 door with a bus of its own, as the devices see it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from yongzhou.gateways.kit.testing import NatsServer, free_home


@pytest.fixture
def nats_server(tmp_path: Path) -> Iterator[NatsServer]:
    server = NatsServer(free_home(tmp_path))
    server.start()
    yield server
    server.stop()

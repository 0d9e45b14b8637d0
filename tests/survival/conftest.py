"""One running city for all survival tests; its home is its own."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from tests.support.homes import free_home
from tests.survival.city import City


@pytest.fixture(scope="package")  # the environment is given back when the last of this folder is done
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    with pytest.MonkeyPatch.context() as patch:
        logging.getLogger("simulator").setLevel(logging.WARNING)  # each broken attempt is expected
        for name in ("DATABASE", "DATABASE_URL", "NATS_URL", "DATA", "PORT", "CITY"):
            patch.delenv(name, raising=False)
        made = City(free_home(tmp_path_factory.mktemp("survival")))
        made.start()
        yield made
        made.stop()

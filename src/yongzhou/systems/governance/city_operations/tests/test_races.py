"""Two at one moment, on a database where transactions really commit."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Barrier

import pytest
from django.db import connection

from yongzhou.systems.governance.city_operations.compute import compute_states
from yongzhou.systems.governance.city_operations.models import DOMAINS, StateVector

pytestmark = pytest.mark.usefixtures("committed_db")
NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture(autouse=True)
def _may_commit(django_db_blocker: object, committed_db: str):
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        yield


def test_the_minutes_round_and_a_person_compute_one_state() -> None:
    start = Barrier(4)

    def one(_: int) -> int:
        start.wait()
        try:
            return compute_states(NOW, ["4311", "431181"])
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as threads:
        changed = list(threads.map(one, range(4)))
    assert sorted(changed) == [0, 0, 0, 2 * len(DOMAINS)]
    assert StateVector.objects.filter(at=NOW).count() == 2 * len(DOMAINS)

"""Two at one moment, on a database where transactions really commit."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from yongzhou.systems.governance.water.models import FlashFloodVillage, FloodWarning
from yongzhou.systems.governance.water.operations import acknowledge_warning, lift_warning, raise_warning
from yongzhou.testing import events, people, run

pytestmark = pytest.mark.usefixtures("committed_db")


@pytest.fixture(autouse=True)
def _may_commit(django_db_blocker: object, committed_db: str):
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        yield
        FloodWarning.objects.all().delete()


def together(*work: Callable[[], object]) -> list[object]:
    """Run side by side from the same moment; an answer, or the error, of each."""
    start = Barrier(len(work))

    def one(task: Callable[[], object]) -> object:
        start.wait()
        try:
            return task()
        except Exception as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(work)) as threads:
        return list(threads.map(one, work))


def warn(who: object) -> object:
    village = FlashFloodVillage.objects.get(code="431181107257")  # 东川村, station 白水
    return run(raise_warning, who, village=village.pk, level="move", rain_mm=66.0, frame="0190")


def told(subject: str, warning: object) -> int:
    return sum(event["warning"] == str(warning) for event in events(subject))


def test_four_warn_one_village():
    cast = people()
    answers = together(*[lambda: warn(cast.duty)] * 4)
    assert sorted(answer.new for answer in answers) == [False, False, False, True]
    assert FloodWarning.objects.count() == 1
    assert told("ev.water.flood_warning.raised", answers[0].warning) == 1


def test_two_people_acknowledge_one_warning():
    cast = people()
    warning = warn(cast.duty).warning
    who = {"值班员接听": cast.duty, "水利员接听": cast.water_officer}
    answers = together(
        *[lambda n=note: run(acknowledge_warning, who[n], warning=warning, note=n) for note in who],
    )
    assert sorted(answer.new for answer in answers) == [False, True]
    row = FloodWarning.objects.get(pk=warning)
    assert row.acknowledged_by_id == who[row.acknowledged_note].id  # note and name are of the same call
    assert told("ev.water.flood_warning.acknowledged", warning) == 1


def test_a_warning_is_lifted_once():
    cast = people()
    warning = warn(cast.duty).warning
    answers = together(*[lambda: run(lift_warning, cast.water_officer, warning=warning, reason="雨停")] * 2)
    assert sorted(getattr(answer, "code", "done") for answer in answers) == ["done", "not_now"]
    assert told("ev.water.flood_warning.lifted", warning) == 1

"""Two at one moment, on a database where transactions really commit."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Barrier

import pytest
from django.db import connection

from yongzhou.core.data.actor import system
from yongzhou.core.things.models import Datastream, Thing
from yongzhou.engines.telemetry.models import Alarm, Rule
from yongzhou.systems.foundation.iot_sensing.models import AlarmHandling, DeviceCredential, MaintenanceOrder
from yongzhou.systems.foundation.iot_sensing.operations import (
    acknowledge_alarm,
    issue_credential,
    judge_alarm,
    register_datastream,
    register_thing,
    retire_thing,
)
from yongzhou.testing import people, run

pytestmark = pytest.mark.usefixtures("committed_db")
HOUSE = system("test")
THING = {"scheme": "test", "name": "路灯", "region": "431103"}
STREAM = {"door": "mqtt", "element": "lux", "observed": "illuminance", "name": "照度", "unit": "lx"}


@pytest.fixture(autouse=True)
def _may_commit(django_db_blocker: object, committed_db: str):
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        yield
        Alarm.objects.all().delete()  # one open alarm a rule and thing


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


def raised() -> Alarm:
    thing = Thing.objects.get(scheme="sl502", code="99431107")
    return Alarm.objects.create(
        rule=Rule.objects.filter(thing=thing).first(),
        thing=thing,
        region=thing.region,
        datastream=1,
        level="3",
        value=74.6,
        raised_at=datetime.now(UTC),
        origin="synthetic",
    )


def test_two_people_acknowledge_one_alarm():
    cast, alarm = people(), raised()
    answers = together(
        *[lambda who=who: run(acknowledge_alarm, who, alarm=alarm.pk) for who in (cast.duty, cast.water_officer)]
    )
    assert sorted(answer.new for answer in answers) == [False, True]
    assert AlarmHandling.objects.filter(alarm=alarm).count() == 1


def test_a_false_alarm_judged_twice_is_one_repair():
    cast, alarm = people(), raised()
    said = {"alarm": alarm.pk, "verdict": "false", "reason": "水尺读数 73.1 m", "repair": True}
    answers = together(*[lambda: run(judge_alarm, cast.duty, **said)] * 2)
    assert sorted(answer.new for answer in answers) == [False, True]
    assert MaintenanceOrder.objects.filter(cause="false_alarm").count() == 1


def test_one_device_registered_from_two_doors():
    answers = together(*[lambda: run(register_thing, HOUSE, **THING, code="R-1")] * 3)
    assert len({answer.thing for answer in answers}) == 1
    assert sorted(answer.new for answer in answers) == [False, False, True]


def test_numbers_of_datastreams_are_given_one_after_the_other():
    thing = run(register_thing, HOUSE, **THING, code="R-2").thing
    stations = [f"lamp-{n}" for n in range(4)]
    answers = together(
        *[lambda name=name: run(register_datastream, HOUSE, thing=thing, station=name, **STREAM) for name in stations]
    )
    assert len({answer.number for answer in answers}) == 4


def test_one_address_registered_twice_is_one_datastream():
    thing = run(register_thing, HOUSE, **THING, code="R-3").thing
    answers = together(*[lambda: run(register_datastream, HOUSE, thing=thing, station="one", **STREAM)] * 2)
    assert sorted(answer.new for answer in answers) == [False, True]
    assert Datastream.objects.filter(station="one").count() == 1


def test_of_two_keys_one_stays_valid():
    thing = run(register_thing, HOUSE, **THING, code="R-4").thing
    together(*[lambda name=name: run(issue_credential, HOUSE, thing=thing, name=name) for name in ("key-a", "key-b")])
    assert DeviceCredential.objects.filter(thing=thing, revoked_at__isnull=True).count() == 1


def test_a_thing_retires_once():
    thing = run(register_thing, HOUSE, **THING, code="R-5").thing
    answers = together(*[lambda: run(retire_thing, HOUSE, thing=thing, reason="拆除")] * 2)
    assert sorted(getattr(answer, "code", "done") for answer in answers) == ["done", "not_now"]

"""Health of all things in one statement; silences, outages, orders, recoveries."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from yongzhou.core.data.actor import system
from yongzhou.core.operations.context import Context
from yongzhou.core.things.models import Datastream, Latest, Thing
from yongzhou.systems.foundation.iot_sensing.models import MaintenanceOrder, Outage, Silence
from yongzhou.systems.foundation.iot_sensing.watch import settle, update_health, waiting
from yongzhou.testing import queries

pytestmark = pytest.mark.django_db
T0 = datetime.now(UTC)


@pytest.fixture
def city(db):
    """A gateway with three stations that report each minute, and one thing that stands alone; nothing else."""
    Thing.objects.filter(scheme="sl502").update(lifecycle="retired")
    gateway = Thing.objects.create(scheme="test", code="gw", name="网关", region="4311")
    things = {
        name: Thing.objects.create(
            scheme="test", code=name, name=name, region="431181", parent=gateway if name != "d" else None
        )
        for name in "abcd"
    }
    for number, thing in enumerate(things.values(), start=900_001):
        Datastream.objects.create(
            number=number,
            thing=thing,
            door="mqtt",
            station=thing.code,
            element="v",
            observed="voltage",
            name="电压",
            unit="V",
            period_s=60,
        )
    return things, gateway


def report(names, at, value=12.4, flag=1):
    for name in names:
        number = 900_001 + "abcd".index(name)
        Latest.objects.update_or_create(
            datastream=number,
            defaults={
                "phenomenon": at,
                "received": at,
                "result": value,
                "flag": flag,
                "origin": "synthetic",
                "frame": uuid4(),
            },
        )


def tick(seconds):
    """One round at T0 + seconds; the context with what it told."""
    ctx = Context(actor=system("test"), now=T0 + timedelta(seconds=seconds), op_id=uuid4())
    update_health(ctx.now)
    settle(ctx)
    return [event.subject.removeprefix("ev.iot_sensing.") for event in ctx.events if "iot_sensing" in event.subject]


def health(things):
    return [Thing.objects.get(pk=thing.pk).health for thing in things.values()]


def test_health_of_all_in_one_statement(city):
    things, _ = city
    report("a", T0)
    report("b", T0, value=11.0)
    report("c", T0, flag=3)
    with queries(max=1):
        changed = update_health(T0 + timedelta(seconds=180))
    assert health(things) == ["good", "low_battery", "suspect", "unknown"]
    assert len(changed) == 3  # unknown was unknown before
    assert update_health(T0 + timedelta(seconds=180)) == []
    update_health(T0 + timedelta(seconds=181))
    assert health(things) == ["offline", "offline", "offline", "unknown"]


def test_one_silent_thing_is_one_order(city):
    things, _ = city
    report("abcd", T0)
    tick(0)
    report("abc", T0 + timedelta(seconds=200))
    assert tick(200) == []  # within the grace
    report("abc", T0 + timedelta(seconds=300))
    assert tick(300) == ["thing.silenced"]
    assert tick(330) == []
    order = MaintenanceOrder.objects.get()
    assert (order.cause, order.thing_id, order.steward) == ("silence", things["d"].pk, "iot_sensing")
    report("d", T0 + timedelta(seconds=360))
    assert tick(365) == ["thing.recovered"]
    assert MaintenanceOrder.objects.get().state == "closed"
    assert Silence.objects.get().until is not None
    assert not waiting(T0 + timedelta(seconds=365))


def test_a_silent_gateway_is_one_outage(city):
    _, gateway = city
    report("abcd", T0)
    tick(0)
    report("d", T0 + timedelta(seconds=400))
    tick(250)
    assert tick(400) == ["outage.begun"]
    outage = Outage.objects.get()
    assert (outage.thing_id, outage.things) == (gateway.pk, 3)
    assert MaintenanceOrder.objects.get().cause == "outage"
    report("abd", T0 + timedelta(seconds=430))
    assert tick(440) == ["outage.ended"]
    assert MaintenanceOrder.objects.get().state == "closed"
    report("abd", T0 + timedelta(seconds=505))
    assert tick(505) == ["thing.silenced"]  # c stays silent: a case of its own


def test_a_child_that_falls_silent_later_joins_the_outage(city):
    report("abc", T0)
    report("d", T0)
    tick(0)
    tick(250)
    tick(400)
    assert set(Silence.objects.filter(outage__isnull=False).values_list("thing__code", flat=True)) == {"a", "b", "c"}
    assert Outage.objects.count() == 1

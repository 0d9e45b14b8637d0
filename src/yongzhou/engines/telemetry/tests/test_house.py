"""The pipeline on the house's own tables: latest values, alarms with their events, what a restart finds."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from yongzhou.core import wire
from yongzhou.core.home import Home
from yongzhou.core.lake import Lake, connect
from yongzhou.engines.telemetry.batch import Message
from yongzhou.engines.telemetry.pipeline import Pipeline
from yongzhou.engines.telemetry.tests.support import frame, message

START = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
BORN = START - timedelta(days=1)


@pytest.fixture(scope="module")
def lake(committed_db: str) -> Iterator[Lake]:
    lake = connect(Home.here())
    yield lake
    lake.close()


class Station:
    """A registered station with a level datastream (limit 50) and a reader of its own stream."""

    def __init__(self, lake: Lake) -> None:
        from yongzhou.core.things.models import Datastream, Thing

        self.lake = lake
        self.address = uuid4().hex[:10]
        self.thing = Thing.objects.create(scheme="test", code=self.address, name="白水站", region="431181")
        number = 1 + (Datastream.objects.order_by("-number").values_list("number", flat=True).first() or 0)
        self.stream = Datastream.objects.create(
            number=number, thing=self.thing, door="sl651", station=self.address, element="39", observed=self.address,
            name="水位", unit="m", limit=50.0, period_s=300,
        )  # fmt: skip
        self.incarnation = BORN + timedelta(microseconds=number)
        self.seq = 0
        self.begin()

    def begin(self) -> None:
        """A reader that knows nothing but what is stored."""
        from yongzhou.engines.telemetry.stores import HouseStores

        self.pipeline = Pipeline(self.lake, HouseStores(), self.incarnation)

    def send(self, minute: float, value: float, *, flag: int = 1, at: datetime | None = None) -> None:
        """One frame, in a window of its own."""
        self.seq += 1
        moment = at or START + timedelta(minutes=minute)
        received = START + timedelta(minutes=minute)
        one = frame(self.address, [("39", moment, value, flag)], raw=uuid4().bytes, received=received)
        self.take([Message(self.seq, "obs.sl651.1", message([one]))])

    def take(self, messages: list[Message]) -> None:
        """A window through both steps."""
        self.pipeline.follow(self.pipeline.store(messages))

    def latest(self) -> float | None:
        from yongzhou.core.things.models import Latest

        return Latest.objects.get(datastream=self.stream.number).result

    def rule(self, **options: object) -> None:
        from yongzhou.engines.telemetry.models import Rule

        Rule.objects.create(name="超警戒", observed=self.address, threshold="limit", margin=0.5, **options)
        assert self.pipeline.reload()

    def alarms(self) -> list[tuple[float, float | None]]:
        from yongzhou.engines.telemetry.models import Alarm

        return list(Alarm.objects.filter(thing=self.thing).order_by("raised_at").values_list("value", "cleared_value"))

    def facts(self) -> list[str]:
        from yongzhou.core.bus.models import Outbox

        return [
            row.subject for row in Outbox.objects.order_by("id") if row.data["data"].get("thing") == str(self.thing.pk)
        ]


@pytest.fixture
def station(lake: Lake) -> Station:
    return Station(lake)


def test_newest_moment_stands_whatever_the_order(station: Station) -> None:
    station.send(5, 2.0)
    station.send(6, 1.0, at=START)
    assert station.latest() == 2.0


def test_failed_or_wrongly_timed_never_replaces_a_sound_value(station: Station) -> None:
    station.send(0, 1.0)
    station.send(5, 2.0, flag=4)
    station.send(6, 3.0, at=START + timedelta(days=3))
    assert station.latest() == 1.0


def test_a_sound_value_replaces_an_unsound_newer_one(station: Station) -> None:
    station.send(6, 3.0, at=START + timedelta(days=3))
    station.send(7, 1.0)
    assert station.latest() == 1.0


def test_alarm_opens_once_and_closes_with_its_facts(station: Station) -> None:
    station.rule()
    for minute, value in enumerate([49.9, 50.0, 55.0, 49.6, 49.4]):
        station.send(minute, value)
    assert station.alarms() == [(50.0, 49.4)]
    assert station.facts() == ["ev.telemetry.alarm.raised", "ev.telemetry.alarm.cleared"]


def test_wrong_clock_and_failed_values_raise_nothing(station: Station) -> None:
    station.rule()
    station.send(0, 99.0, at=START + timedelta(days=3))
    station.send(1, 99.0, flag=4)
    assert station.alarms() == []


def test_open_alarm_and_run_survive_a_restart(station: Station) -> None:
    station.rule(hold=2)
    for minute, value in enumerate([51.0, 51.0, 49.0]):
        station.send(minute, value)
    station.begin()
    assert station.alarms() == [(51.0, None)]
    station.send(3, 49.1)
    assert station.alarms() == [(51.0, 49.1)]


def test_what_reached_the_lake_only_is_made_good_at_the_next_start(station: Station) -> None:
    """kill -9 between the lake's commit and the second step."""
    station.rule()
    station.send(0, 1.0)
    station.pipeline.stores.settle = _dies  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        station.send(1, 60.0)
    assert (station.latest(), station.alarms()) == (1.0, [])
    station.begin()
    assert (station.latest(), station.alarms()) == (60.0, [(60.0, None)])
    assert station.pipeline.position == 2


def test_an_alarm_closed_by_hand_may_be_raised_again(station: Station) -> None:
    from yongzhou.engines.telemetry.models import Alarm

    station.rule()
    station.send(0, 60.0)
    Alarm.objects.filter(thing=station.thing).update(cleared_at=START, cleared_value=0.0)
    assert station.pipeline.reload()
    assert not station.pipeline.reload()
    station.send(1, 61.0)
    assert station.alarms() == [(60.0, 0.0), (61.0, None)]


def test_bad_input_is_put_aside_with_its_reason_once(station: Station) -> None:
    from yongzhou.core.bus.models import Quarantine

    one = message([frame(station.address + "x", [("39", START, 1.0, 1)])])
    station.take([Message(1, "obs.sl651.1", one), Message(2, "obs.sl651.1", one)])
    row = Quarantine.objects.get(station=station.address + "x")
    assert "登记" in row.reason
    assert station.lake.position(wire.STREAM, station.incarnation) == 2


def test_quarantined_frames_come_in_after_registration(
    station: Station,
) -> None:
    from yongzhou.core.bus.models import Quarantine
    from yongzhou.core.bus.quarantine import payload_of
    from yongzhou.core.things.models import Datastream

    new = station.address + "y"
    station.take([Message(1, "obs.sl651.1", message([frame(new, [("39", START, 7.0, 1)])]))])
    station.stream.pk, station.stream.station = None, new
    Datastream.objects.create(
        number=station.stream.number + 500_000, thing=station.thing, door="sl651", station=new, element="39",
        observed="level", name="水位", unit="m",
    )  # fmt: skip
    assert station.pipeline.reload()
    payload = payload_of(Quarantine.objects.get(station=new))
    station.take([Message(2, "obs.sl651.replay", payload), Message(3, "obs.sl651.replay", payload)])
    found = station.lake.history([station.stream.number + 500_000], START, START + timedelta(minutes=1))
    assert found["result"].to_pylist() == [7.0]


def _dies(*_: object) -> set[int]:
    raise KeyboardInterrupt

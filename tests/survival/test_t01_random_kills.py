"""T1: kill -9 of a random member again and again under load; what was acknowledged is there, once."""

from __future__ import annotations

import random
import time
from functools import partial

import pytest

from tests.support.longform import LONG
from tests.survival.city import SEED, City, Watch, until
from tests.survival.clerk import Clerks
from tests.survival.devices import ELEMENTS, Stations
from tests.survival.machine import Share

pytestmark = pytest.mark.family

ROUNDS = 200 if LONG else 25
BACK_S = 10.0
STATIONS = [f"0071{n:06d}" for n in range(12)]
VICTIMS = ("web", "worker", "pump", "telemetry", "sl651", "nats", "postgres", "listener")


@pytest.fixture(scope="module")
def survived(city: City) -> tuple[City, Stations, Clerks, Watch]:
    """The city after 25 rounds and once it has come to rest."""
    print(f"seed {SEED}")
    dice = random.Random(SEED)
    city.register(STATIONS, ELEMENTS)
    watch, share = Watch(city.family), Share()
    bag: list[str] = []
    with Stations(city.home, STATIONS, pause=0.2) as stations, Clerks(city) as clerks:
        for _ in range(ROUNDS):
            bag = bag or dice.sample(VICTIMS, len(VICTIMS))  # each as often as the others
            began = time.monotonic()
            until(partial(watch.standing, bag), 60, f"one of {bag} is back")
            victim = watch.standing(bag)[-1]
            bag.remove(victim)
            watch.kill(victim)
            time.sleep(max(0.0, 1.0 - (time.monotonic() - began)))
        watch.join()
        watch.share = share.ours()
    until(lambda: city.one("select count(*) from core_outbox") == 0, 30, "the outbox is empty")
    return city, stations, clerks, watch


def test_every_member_is_back_in_ten_seconds(survived: tuple[City, Stations, Clerks, Watch]) -> None:
    away, share = survived[3].away, survived[3].share
    print({name: f"{max(s for n, s in away if n == name):.1f} s" for name in VICTIMS}, f"{share:.0%} of the machine")
    assert len(away) == ROUNDS
    assert [(name, seconds) for name, seconds in away if seconds * share > BACK_S] == []


def test_every_acknowledged_frame_is_in_the_lake_once(survived: tuple[City, Stations, Clerks, Watch]) -> None:
    city, stations, _, _ = survived
    print(f"{len(stations.acknowledged)} frames acknowledged after {stations.attempts} attempts")
    assert not stations.failures
    until(lambda: stations.acknowledged.keys() <= city.frames_in_lake("0071")[1], 30, "all frames are in the lake", 1.0)
    rows, identities = city.frames_in_lake("0071")
    assert rows == len(identities)


def test_every_observation_of_a_frame_is_in_the_lake_once(survived: tuple[City, Stations, Clerks, Watch]) -> None:
    with survived[0].lake() as ask:
        found = ask(
            "SELECT count(*), count(DISTINCT (datastream, phenomenon)), count(DISTINCT frame) FROM lake.observation"
            " WHERE frame IN (SELECT frame FROM lake.frame WHERE station LIKE '0071%')"
        )[0]
    assert found[0] == found[1] == found[2] * len(ELEMENTS)


def test_every_answered_operation_has_one_effect_and_one_audit_line(
    survived: tuple[City, Stations, Clerks, Watch],
) -> None:
    city, _, clerks, _ = survived
    print(f"{len(clerks.filed)} operations answered after {len(clerks.statuses)} requests")
    assert not clerks.failures
    assert len(clerks.filed) > 10
    reports = dict(
        city.sql("select text, count(*) from grid_governance_report where text like %s group by 1", "井盖缺失 %")
    )
    assert reports == {f"井盖缺失 {key}": 1 for key in clerks.filed}
    lines = city.one("select count(*) from core_audit_line where verb = 'grid_governance.report' and outcome = 'done'")
    assert lines == len(clerks.filed)


def test_every_fact_reached_its_subscriber_once(survived: tuple[City, Stations, Clerks, Watch]) -> None:
    city, _, clerks, _ = survived
    events = sorted({answer["event"] for answer in clerks.filed.values()})
    heard = "select key, count(*) from survival_note where kind = 'opened' and key = any(%s) group by 1"
    until(lambda: len(city.sql(heard, events)) == len(events), 30, "all facts are heard")
    assert {count for _, count in city.sql(heard, events)} == {1}

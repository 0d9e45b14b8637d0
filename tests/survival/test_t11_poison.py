"""T11: an event that nobody can handle and a job that always fails are parked after their tries; others go on."""

from __future__ import annotations

import pytest

from tests.survival.city import City, until

pytestmark = pytest.mark.family

SAID_TRIES = 3
JOB_TRIES = 5


def test_poison_event_is_parked_and_others_go_on(city: City) -> None:
    city.inside("say", "one", "poison", "two", "three")
    heard = "select key from survival_note where kind = 'said' order by key"
    until(lambda: [key for (key,) in city.sql(heard)] == ["one", "three", "two"], 20, "the sound events are handled")
    parked = "select tries, error from core_dead_letter where consumer = 'survival-said' and state = 'parked'"
    until(lambda: len(city.sql(parked)) == 1, 30, "the poison event is parked")
    tries, error = city.sql(parked)[0]
    assert tries == SAID_TRIES
    assert "没有人能办这件事" in error
    assert [key for (key,) in city.sql(heard)] == ["one", "three", "two"]


def test_poison_job_fails_after_its_tries_and_others_end(city: City) -> None:
    (poison,) = city.inside("submit", "survival.poison", 1)
    others = city.inside("submit", "survival.count", 3)
    state = "select state, attempt, error from core_job_run where id = %s"
    done = "select count(*) from core_job_run where id = any(%s::uuid[]) and state = 'done'"
    until(lambda: city.one(done, others) == len(others), 40, "the sound jobs end")
    until(lambda: city.sql(state, poison)[0][0] == "failed", 40, "the poison job is given up")
    _, attempt, error = city.sql(state, poison)[0]
    assert attempt == JOB_TRIES
    assert "这份任务每次都失败" in error

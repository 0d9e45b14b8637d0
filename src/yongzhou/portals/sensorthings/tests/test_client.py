"""The real client of FROST against the live server: list, filter, expand, history, create."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import frost_sta_client as fsc
import nats
import pytest
import requests

from yongzhou.core import wire
from yongzhou.core.home import Home
from yongzhou.core.people.city import DEMO_PASSWORD


@pytest.fixture
def service(server):
    def make(login: str = "water_officer") -> fsc.SensorThingsService:
        return fsc.SensorThingsService(server, auth_handler=fsc.AuthHandler(login, DEMO_PASSWORD))

    return make


def last_frame() -> dict[str, object]:
    async def read():
        home = Home.here()
        bus = await nats.connect(home.nats_url, user="house", password=home.secret("nats_house"))
        try:
            message = await bus.jetstream().get_last_msg(wire.STREAM, "obs.sta.0")
        finally:
            await bus.close()
        return wire.decode(message.data or b"").to_pylist()[0]

    return asyncio.run(read())


def test_list_filter_and_expand(service):
    things = (
        service()
        .things()
        .query()
        .filter("properties/scheme eq 'sta'")
        .expand("Datastreams")
        .orderby("name", "ASC")
        .list()
    )
    assert [thing.name for thing in things] == ["测点0", "测点1", "测点2"]
    assert [stream.name for stream in things.entities[0].datastreams.entities] == ["水位", "雨量"]


def test_find_and_follow(service, city):
    stream = service().datastreams().find(city.numbers[0])
    assert stream.unit_of_measurement.symbol == "m"
    found = stream.get_observations().query().filter("result ge 5.8").orderby("phenomenonTime", "ASC").list()
    assert [one.result for one in found] == [5.8, 5.9]


def test_history_over_several_pages(service, city):
    stream = service().datastreams().find(city.numbers[0])
    found = stream.get_observations().query().top(7).list()
    assert len(list(found)) >= 60


def test_created_observation_is_on_the_bus_when_201_comes(service, city):
    at = datetime(2026, 6, 18, 2, 0, tzinfo=UTC)
    made = fsc.Observation(phenomenon_time=at.isoformat(), result=7.25, datastream=fsc.Datastream(id=city.numbers[0]))
    service().create(made)
    assert made.id == f"{city.numbers[0]}-{round(at.timestamp() * 1e6)}"
    frame = last_frame()
    assert (frame["station"], frame["element"], frame["result"]) == ("S0", ["level"], [7.25])
    assert frame["phenomenon"] == [at]


def test_create_without_the_right_is_403(service, city):
    made = fsc.Observation(result=1.0, datastream=fsc.Datastream(id=city.numbers[0]))
    with pytest.raises(requests.HTTPError) as caught:
        service("duty").create(made)
    assert caught.value.response.status_code == 403


@pytest.mark.parametrize(
    ("number", "body", "status"),
    [
        (None, {"result": 1.0}, 400),
        (900_000, {}, 400),
        (900_000, {"result": "x"}, 400),
        (123_456_789, {"result": 1}, 404),
        (900_000, {"result": 1, "phenomenonTime": "2026-06-18T00:00:00"}, 400),
        (900_000, {"result": 1, "color": 1}, 400),
        (1, {"result": 1}, 409),
    ],
)
def test_a_body_that_says_nothing_is_refused(server, city, number, body, status):
    link = {} if number is None else {"Datastream": {"@iot.id": number}}
    response = requests.post(
        f"{server}/Observations", json={**body, **link}, auth=("water_officer", DEMO_PASSWORD), timeout=10
    )
    assert response.status_code == status, response.text
    assert response.json()["message"]

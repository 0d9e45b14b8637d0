"""Reading by right: entities, navigation, filters, pages, expansions, and how many queries they cost."""

from __future__ import annotations

import time
from urllib.parse import quote

import pytest
from django.test import Client

from yongzhou.core.people.city import DEMO_PASSWORD
from yongzhou.testing import queries

ROOT = "/sta/v1.1"


@pytest.fixture
def get(city):
    """GET as a person: `get("Things", "$top=1", login="duty")`."""

    def ask(path: str = "", words: str = "", *, login: str | None = "duty", status: int = 200, **headers):
        client = Client()
        if login:
            import base64

            pair = base64.b64encode(f"{login}:{DEMO_PASSWORD}".encode()).decode()
            headers["HTTP_AUTHORIZATION"] = f"Basic {pair}"
        address = f"{ROOT}/{path}" + ("?" + quote(words, safe="=&$(),;'/") if words else "")
        response = client.get(address, **headers)
        assert response.status_code == status, response.content.decode()[:500]
        return response.json()

    return ask


def names(body):
    return [row["name"] for row in body["value"]]


def test_nobody_gets_401_with_a_challenge(city):
    for path in ("", "/Things", "/Observations"):
        response = Client().get(ROOT + path)
        assert response.status_code == 401
        assert response["WWW-Authenticate"].startswith("Basic")


def test_wrong_password_is_401(get):
    get("Things", login=None, status=401, HTTP_AUTHORIZATION="Basic ZHV0eTp4")


def test_a_person_without_right_is_403(get):
    get("Things", login="citizen", status=403)


def test_service_root_lists_sets_and_conformance(get):
    body = get()
    assert {one["name"] for one in body["value"]} == {
        "Things", "Locations", "HistoricalLocations", "Datastreams", "Sensors", "ObservedProperties", "Observations",
        "FeaturesOfInterest",
    }  # fmt: skip
    assert any("filter" in one for one in body["serverSettings"]["conformance"])


def test_county_sees_its_own_things_only(get):
    assert names(get("Things", "$filter=properties/scheme eq 'sta'", login="officer_431181")) == ["测点0", "测点1"]
    assert len(names(get("Things", "$filter=properties/scheme eq 'sta'"))) == 3


def test_county_sees_its_own_observations_only(get, city):
    get(f"Datastreams({city.elsewhere})", login="officer_431181", status=404)
    get(f"Datastreams({city.elsewhere})/Observations", login="officer_431181", status=404)
    get(f"Observations('{city.elsewhere}-1781740800000000')", login="officer_431181", status=404)
    seen = get("Observations", f"$filter=Datastream/id eq {city.elsewhere}", login="officer_431181")
    assert seen["value"] == []


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("name eq '测点1'", ["测点1"]),
        ("name ne '测点1' and properties/scheme eq 'sta'", ["测点0", "测点2"]),
        ("startswith(name,'测') and endswith(name,'2')", ["测点2"]),
        ("substringof('点0',name)", ["测点0"]),
        ("contains(name,'点0')", ["测点0"]),
        ("properties/scheme eq 'sta' and not (properties/code gt 'S0')", ["测点0"]),
        ("tolower(properties/code) eq 's1' and properties/scheme eq 'sta'", ["测点1"]),
        ("Datastreams/properties/observed eq 'sta_level' and name lt '测点1'", ["测点0"]),
        ("geo.distance(location, geography'POINT(111.8 26.5)') lt 0.05 and properties/scheme eq 'sta'", ["测点0"]),
        ("st_within(location, geography'POLYGON((111.85 26,112.2 26,112.2 27,111.85 27,111.85 26))') and "
         "properties/scheme eq 'sta'", ["测点1", "测点2"]),
        ("properties/lastSeen eq null and properties/scheme eq 'sta'", ["测点0", "测点1", "测点2"]),
    ],
)  # fmt: skip
def test_filter_of_things(get, words, found):
    assert sorted(names(get("Things", f"$filter={words}"))) == found


@pytest.mark.parametrize(
    ("words", "word"),
    [
        ("name eq", "不完整"), ("nome eq 'x'", "没有属性"), ("name eq 5", "不能比较"), ("name and 1", "条件"),
        ("sleep(1) eq 1", "不支持"), ("name eq 'x", "不认识"), ("id eq 'x'; drop table", "不认识"),
    ],
)  # fmt: skip
def test_a_bad_filter_is_400_with_its_place_in_two_languages(get, words, word):
    body = get("Things", f"$filter={words}", status=400)
    assert word in body["message"]
    assert "at character" in body["message"]


def test_order_top_skip_select_count(get):
    body = get(
        "Things", "$filter=properties/scheme eq 'sta'&$orderby=name desc&$top=1&$skip=1&$count=true&$select=name"
    )
    assert body["@iot.count"] == 3
    assert [row["name"] for row in body["value"]] == ["测点1"]
    assert "properties" not in body["value"][0]
    assert "@iot.nextLink" in body


def test_pages_follow_each_other_without_loss(get):
    seen, link = [], "Datastreams?$filter=properties/door eq 'sta'&$top=2"
    while link:
        path, _, words = link.partition("?")
        body = get(path, words.replace("%20", " "))
        seen += [row["@iot.id"] for row in body["value"]]
        link = body.get("@iot.nextLink", "").partition(ROOT + "/")[2]
    assert seen == [900_000, 900_001, 900_002, 900_003, 900_004, 900_005]


def test_pages_of_observations_follow_each_other(get, city):
    seen, link = [], f"Datastreams({city.numbers[0]})/Observations?$top=25"
    while link:
        path, _, words = link.partition("?")
        body = get(path, words)
        seen += [row["phenomenonTime"] for row in body["value"]]
        link = body.get("@iot.nextLink", "").partition(ROOT + "/")[2]
    assert len(seen) == len(set(seen)) == 60
    assert seen == sorted(seen, reverse=True)


def test_observations_by_time_value_and_quality(get, city):
    words = "$filter=phenomenonTime ge 2026-06-18T00:10:00Z and phenomenonTime lt 2026-06-18T08:20:00+08:00"
    words += " and result gt 1.5"
    body = get(f"Datastreams({city.numbers[0]})/Observations", words + "&$orderby=phenomenonTime asc&$count=true")
    assert [row["result"] for row in body["value"]] == [1.6, 1.7, 1.8, 1.9]
    assert body["@iot.count"] == 4
    first = body["value"][0]
    assert first["phenomenonTime"] == "2026-06-18T00:16:00.000Z"
    assert first["resultQuality"]["flag"] == 1
    assert first["parameters"]["origin"] == "measured"


def test_observations_by_navigation_in_the_filter(get, city):
    body = get(
        "Observations", "$filter=Datastream/Thing/name eq '测点1' and result eq 2&$expand=Datastream,FeatureOfInterest"
    )
    (row,) = body["value"]
    assert row["Datastream"]["@iot.id"] == city.numbers[2]
    assert row["FeatureOfInterest"]["name"] == "测点1"
    assert row["FeatureOfInterest"]["feature"]["coordinates"] == [111.9, 26.5]


def test_a_bad_filter_of_observations_is_400(get):
    for words in ("result eq 'x'", "resutl gt 1", "result gt", "Datastream/x eq 1"):
        assert "at character" in get("Observations", f"$filter={words}", status=400)["message"]


def test_navigation_properties_values_and_refs(get, city):
    thing = str(city.things[0].pk)
    assert get(f"Things('{thing}')/Datastreams")["value"][0]["@iot.id"] == 900_000
    assert get("Datastreams(900000)/Thing")["@iot.id"] == thing
    assert get("Datastreams(900000)/ObservedProperty")["@iot.id"] == "sta_level"
    assert get("Datastreams(900000)/Sensor")["@iot.id"] == "sta"
    assert get("Datastreams(900000)/name") == {"name": "水位"}
    assert get(f"Things('{thing}')/Locations")["value"][0]["location"]["coordinates"] == [111.8, 26.5]
    assert get(f"Things('{thing}')/HistoricalLocations")["value"][0]["time"]
    ref = get(f"Things('{thing}')/Datastreams/$ref")["value"][0]
    assert ref["@iot.selfLink"].endswith("/sta/v1.1/Datastreams(900000)")
    assert get("ObservedProperties('sta_rain')/Datastreams", "$count=true")["@iot.count"] == 3
    assert get(f"Things('{thing}')/Datastreams(900000)/Observations", "$top=1")["value"][0]["result"] == 5.9
    one = get("Observations", "$filter=Datastream/id eq 900000&$top=1")["value"][0]
    assert get(f"Observations('{one['@iot.id']}')")["result"] == one["result"]
    assert get(f"Observations('{one['@iot.id']}')/Datastream")["name"] == "水位"


@pytest.mark.parametrize(
    "path",
    ["Nothing", "Things('x')", "Things(1)",
     "Datastreams(123456789)", "Datastreams(900000)/Nothing", "Datastreams(900000)/name/x",
     "Observations('1')", "Datastreams(99999999999999999999)",
     "Things('00000000-0000-0000-0000-000000000000')/Datastreams",
     "Datastreams(900001)/Observations('900000-1781740800000000')"],
)  # fmt: skip
def test_what_is_not_there_is_404(get, path):
    get(path, status=404)


LATEST = (
    "$expand=Datastreams($expand=Observations($top=1;$orderby=phenomenonTime desc))&$filter=properties/scheme eq 'sta'"
)


def test_latest_value_of_each_thing_is_cheap(get, city):
    get("Things", "$top=1")  # signs in and opens what is opened once
    with queries(max=8):
        body = get("Things", LATEST)
    assert [len(row["Datastreams"]) for row in body["value"]] == [2, 2, 2]
    assert body["value"][0]["Datastreams"][0]["Observations"][0]["result"] == 5.9
    began = time.perf_counter()
    get("Things", LATEST)
    assert time.perf_counter() - began < 0.2


def test_expanded_observations_are_bounded_and_linked(get, city):
    body = get(
        "Datastreams", "$filter=properties/door eq 'sta'&$expand=Observations($top=3;$orderby=result asc;$count=true)"
    )
    first = body["value"][0]
    assert [row["result"] for row in first["Observations"]] == [0.0, 0.1, 0.2]
    assert first["Observations@iot.count"] == 60
    path, _, words = first["Observations@iot.nextLink"].partition(ROOT + "/")[2].partition("?")
    assert [row["result"] for row in get(path, words.replace("%20", " "))["value"]] == [0.3, 0.4, 0.5]


def test_a_county_s_expansion_stays_in_the_county(get):
    body = get(
        "ObservedProperties", "$filter=id eq 'sta_level'&$expand=Datastreams($count=true)", login="officer_431181"
    )
    assert body["value"][0]["Datastreams@iot.count"] == 2


def test_count_of_observations_is_quick(get, city):
    began = time.perf_counter()
    body = get("Observations", "$count=true&$top=1&$filter=Datastream/properties/door eq 'sta'")
    assert body["@iot.count"] == 360
    assert time.perf_counter() - began < 1.0


def post(path, body, login="water_officer"):
    import base64

    pair = base64.b64encode(f"{login}:{DEMO_PASSWORD}".encode()).decode()
    return Client().post(f"{ROOT}/{path}", body, content_type="application/json", HTTP_AUTHORIZATION=f"Basic {pair}")


def test_other_addresses_and_methods_are_405(city):
    assert post("Sensors", {}).status_code == 405
    assert post("Things('x')/Locations", {}).status_code == 405
    assert Client().delete(f"{ROOT}/Things").status_code == 405


def test_registering_needs_its_right(city):
    body = {"name": "新测点", "properties": {"code": "N1", "region": "431181"}}
    assert post("Things", body, login="leader").status_code == 403


def test_a_thing_and_its_datastream_are_registered_by_the_operations_of_the_system(city):
    from yongzhou.core.people.actors import forget
    from yongzhou.core.people.models import Role, RoleGrant

    RoleGrant.objects.create(
        role=Role.objects.get(code="water_officer"), action="register", resource="things.*", max_grade=2
    )
    forget()
    place = {"encodingType": "application/geo+json", "location": {"type": "Point", "coordinates": [111.9, 26.4]}}
    body = {"name": "新测点", "properties": {"code": "N1", "region": "431181"}, "Locations": [place]}
    made = post("Things", body)
    assert made.status_code == 201, made.content.decode()
    assert made["Location"].endswith(f"Things('{made.json()['@iot.id']}')")
    stream = {
        "name": "水温",
        "unitOfMeasurement": {"name": "摄氏度", "symbol": "Cel", "definition": ""},
        "ObservedProperty": {"@iot.id": "water_temperature"},
    }
    under = post(f"Things('{made.json()['@iot.id']}')/Datastreams", stream)
    assert under.status_code == 201, under.content.decode()
    assert under.json()["properties"]["door"] == "sta"

"""The pages by Django's client: what they show, to whom, in how many queries."""

from __future__ import annotations

import io
from types import SimpleNamespace

import pytest
from django.test import Client
from PIL import Image

from yongzhou.core.data.actor import Actor
from yongzhou.systems.governance.grid_governance import operations as ops
from yongzhou.systems.governance.grid_governance.models import Event
from yongzhou.systems.governance.grid_governance.process_map import Edge, draw
from yongzhou.testing import queries, run

HERE = {"lon": 111.985, "lat": 26.455, "crs": "CGCS2000"}
DUTY = "/desk/grid_governance/duty/"


def client_of(who: Actor) -> Client:
    client = Client()
    session = client.session
    session["person"] = str(who.id)
    session.save()
    return client


@pytest.fixture
def event(cast: SimpleNamespace) -> Event:
    got = run(
        ops.report, cast.citizen, door="citizen", text="潘家街口井盖不见了<script>", address="白水镇潘家街口", **HERE
    )
    return Event.objects.get(pk=got.event)


def test_the_desk_shows_the_queue(cast: SimpleNamespace, event: Event):
    page = client_of(cast.duty).get(DUTY).content.decode()
    assert event.title in page
    assert "待签收" in page


def test_the_desk_costs_the_same_for_many(cast: SimpleNamespace, event: Event):
    for step in range(1, 6):
        run(ops.report, cast.citizen, door="citizen", text="路灯不亮", **{**HERE, "lat": 26.455 + 0.004 * step})
    client = client_of(cast.duty)
    client.get(DUTY)
    with queries(max=12):
        assert client.get(DUTY).status_code == 200


def test_the_event_page_tells_its_story_and_escapes(cast: SimpleNamespace, event: Event):
    page = client_of(cast.duty).get(event.get_absolute_url()).content.decode()
    assert "祁阳市城市管理和综合执法局" in page
    assert "这件事从哪里来" in page
    assert "&lt;script&gt;" in page
    assert "<script>" not in page.replace("<script type", "").replace("<script src", "")
    assert "周小梅" not in page


@pytest.mark.parametrize(
    ("login", "status"), [("officer_431181", 200), ("officer_431122", 404), ("outsider", 403), ("water_431181", 404)]
)
def test_who_may_open_it(cast: SimpleNamespace, event: Event, login: str, status: int):
    assert client_of(getattr(cast, login)).get(event.get_absolute_url()).status_code == status


def test_nobody_is_sent_to_sign_in(event: Event):
    assert Client().get(event.get_absolute_url()).status_code == 302


def test_only_possible_steps_are_offered(cast: SimpleNamespace, event: Event):
    page = client_of(cast.grid_worker).get(f"{event.get_absolute_url()}panel/").content.decode()
    assert "do/sign/" in page
    assert "do/suspend/" not in page


def test_a_form_moves_the_event(cast: SimpleNamespace, event: Event):
    client = client_of(cast.grid_worker)
    answer = client.post(f"{event.get_absolute_url()}do/sign/", {"row_version": event.row_version, "next": DUTY})
    assert (answer.status_code, answer["Location"]) == (302, DUTY)
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "green").save(out, "JPEG")
    out.seek(0)
    out.name = "现场.jpg"
    given = {"text": "已装好", "photos": out, "lon": "111.985", "lat": "26.455"}
    assert client.post(f"{event.get_absolute_url()}do/report_done/", given).status_code == 302
    assert Event.objects.get(pk=event.pk).state == "done"


def test_a_refused_form_says_why_on_the_page(cast: SimpleNamespace, event: Event):
    client = client_of(cast.grid_worker)
    stale = client.post(f"{event.get_absolute_url()}do/sign/", {"row_version": event.row_version - 1})
    assert (stale.status_code, "刚被别人修改过" in stale.content.decode()) == (412, True)
    late = client.post(f"{event.get_absolute_url()}do/report_done/", {"text": "好了"})
    assert late.status_code == 409


def test_a_strange_target_is_not_followed(cast: SimpleNamespace, event: Event):
    answer = client_of(cast.grid_worker).post(
        f"{event.get_absolute_url()}do/sign/", {"next": "https://elsewhere.example/"}
    )
    assert answer["Location"] == event.get_absolute_url()


def test_maps(cast: SimpleNamespace, event: Event):
    client = client_of(cast.duty)
    points = client.get("/desk/grid_governance/map/events.json").json()["features"]
    assert points[0]["geometry"]["coordinates"] == [111.985, 26.455]
    assert len(client.get("/desk/grid_governance/map/counties.json").json()["features"]) >= 11
    assert client_of(cast.officer_431122).get("/desk/grid_governance/map/events.json").json()["features"] == []


def test_the_bottleneck_page_draws_the_process(cast: SimpleNamespace, event: Event):
    run(ops.sign, cast.duty, event=event.pk)
    page = client_of(cast.duty).get("/desk/grid_governance/bottlenecks/").content.decode()
    assert "待签收到处置中" in page
    assert client_of(cast.officer_431122).get("/desk/grid_governance/bottlenecks/?days=x").status_code == 200


def test_the_map_escapes_and_leaves_out_the_unknown():
    svg = draw(["甲", "乙"], [Edge("甲", "乙", 3, 0.5, "<b>"), Edge("甲", "丙", 1, 0.1, "")])
    assert "&lt;b&gt;" in svg
    assert svg.count("<path") == 2  # one arrow and its tip

"""The 12345 door, patrols, grids, causes, groups, picture models."""

from __future__ import annotations

import io
from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
import shapely
from django.utils import timezone

from yongzhou.core.data.actor import system
from yongzhou.core.data.geometry import lon_lat
from yongzhou.core.places.models import Place
from yongzhou.systems.governance.grid_governance import operations as ops
from yongzhou.systems.governance.grid_governance.models import (
    Detection,
    Event,
    GridPost,
    GridProfile,
    HotlineCall,
    HotlineOrder,
    PatrolPoint,
    PatrolStop,
    PatrolTask,
    PictureModel,
    PointsEntry,
    RepeatCause,
    Report,
)
from yongzhou.systems.governance.grid_governance.tests.test_loop import HERE, done, filed, photo
from yongzhou.systems.governance.grid_governance.tests.test_pages import client_of
from yongzhou.testing import queries, refused, run

GRID = "431181107903"


def order(who: object, number: str = "YZ20260618000042", **more: Any) -> Any:
    given = {
        "number": number,
        "called_at": timezone.now() - timedelta(minutes=5),
        "kind": "help",
        "contact": "16100000012",
        "text": "潘家街口井盖不见了，晚上很危险",
        "address": "祁阳市白水镇潘家街口",
    }
    return run(ops.take_order, who, **{**given, **more})


def closed(cast: SimpleNamespace, event: UUID) -> None:
    done(cast, event)
    run(ops.verify, cast.verifier, event=event, passed=True, text="完好", photos=[photo()], **HERE)


def test_an_order_is_taken_once_and_placed_by_its_words(cast: SimpleNamespace):
    first, second = order(cast.hotline), order(cast.hotline)
    assert (first.new, second.new, first.order) == (True, False, second.order)
    row = Event.objects.get(pk=first.event)
    assert (row.region, row.type.code, row.unit.code) == ("431181107", "020101", "431181-CG")
    assert "白水镇" in first.placed
    assert row.reporter is None  # the seat is no reporter


def test_two_doors_with_one_cause_are_one_event(cast: SimpleNamespace):
    event = filed(cast.citizen).event
    got = order(cast.hotline, **HERE)
    assert (got.event, got.joined) == (event, True)


def test_a_question_needs_no_event(cast: SimpleNamespace):
    got = order(cast.hotline, kind="consult", text="社保怎么交", answer="请到政务大厅")
    assert (got.state, got.event, Event.objects.count()) == ("answered", None, 0)


def test_the_caller_stays_unknown_to_the_unit(cast: SimpleNamespace):
    got = order(cast.hotline, secret=True)
    assert Report.objects.get().contact == ""
    assert not HotlineOrder.visible_to(cast.citizen).filter(pk=got.order).exists()
    assert HotlineOrder.objects.get().contact != "16100000012"


def test_a_closed_event_is_called_back_and_unsolved_is_reopened(cast: SimpleNamespace):
    got = order(cast.hotline, **HERE)
    closed(cast, got.event)
    row = HotlineOrder.objects.get()
    assert (row.state, row.callback_due > timezone.now()) == ("callback", True)
    assert run(ops.call_back_order, cast.hotline, order=row.pk, reached=False).attempts == 1
    told = run(ops.call_back_order, cast.hotline, order=row.pk, reached=True, solved=False, text="还在响")
    assert (told.reopened, Event.objects.get(pk=got.event).state) == (True, "assigned")


def test_three_vain_calls_end_it(cast: SimpleNamespace):
    closed(cast, order(cast.hotline, **HERE).event)
    key = HotlineOrder.objects.get().pk
    assert [run(ops.call_back_order, cast.hotline, order=key, reached=False).state for _ in range(3)][-1] == "unreached"
    refused(ops.call_back_order, cast.hotline, because="不需要回访", order=key, reached=True)


def test_the_same_caller_about_a_closed_thing_is_a_repeat(cast: SimpleNamespace):
    closed(cast, order(cast.hotline, **HERE).event)
    again = order(cast.hotline, "YZ20260618000043", text="潘家街口井盖又没有了", **HERE)
    assert (again.repeat_of, again.after_close) == ("YZ20260618000042", True)
    other = order(cast.hotline, "YZ20260618000044", text="楼下烧烤占道摆摊", **HERE)
    assert (other.repeat_of, other.after_close) == ("", False)


def test_a_file_of_the_call_centre(cast: SimpleNamespace):
    text = "工单编号,来电时间,诉求类型,诉求内容,事发地址,联系电话\n"
    text += "GD0001,2026-11-20 09:30,求助,路灯不亮,祁阳市白水镇,16100000012\n"
    text += "GD0002,昨天,投诉,垃圾桶满了,祁阳市白水镇,\nGD0003,2026-11-20 10:00,闹事,垃圾桶满了,,\n"
    file = io.BytesIO(text.replace("2026-11-20", f"{timezone.now():%Y-%m-%d}").encode("gb18030"))
    file.name = "工单.csv"
    page = client_of(cast.hotline).post("/desk/grid_governance/hotline/import/", {"file": file}).content.decode()
    assert HotlineOrder.objects.get().number == "GD0001"
    assert "第 3 行：来电时间「昨天」读不懂" in page
    assert "第 4 行：诉求类型「闹事」不认识" in page


def test_calls_fill_in_and_pass_on(cast: SimpleNamespace):
    at = timezone.now() - timedelta(minutes=3)
    first = run(ops.record_call, cast.hotline, call_id="C-0001", queued_at=at)
    second = run(ops.record_call, cast.hotline, call_id="C-0001", queued_at=at, answered_at=at + timedelta(seconds=9))
    assert (first.call, first.new, second.new, second.wait_s) == (second.call, True, False, 9)
    refused(
        ops.record_call, cast.hotline, because="bad_time", call_id="C-0002", queued_at=at, answered_at=at - timedelta(1)
    )
    run(ops.transfer_call, cast.hotline, call=first.call, to="110")
    refused(ops.transfer_call, cast.hotline, because="已经转接", call=first.call, to="110")
    assert HotlineCall.objects.get().passed_to == "110"


def walked(cast: SimpleNamespace) -> PatrolTask:
    run(ops.plan_patrols, cast.duty, region=GRID)
    return PatrolTask.objects.get()


def test_a_day_is_planned_with_checks_and_open_events(cast: SimpleNamespace):
    filed(cast.citizen)
    task = walked(cast)
    kinds = set(PatrolStop.objects.values_list("kind", flat=True))
    assert (task.person_id, kinds) == (cast.grid_worker.id, {"check", "event"})
    assert task.planned_min <= task.limit_min
    assert task.value <= task.bound
    run(ops.plan_patrols, cast.duty, region=GRID)
    assert PatrolTask.objects.count() == 1  # planned anew, not doubled


def at(stop: PatrolStop) -> dict[str, Any]:
    lon, lat = lon_lat(stop.geometry)  # type: ignore[misc]
    return {"stop": stop.pk, "lon": lon, "lat": lat, "crs": "CGCS2000"}


def test_a_stop_wants_presence_and_a_problem_becomes_an_event(cast: SimpleNamespace):
    task = walked(cast)
    run(ops.start_patrol, cast.grid_worker, task=task.pk)
    stop = PatrolStop.objects.filter(kind="check").first()
    assert stop is not None
    far = {**at(stop), "lat": at(stop)["lat"] + 0.01}
    refused(ops.check_stop, cast.grid_worker, because="too_far", result="fine", **far)
    refused(ops.check_stop, cast.grid_worker, because="needs_place", stop=stop.pk, result="fine")
    given = {**at(stop), "result": "problem", "text": "垃圾桶满出来了"}
    told, again = (run(ops.check_stop, cast.grid_worker, **given) for _ in range(2))
    assert told.event is not None
    assert again.event == told.event
    assert Event.objects.get(pk=told.event).type.code == "030201"
    assert PatrolPoint.objects.get(pk=stop.point_id).checked_at is not None


def test_the_route_ends_with_its_last_stop_and_is_not_replanned(cast: SimpleNamespace):
    task = walked(cast)
    for stop in PatrolStop.objects.filter(task=task):
        run(ops.check_stop, cast.grid_worker, stop=stop.pk, result="skipped", text="大雨")
    task.refresh_from_db()
    assert task.state == "done"
    assert run(ops.plan_patrols, cast.duty, region=GRID).grids == 0


def test_the_walkers_page(cast: SimpleNamespace):
    task = walked(cast)
    client = client_of(cast.grid_worker)
    assert client.get("/desk/grid_governance/patrol/")["Location"].endswith(f"/patrol/{task.pk}/")
    client.post(f"/desk/grid_governance/patrol/{task.pk}/")
    stop = PatrolStop.objects.filter(task=task).first()
    assert stop is not None
    refused_page = client.post(f"/desk/grid_governance/patrol/stop/{stop.pk}/", {"result": "fine", "text": ""})
    assert (refused_page.status_code, "请打开定位" in refused_page.content.decode()) == (422, True)
    assert client_of(cast.outsider).get(f"/desk/grid_governance/patrol/{task.pk}/").status_code == 403


def grid() -> Place:
    return Place.objects.get(code=GRID, valid_to__isnull=True)


def test_a_grid_is_split_and_its_work_goes_along(cast: SimpleNamespace):
    event = filed(cast.citizen).event
    old = grid()
    west, south, east, north = shapely.from_wkb(bytes(old.geometry)).bounds
    middle = (west + east) / 2
    line = f"{middle},{south - 0.01} {middle},{north + 0.01}"
    refused(ops.split_grid, cast.duty, because="no_cut", grid=old.pk, line="111,24 111,25")
    got = run(ops.split_grid, cast.duty, grid=old.pk, line=line)
    assert (got.codes[0], len(got.grids), got.events_moved) == (GRID, 2, 1)
    row = Event.objects.get(pk=event)
    assert (row.grid_id in got.grids, row.region == row.grid.code) == (True, True)
    assert GridPost.objects.get(grid__code=GRID, grid__valid_to__isnull=True).person_id == cast.grid_worker.id
    new = filed(cast.citizen_elder, "路灯不亮", lon=HERE["lon"] + 0.01)
    assert Event.objects.get(pk=new.event).grid_id in got.grids
    refused(ops.split_grid, cast.duty, because="已停用", grid=old.pk, line=line)


def test_neighbours_are_joined_and_strangers_are_not(cast: SimpleNamespace):
    first = grid()
    far = Place.objects.get(code="431102001901")
    refused(ops.merge_grids, cast.duty, because="two_towns", into=first.pk, grids=[far.pk])
    touching = next(
        place
        for place in Place.objects.filter(kind="grid", code__startswith="4311811079").exclude(pk=first.pk)
        if __import__("shapely").from_wkb(bytes(place.geometry)).touches(shapely.from_wkb(bytes(first.geometry)))
    )
    got = run(ops.merge_grids, cast.duty, into=first.pk, grids=[touching.pk], reason="人口减少")
    touching.refresh_from_db()
    assert (touching.successor_id, touching.valid_to is not None) == (got.grids[0], True)
    assert GridProfile.objects.filter(ended__isnull=True, region__startswith="431181107").count() == 5


def trouble(cast: SimpleNamespace) -> RepeatCause:
    for step in range(4):
        event = filed(cast.duty, "潘家街口井盖不见了", door="staff", lon=HERE["lon"] + 1e-5 * step).event
        Event.objects.filter(pk=event).update(state="closed")
    run(ops.find_causes, system("causes"))
    return RepeatCause.objects.get(kind="place")


def test_the_third_time_at_one_place_is_a_cause_and_gets_a_cure(cast: SimpleNamespace):
    cause = trouble(cast)
    assert (cause.count, cause.type.code) == (4, "020101")
    told = run(ops.decide_cause, cast.duty, cause=cause.pk, adopt=True, text="换防盗井盖")
    cure = Event.objects.get(pk=told.event)
    assert (cure.state, cure.unit.code, cure.handle_hours) == ("assigned", "431181-CG", 80)
    run(ops.find_causes, system("causes"))
    assert RepeatCause.objects.get(kind="place").state == "adopted"
    refused(ops.decide_cause, cast.duty, because="已经立项", cause=cause.pk, adopt=False, text="算了")


def test_a_model_asks_when_unsure_and_is_shut_off_when_wrong(cast: SimpleNamespace):
    seen = {"model": "manhole", "version": "2.0.0", "camera": "c1", "at": timezone.now(), "lon": 111.985, "lat": 26.455}
    unsure = run(ops.detect, cast.duty, number="n-01", confidence=0.6, **seen)
    assert (unsure.asks, Event.objects.get(pk=unsure.event).state) == (True, "reported")
    run(ops.judge_detection, cast.duty, detection=unsure.detection, right=False)
    assert Event.objects.get(pk=unsure.event).state == "closed"
    model = PictureModel.objects.get(code="manhole")
    PictureModel.objects.filter(pk=model.pk).update(judged=9, wrong=2)
    sure = run(ops.detect, cast.duty, number="n-02", confidence=0.95, **seen)
    assert Event.objects.get(pk=sure.event).state == "assigned"
    run(ops.judge_detection, cast.duty, detection=sure.detection, right=False)
    refused(ops.detect, cast.duty, because="停用", number="n-03", confidence=0.95, **seen)
    assert Detection.objects.count() == 2


def test_a_model_whose_type_is_not_in_the_library_is_told(cast: SimpleNamespace):
    PictureModel.objects.filter(code="manhole").update(type_code="999999")
    seen = {"model": "manhole", "version": "2.0.0", "camera": "c1", "at": timezone.now(), "lon": 111.985, "lat": 26.455}
    refused(ops.detect, cast.duty, because="999999 不在事件库", number="n-01", confidence=0.9, **seen)


def test_a_wish_by_form_is_answered_and_points_are_given_once(cast: SimpleNamespace):
    until = timezone.now() + timedelta(days=3)
    notice = run(
        ops.publish_notice, cast.duty, kind="request", title="征集意见", text="请填", region="431181107", until=until
    ).notice
    reply = run(ops.reply_notice, cast.citizen, notice=notice, text="村口路灯不亮").reply
    told = run(ops.answer_reply, cast.duty, reply=reply, answer="已派单", as_event=True)
    assert Event.objects.get(pk=told.event).type.code == "020301"
    refused(ops.reply_notice, cast.citizen, because="已经答复", notice=notice, text="再说一次")
    event = filed(cast.citizen_elder).event
    closed(cast, event)
    assert PointsEntry.objects.get().person_id == cast.citizen_elder.id
    refused(ops.add_points, cast.duty, because="too_little", person=cast.citizen_elder.id, points=-6, reason="兑换")


@pytest.mark.parametrize("page", ["hotline", "pressure", "scorecard", "causes", "patrol", "grids", "bottlenecks"])
def test_pages_open_for_the_desk_and_not_for_strangers(cast: SimpleNamespace, page: str):
    filed(cast.citizen)
    address = f"/desk/grid_governance/{page}/"
    client = client_of(cast.duty)
    client.get(address)
    with queries(max=26):
        assert client.get(address).status_code == 200
    assert client_of(cast.outsider).get(address).status_code == 403


def test_every_point_opens_its_events(cast: SimpleNamespace):
    event = filed(cast.citizen).event
    run(ops.sign, cast.grid_worker, event=event)
    client = client_of(cast.duty)
    page = client.get("/desk/grid_governance/scorecard/").content.decode()
    assert "measure=signed" in page
    rows = client.get("/desk/grid_governance/scorecard/rows/?unit=431181-CG&measure=signed").content.decode()
    assert Event.objects.get(pk=event).title in rows
    assert client.get("/desk/grid_governance/scorecard/?month=xx").status_code == 400
    assert client.get("/desk/grid_governance/scorecard/rows/?unit=431181-CG&measure=x").status_code == 404


def test_the_history_leaves_as_xes(cast: SimpleNamespace):
    filed(cast.citizen)
    answer = client_of(cast.duty).get("/desk/grid_governance/bottlenecks/history.xes")
    text = answer.content.decode()
    assert text.count("<trace>") == 1
    assert 'value="待签收"' in text

"""The loop on a real database: from a report or an alarm to a closed, rated event, and every refusal on the way."""

from __future__ import annotations

import io
from datetime import timedelta
from types import SimpleNamespace
from uuid import UUID

import pytest
from django.utils import timezone
from PIL import Image

from yongzhou.core.data.actor import system
from yongzhou.core.data.files import keep_photo
from yongzhou.core.inbox.models import Message
from yongzhou.core.matters.models import MatterStep
from yongzhou.core.people.models import Unit
from yongzhou.systems.governance.grid_governance import operations as ops
from yongzhou.systems.governance.grid_governance.models import Event, EventType, GridPost, Rejection, Report
from yongzhou.systems.governance.grid_governance.operations.recognise import Reported
from yongzhou.testing import events, refused, run

HERE = {"lon": 111.985, "lat": 26.455, "crs": "CGCS2000"}  # 白水镇第3网格


def photo(colour: str = "grey") -> dict[str, object]:
    out = io.BytesIO()
    Image.new("RGB", (64, 48), colour).save(out, "JPEG")
    return dict(keep_photo(io.BytesIO(out.getvalue()), name="现场.jpg").row())


def filed(who: object, text: str = "潘家街口井盖不见了，晚上很危险", **more: object) -> Reported:
    given = {"text": text, "door": "citizen", "address": "白水镇潘家街口", "photos": [photo()], **HERE, **more}
    return run(ops.report, who, **given)


def done(cast: SimpleNamespace, event: UUID) -> None:
    run(ops.sign, cast.grid_worker, event=event)
    run(ops.report_done, cast.grid_worker, event=event, text="新井盖已装好", photos=[photo("green")], **HERE)


def state(event: UUID) -> str:
    return Event.objects.get(pk=event).state


def test_the_city_has_its_event_library_and_the_worker_his_grid(cast: SimpleNamespace):
    assert EventType.objects.count() == 47
    assert list(GridPost.objects.values_list("grid__code", "person")) == [("431181107903", cast.grid_worker.id)]


def test_a_citizens_report_ends_rated(cast: SimpleNamespace):
    got = filed(cast.citizen)
    event = Event.objects.get(pk=got.event)
    assert (got.state, got.unit, event.type.code, event.region) == (
        "assigned",
        "祁阳市城市管理和综合执法局",
        "020101",
        "431181107903",
    )
    assert event.handler_id == cast.grid_worker.id
    done(cast, got.event)
    run(ops.verify, cast.verifier, event=got.event, passed=True, text="现场完好", photos=[photo("blue")], **HERE)
    run(ops.rate, cast.citizen, event=got.event, stars=5)
    event.refresh_from_db()
    assert (event.state, event.rating, event.verifier_id) == ("closed", 5, cast.verifier.id)
    assert Message.objects.filter(person=cast.citizen.id).count() >= 3
    assert [
        len(events(f"ev.core.matter.{name}")) for name in ("opened", "assigned", "verified", "closed", "rated")
    ] == [1] * 5


def test_the_handler_cannot_check_himself(cast: SimpleNamespace):
    got = filed(cast.citizen)
    run(ops.sign, cast.duty, event=got.event)
    run(ops.report_done, cast.duty, event=got.event, text="已处理", photos=[photo()], **HERE)
    refused(ops.verify, cast.duty, because="same_person", event=got.event, passed=True, text="完好", photos=[photo()])


def test_who_helped_earlier_cannot_check_either(cast: SimpleNamespace):
    got = filed(cast.citizen)
    run(ops.sign, cast.duty, event=got.event)
    run(ops.report_done, cast.grid_worker, event=got.event, text="已处理", photos=[photo()], **HERE)
    refused(ops.verify, cast.duty, because="same_person", event=got.event, passed=True, text="完好", photos=[photo()])


def test_the_same_door_and_number_is_the_same_report(cast: SimpleNamespace):
    first, second = (filed(cast.citizen, external_id="phone-1") for _ in range(2))
    assert (first.report, first.new, second.new) == (second.report, True, False)
    assert Report.objects.count() == Event.objects.count() == 1


def test_somebody_elses_number_tells_nothing(cast: SimpleNamespace):
    filed(cast.citizen, external_id="phone-1")
    with pytest.raises(Exception, match="已被使用"):
        filed(cast.citizen_elder, external_id="phone-1")


def test_a_second_voice_joins_the_first_and_both_may_rate(cast: SimpleNamespace):
    first, second = filed(cast.citizen), filed(cast.citizen_elder, "潘家街口的井盖不见了")
    assert second.joined
    assert second.event == first.event
    assert Event.objects.get(pk=first.event).report_count == 2
    done(cast, first.event)
    run(ops.verify, cast.verifier, event=first.event, passed=True, text="完好", photos=[photo()], **HERE)
    run(ops.rate, cast.citizen, event=first.event, stars=5)
    run(ops.rate, cast.citizen_elder, event=first.event, stars=2)
    assert Event.objects.get(pk=first.event).rating == 4  # the mean of 5 and 2, rounded half to even


def test_a_doubtful_likeness_is_asked_before_and_shown_after(cast: SimpleNamespace):
    first = filed(cast.citizen)
    near = {**HERE, "lon": HERE["lon"] + 17 / 99_547, "text": "街角少了井盖，有没有井盖也没人管"}
    asked = run(ops.look_alike, cast.citizen_elder, **near)
    assert [similar.event for similar in asked.similar] == [first.event]
    second = filed(cast.citizen_elder, **near)
    assert (second.new, Event.objects.get(pk=second.event).similar[0]["number"]) == (True, first.number)


def test_the_citizen_may_say_it_is_the_same(cast: SimpleNamespace):
    first = filed(cast.citizen)
    second = filed(cast.citizen_elder, "有没有井盖也没人管", lon=HERE["lon"] + 17 / 99_547, same_as=first.event)
    assert second.event == first.event


def test_nobody_knows_what_it_is(cast: SimpleNamespace):
    got = filed(cast.citizen, "我对办事态度不满意")
    assert (got.state, got.sure, got.unit) == ("reported", False, "")
    refused(ops.accept, cast.duty, because="no_type", event=got.event)
    run(ops.accept, cast.duty, event=got.event, type="990000")
    assert (state(got.event), Event.objects.get(pk=got.event).unit.code) == ("assigned", "431181107-ZF")


@pytest.mark.parametrize(
    ("given", "because"),
    [
        ({"lon": 113.0, "lat": 28.2}, "outside"),  # Changsha
        ({"lon": 111.985}, "invalid"),
        ({"photos": [{"sha256": "0" * 64}]}, "no_photo"),
        ({"type": "000000"}, "bad_type"),
        ({"door": "staff"}, "wrong_door"),
        ({"text": "啊"}, "invalid"),
    ],
)
def test_bad_reports_are_told_what_to_mend(cast: SimpleNamespace, given: dict[str, object], because: str):
    body = {"text": "井盖不见了", "door": "citizen", **HERE, **given}
    if given == {"lon": 111.985}:
        body.pop("lat")
    refused(ops.report, cast.citizen, because=because, **body)
    assert Event.objects.count() == 0


def test_swapped_coordinates_and_gcj02_are_read(cast: SimpleNamespace):
    swapped = filed(cast.citizen, lon=HERE["lat"], lat=HERE["lon"])
    assert Event.objects.get(pk=swapped.event).region == "431181107903"


def test_an_old_photograph_from_elsewhere_is_doubted(cast: SimpleNamespace):
    old = {**photo(), "taken_at": "2025-06-01T10:00:00", "lon_lat": [112.2, 26.0]}
    got = filed(cast.citizen, photos=[old])
    assert len(Report.objects.get(pk=got.report).doubts) == 2


def test_one_man_reports_twenty_times_an_hour(cast: SimpleNamespace):
    got = filed(cast.citizen)
    at = timezone.now()
    Report.objects.bulk_create(
        Report(event_id=got.event, region="431181", reporter_id=cast.citizen.id, text="x", at=at) for _ in range(19)
    )
    refused(ops.report, cast.citizen, because="too_many", text="井盖不见了", door="citizen", **HERE)


def test_strangers_are_refused(cast: SimpleNamespace):
    got = filed(cast.citizen)
    for actor in (cast.officer_431122, cast.outsider, cast.citizen_elder, cast.city_manager):
        refused(ops.sign, actor, because="没有", event=got.event)
    refused(ops.rate, cast.outsider, because="没有", event=got.event, stars=1)
    run(ops.sign, cast.officer_431181, event=got.event)


def test_the_reporter_stays_hidden_from_the_unit(cast: SimpleNamespace):
    from yongzhou.core.data.present import present

    got = filed(cast.citizen, contact="16100000012")
    report, event = Report.objects.get(pk=got.report), Event.objects.get(pk=got.event)
    shown = {**present(report, cast.grid_worker), "event.reporter": present(event, cast.grid_worker)["reporter"]}
    assert [shown[name].masked for name in ("reporter", "contact", "event.reporter")] == [True] * 3
    assert "16100000012" not in str(Report.objects.values_list("contact").get(pk=got.report))


def test_done_needs_photograph_place_and_nearness(cast: SimpleNamespace):
    got = filed(cast.citizen)
    run(ops.sign, cast.grid_worker, event=got.event)
    base = {"event": got.event, "text": "好了"}
    refused(ops.report_done, cast.grid_worker, because="needs_photo", **base, **HERE)
    refused(ops.report_done, cast.grid_worker, because="needs_place", **base, photos=[photo()])
    refused(ops.report_done, cast.grid_worker, because="too_far", **base, photos=[photo()], **{**HERE, "lat": 26.456})


def test_sending_back_twice_calls_a_ruling(cast: SimpleNamespace):
    got = filed(cast.citizen)
    refused(ops.reject, cast.duty, because="invalid", event=got.event, clause="")
    run(ops.reject, cast.duty, event=got.event, clause="权责清单 3.2：由市级负责")
    run(ops.assign, cast.duty, event=got.event)
    assert Event.objects.get(pk=got.event).unit.code == "4311-CG"
    run(ops.reject, cast.city_manager, event=got.event, clause="权责清单 3.3：由县级负责")
    assert Event.objects.get(pk=got.event).arbitration == "open"
    refused(ops.assign, cast.duty, because="needs_ruling", event=got.event)
    unit = Unit.objects.get(code="431181-CG")
    run(ops.assign, cast.duty, event=got.event, unit=unit.pk, clause="会商纪要第 1 号")
    refused(ops.reject, cast.duty, because="裁定", event=got.event, clause="还是不归我们")
    assert Rejection.objects.count() == 2


def test_sending_back_has_a_limit(cast: SimpleNamespace):
    got = filed(cast.citizen)
    Event.objects.filter(pk=got.event).update(assigned_at=timezone.now() - timedelta(days=20))
    refused(ops.reject, cast.duty, because="退单时限", event=got.event, clause="权责清单 3.2")


def test_joint_units_finish_before_it_is_done(cast: SimpleNamespace):
    got = filed(cast.citizen)
    run(ops.sign, cast.grid_worker, event=got.event)
    run(ops.add_co_unit, cast.duty, event=got.event, unit=cast.water_431181.unit, task="排水")
    refused(
        ops.report_done,
        cast.grid_worker,
        because="祁阳市水利局",
        event=got.event,
        text="好了",
        photos=[photo()],
        **HERE,
    )
    from yongzhou.systems.governance.grid_governance.models import CoTask

    task = CoTask.objects.get()
    assert run(ops.finish_co_task, cast.water_431181, task=task.pk, result="已排干").open == 0
    run(ops.report_done, cast.grid_worker, event=got.event, text="好了", photos=[photo()], **HERE)


def test_a_child_follows_its_parent_and_can_be_taken_out(cast: SimpleNamespace):
    parent = filed(cast.citizen)
    child = filed(cast.citizen_elder, lon=HERE["lon"] + 0.002)
    due = Event.objects.get(pk=child.event).due
    run(ops.merge, cast.duty, event=child.event, into=parent.event)
    assert (state(child.event), Event.objects.get(pk=parent.event).report_count) == ("merged", 2)
    run(ops.unmerge, cast.duty, event=child.event)
    again = Event.objects.get(pk=child.event)
    assert (again.state, again.parent_id, again.due) == ("assigned", None, due)
    run(ops.merge, cast.duty, event=child.event, into=parent.event)
    done(cast, parent.event)
    run(ops.verify, cast.verifier, event=parent.event, passed=True, text="完好", photos=[photo()], **HERE)
    assert Message.objects.filter(person=cast.citizen_elder.id, text__contains="已办结").exists()
    run(ops.rate, cast.citizen_elder, event=child.event, stars=3)


def test_stop_extend_and_reopen(cast: SimpleNamespace):
    got = filed(cast.citizen)
    run(ops.sign, cast.grid_worker, event=got.event)
    accepted = Event.objects.get(pk=got.event).accepted_at
    run(ops.suspend, cast.duty, event=got.event, reason="weather")
    run(ops.resume, cast.duty, event=got.event)
    assert Event.objects.get(pk=got.event).accepted_at == accepted
    first = Event.objects.get(pk=got.event).due
    run(ops.extend, cast.duty, event=got.event, hours=4, reason="配件待运")
    assert Event.objects.get(pk=got.event).due > first
    refused(ops.extend, cast.duty, because="延期过一次", event=got.event, hours=1, reason="再等")
    run(ops.report_done, cast.grid_worker, event=got.event, text="好了", photos=[photo()], **HERE)
    run(ops.verify, cast.verifier, event=got.event, passed=True, text="完好", photos=[photo()], **HERE)
    run(ops.reopen, cast.citizen, event=got.event, reason="又不见了")
    event = Event.objects.get(pk=got.event)
    assert (event.state, event.reopen_count, event.due > event.first_due) == ("assigned", 1, True)


def test_after_seven_days_only_an_officer_reopens(cast: SimpleNamespace):
    got = filed(cast.citizen)
    done(cast, got.event)
    run(ops.verify, cast.verifier, event=got.event, passed=True, text="完好", photos=[photo()], **HERE)
    Event.objects.filter(pk=got.event).update(closed_at=timezone.now() - timedelta(days=8))
    refused(ops.reopen, cast.citizen, because="7 天", event=got.event, reason="又坏了")
    run(ops.reopen, cast.duty, event=got.event, reason="又坏了")


def test_a_failed_check_goes_back(cast: SimpleNamespace):
    got = filed(cast.citizen)
    done(cast, got.event)
    run(ops.verify, cast.verifier, event=got.event, passed=False, text="盖子不平")
    event = Event.objects.get(pk=got.event)
    assert (event.state, event.done_at, event.next_rung_at is not None) == ("handling", None, True)


def test_the_clock_climbs_its_rungs(cast: SimpleNamespace):
    got = filed(cast.citizen)
    long_ago = timezone.now() - timedelta(hours=7)
    Event.objects.filter(pk=got.event).update(clock_from=long_ago, next_rung_at=long_ago, accept_due=long_ago)
    answer = run(ops.escalate, system("watch"))
    event = Event.objects.get(pk=got.event)
    assert (answer.escalated, answer.late, event.rung, event.next_rung_at) == (1, 1, 4, None)
    assert [fact["rung"] for fact in events("ev.grid_governance.event.escalated")] == [0, 4]
    assert run(ops.escalate, system("watch")).escalated == 0


def test_what_stands_too_long_runs_again(cast: SimpleNamespace):
    from yongzhou.systems.governance.grid_governance.models import ClockStop

    got = filed(cast.citizen)
    run(ops.suspend, cast.duty, event=got.event, reason="weather")
    ClockStop.objects.update(latest=timezone.now() - timedelta(minutes=1))
    assert run(ops.escalate, system("watch")).resumed == 1
    assert state(got.event) == "assigned"


def test_an_edit_of_an_old_version_is_refused(cast: SimpleNamespace):
    got = filed(cast.citizen)
    seen = Event.objects.get(pk=got.event).row_version
    run(ops.sign, cast.duty, event=got.event, row_version=seen)
    assert (
        refused(ops.suspend, cast.duty, because="stale", event=got.event, reason="weather", row_version=seen).status
        == 412
    )


def test_bottlenecks_are_found_in_the_histories(cast: SimpleNamespace):
    for step in range(3):
        done(cast, filed(cast.citizen, lon=HERE["lon"] + 0.002 * step).event) if step == 0 else filed(
            cast.citizen, lon=HERE["lon"] + 0.002 * step
        )
    assert MatterStep.objects.exists()
    found = run(ops.find_bottlenecks, system("mining"))
    assert found.findings >= 2
    assert len(events("ev.grid_governance.bottleneck.found")) == found.findings

"""Joint units, rulings, pressure: who has to act, by when, and what is refused."""

from __future__ import annotations

from datetime import datetime, timedelta
from types import SimpleNamespace
from uuid import UUID

import pytest
from django.utils import timezone

from yongzhou.core.calendar import SHANGHAI
from yongzhou.core.crypto.identity import uuid7
from yongzhou.core.data.actor import system
from yongzhou.core.operations.run import run as run_operation
from yongzhou.core.people.models import Unit
from yongzhou.systems.governance.grid_governance import operations as ops
from yongzhou.systems.governance.grid_governance.models import (
    Arbitration,
    CoTask,
    DutyItem,
    Event,
    Rejection,
    Supervision,
)
from yongzhou.systems.governance.grid_governance.tests.test_loop import HERE, done, filed, photo
from yongzhou.testing import refused, run


@pytest.fixture
def event(cast: SimpleNamespace) -> UUID:
    return filed(cast.citizen).event


def unit(code: str) -> Unit:
    return Unit.objects.get(code=code)


def joined(cast: SimpleNamespace, event: UUID, hours: float | None = 2) -> CoTask:
    run(ops.add_co_unit, cast.duty, event=event, unit=unit("431181-SL").pk, task="排水", hours=hours)
    return CoTask.objects.get(event=event)


def test_a_joint_unit_has_its_own_clock(cast: SimpleNamespace, event: UUID):
    task = joined(cast, event)
    main = Event.objects.get(pk=event)
    assert (task.due - task.at, main.due - main.opened_at) == (timedelta(hours=2), timedelta(hours=4))
    assert task.accept_due - task.at == timedelta(minutes=30)


def test_signing_and_finishing_a_joint_task(cast: SimpleNamespace, event: UUID):
    task = joined(cast, event)
    run(ops.sign_co_task, cast.water_431181, task=task.pk)
    refused(ops.reject_co_task, cast.water_431181, because="只有待签收", task=task.pk, clause="权责清单 SL-01")
    assert run(ops.finish_co_task, cast.water_431181, task=task.pk, result="已排干").state == "done"
    task.refresh_from_db()
    assert (task.signer_id, task.late) == (cast.water_431181.id, False)


def test_a_refused_joint_task_no_longer_blocks_and_can_be_asked_again(cast: SimpleNamespace, event: UUID):
    task = joined(cast, event)
    run(ops.reject_co_task, cast.water_431181, task=task.pk, clause="权责清单 SL-01：不含城区道路")
    run(ops.sign, cast.grid_worker, event=event)
    run(ops.report_done, cast.grid_worker, event=event, text="好了", photos=[photo()], **HERE)
    assert Event.objects.get(pk=event).state == "done"


def test_the_watch_presses_a_late_joint_unit(cast: SimpleNamespace, event: UUID):
    joined(cast, event)
    later = timezone.now() + timedelta(hours=2, minutes=1)
    looked = run_operation(ops.escalate, system("watch"), {}, door="test", now=later).output
    task = CoTask.objects.get()
    assert (looked.joint, task.rung, task.late) == (1, 3, True)


def test_joint_clocks_stand_with_the_main_one(cast: SimpleNamespace, event: UUID):
    task = joined(cast, event)
    run(ops.suspend, cast.duty, event=event, reason="weather")
    assert CoTask.objects.get().next_rung_at is None
    later = timezone.now() + timedelta(hours=1)
    run_operation(ops.resume, cast.duty, {"event": event}, door="test", now=later)
    assert CoTask.objects.get().due - task.due >= timedelta(minutes=59)


def test_a_rejection_quotes_the_list_and_names_the_owner(cast: SimpleNamespace, event: UUID):
    wrong, own = DutyItem.objects.get(code="GA-01"), DutyItem.objects.get(code="CG-01")
    refused(ops.reject, cast.duty, because="other_duty", event=event, duty=wrong.pk)
    refused(ops.reject, cast.duty, because="own_duty", event=event, duty=own.pk)
    run(ops.reject, cast.duty, event=event, duty=DutyItem.objects.get(code="CG-04").pk)
    row = Rejection.objects.get()
    assert (row.suggest.code, row.clause[:5]) == ("4311-CG", "CG-04")


def pushed(cast: SimpleNamespace, event: UUID) -> None:
    run(ops.reject, cast.duty, event=event, clause="权责清单 3.2：由市级负责")
    run(ops.assign, cast.duty, event=event)
    run(ops.reject, cast.city_manager, event=event, clause="权责清单 3.3：由县级负责")


def test_nobody_gets_back_what_he_sent_back_without_a_ruling(cast: SimpleNamespace, event: UUID):
    run(ops.reject, cast.duty, event=event, clause="权责清单 3.2：由市级负责")
    refused(ops.assign, cast.duty, because="pushed_around", event=event, unit=unit("431181-CG").pk)


def test_a_ruling_binds_in_one_working_day_and_teaches_the_rule(cast: SimpleNamespace, event: UUID):
    pushed(cast, event)
    row = Arbitration.objects.get()
    assert (row.units, row.decided_at) == (["431181-CG", "4311-CG"], None)
    run(ops.arbitrate, cast.duty, event=event, unit=unit("4311-CG").pk, clause="会商纪要第 1 号")
    row.refresh_from_db()
    assert "city:CG" in row.proposal
    assert Rejection.objects.get(unit__code="4311-CG").overturned
    refused(ops.reject, cast.city_manager, because="裁定", event=event, clause="还是不归我们")


def test_a_ruling_wants_a_rejection(cast: SimpleNamespace, event: UUID):
    refused(ops.arbitrate, cast.duty, because="not_now", event=event, unit=unit("4311-CG").pk, clause="会商纪要")


def test_a_late_ruling_is_marked(cast: SimpleNamespace, event: UUID):
    pushed(cast, event)
    Arbitration.objects.update(due=timezone.now() - timedelta(minutes=1))
    assert run(ops.escalate, system("watch")).rulings == 1
    assert Arbitration.objects.get().late


def test_a_nudge_an_hour(cast: SimpleNamespace, event: UUID):
    run(ops.urge, cast.leader, event=event)
    refused(ops.urge, cast.duty, because="一小时", event=event)


def test_supervision_is_answered_in_writing_and_ended_by_its_issuer(cast: SimpleNamespace, event: UUID):
    run(ops.supervise, cast.leader, event=event, text="请今晚解决")
    refused(ops.supervise, cast.duty, because="已在督办", event=event, text="再督办一次")
    row = Supervision.objects.get()
    refused(ops.end_supervision, cast.leader, because="还没有回复", supervision=row.pk)
    run(ops.reply_supervision, cast.duty, supervision=row.pk, reply="今晚十点前装好")
    refused(ops.end_supervision, cast.grid_worker, because="forbidden", supervision=row.pk)
    run(ops.end_supervision, cast.leader, supervision=row.pk, enough=True)
    row.refresh_from_db()
    assert row.state == "ended"


def test_one_and_a_half_times_the_limit_calls_the_city(cast: SimpleNamespace, event: UUID):
    later = timezone.now() + timedelta(hours=6, minutes=1)
    for _ in range(2):
        run_operation(ops.escalate, system("watch"), {}, door="test", now=later)
    row = Supervision.objects.get()
    assert (row.kind, row.issuer, row.state) == ("supervise", None, "open")


def test_what_comes_back_to_a_cured_place_is_known(cast: SimpleNamespace, event: UUID):
    done(cast, event)
    run(ops.verify, cast.verifier, event=event, passed=True, text="完好", photos=[photo()], **HERE)
    again = filed(cast.citizen_elder, "潘家街口的井盖又不见了")
    assert Event.objects.get(pk=again.event).repeat_of_id == event


TASK = {
    "number": "DB20260618-0001",
    "title": "白水镇积水点排查",
    "demand": "三日内排查并回报",
    "region": "431181107",
    "level": 2,
}
MORNING = datetime(2026, 6, 18, 9, tzinfo=SHANGHAI)  # a Thursday


def entrusted(**more: object) -> UUID | None:
    given = {**TASK, "supervision": uuid7(), "due": MORNING + timedelta(days=4), **more}
    event: UUID | None = run_operation(
        ops.take_supervision, system("pump"), given, door="event", now=MORNING
    ).output.event
    return event


def test_a_task_of_the_operation_centre_is_one_event_with_its_limit(cast: SimpleNamespace):
    task = {"supervision": uuid7(), "due": datetime(2026, 6, 18, 16, tzinfo=SHANGHAI)}
    first, second = entrusted(**task), entrusted(**task)
    event = Event.objects.get(pk=first)
    assert (first, event.state, event.unit.code[:6]) == (second, "assigned", "431181")
    assert event.key == f"supervision:{task['supervision']}"
    assert event.due == task["due"]


def test_a_task_about_an_event_presses_its_unit_once(cast: SimpleNamespace):
    event = entrusted()
    assert [entrusted(subject=event) for _ in range(2)] == [event, event]
    assert Supervision.objects.filter(event=event, kind="supervise").count() == 1
    assert entrusted(subject=uuid7()) is None

"""Two at one moment, on a database where transactions really commit."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import UUID

import pytest
from django.db import connection

from yongzhou.core.crypto.identity import uuid7
from yongzhou.core.data.actor import system
from yongzhou.core.operations.problem import Problem
from yongzhou.systems.governance.grid_governance import operations as ops
from yongzhou.systems.governance.grid_governance.models import Event, Report
from yongzhou.testing import people, run

pytestmark = pytest.mark.usefixtures("committed_db")
HERE = {"lon": 111.985, "lat": 26.455, "crs": "CGCS2000"}


@pytest.fixture(autouse=True)
def _may_commit(django_db_blocker: object, committed_db: str):
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        yield


def both(*work: Callable[[], object]) -> list[object]:
    """Run side by side from the same moment; an answer, or the Problem, of each."""
    start = Barrier(len(work))

    def one(task: Callable[[], object]) -> object:
        start.wait()
        try:
            return task()
        except Problem as problem:
            return problem
        finally:
            connection.close()

    with ThreadPoolExecutor(len(work)) as threads:
        return list(threads.map(one, work))


def test_one_cause_one_event():
    alarm = {"cause": "race", "kind": "level", "level": 3, "region": "431181107", "title": "白水站水位超警戒"}
    both(*[lambda: run(ops.auto_report, system("alarm"), alarm=uuid7(), **alarm)] * 4)
    assert Event.objects.filter(key="alarm:race").count() == 1


def test_two_doors_deliver_the_same_call():
    cast = people()
    body = {"door": "12345", "external_id": "call-7", "text": "东街的井盖不见了", **HERE}
    both(*[lambda: run(ops.report, cast.hotline, **body)] * 2)
    assert Report.objects.filter(external_id="call-7").count() == 1


def test_two_citizens_report_one_thing_at_one_moment():
    cast = people()
    body = {"door": "citizen", "text": "学校门口大树断了，树枝压住电线", **HERE, "lat": 26.47}
    first, second = both(*[lambda who=who: run(ops.report, who, **body) for who in (cast.citizen, cast.citizen_elder)])
    assert first.event == second.event
    assert Event.objects.get(pk=first.event).report_count == 2


def _signed(cast: object) -> UUID:
    got = run(
        ops.auto_report, system("alarm"), alarm=uuid7(), cause=str(uuid7()), kind="level", level=3, region="431181107"
    )
    return got.event


def test_two_people_sign_one_matter():
    cast = people()
    event = _signed(cast)
    answers = both(
        lambda: run(ops.sign, cast.duty, event=event), lambda: run(ops.sign, cast.officer_431181, event=event)
    )
    refused = [one for one in answers if isinstance(one, Problem)]
    assert [(one.status, "不能签收" in one.title) for one in refused] == [(409, True)]


def test_two_people_close_one_matter():
    cast = people()
    event = run(ops.report, cast.hotline, door="12345", text="我对办事态度不满意", **HERE).event
    close = [
        lambda who=who: run(ops.close, who, event=event, reason="不属本市管辖")
        for who in (cast.duty, cast.officer_431181)
    ]
    answers = both(*close)
    refused = [one for one in answers if isinstance(one, Problem)]
    assert [(one.status, "已结案" in one.title) for one in refused] == [(409, True)]


def test_merging_into_each_other_leaves_one_open():
    cast = people()
    a, b = _signed(cast), _signed(cast)
    both(lambda: run(ops.merge, cast.duty, event=a, into=b), lambda: run(ops.merge, cast.duty, event=b, into=a))
    assert sorted(Event.objects.filter(pk__in=[a, b]).values_list("state", flat=True)) == ["assigned", "merged"]

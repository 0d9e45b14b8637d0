"""Two officers close one matter at the same moment: one does, the other is told; one step, one audit line, one fact."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import connection

from yongzhou.core.audit.models import AuditLine
from yongzhou.core.bus.models import Outbox
from yongzhou.core.data.actor import Actor
from yongzhou.core.matters.models import MatterStep
from yongzhou.core.operations.problem import Problem
from yongzhou.core.operations.registry import find
from yongzhou.core.operations.run import run
from yongzhou.core.people.actors import actor_of
from yongzhou.core.people.models import Login

RIVALS = 4


@pytest.fixture
def officer(committed_db: str, django_db_blocker: Any) -> Actor:
    with django_db_blocker.unblock():
        return actor_of(Login.objects.get(name="hotline").person_id, fresh=True)


def test_one_of_many_closes(officer: Actor, django_db_blocker: Any) -> None:
    report, close = find("grid_governance.report"), find("grid_governance.close")
    assert report is not None
    assert close is not None
    outcomes: list[str] = []
    barrier = threading.Barrier(RIVALS)

    def rival() -> None:
        try:
            barrier.wait()
            run(close, officer, {"event": event, "reason": "不属本市管辖"}, door="test")
            outcomes.append("closed")
        except Problem as problem:
            outcomes.append(problem.code)
        finally:
            connection.close()

    with django_db_blocker.unblock():
        given = {"text": "说不清楚的一件事", "region": "431181", "door": "staff"}
        event = run(report, officer, given, door="test").output.event
        threads = [threading.Thread(target=rival) for _ in range(RIVALS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(outcomes) == ["closed", *["not_now"] * (RIVALS - 1)]
        assert MatterStep.objects.filter(matter=event, after="closed").count() == 1
        assert AuditLine.objects.filter(record_id=event, verb="grid_governance.close", outcome="done").count() == 1
        closed = Outbox.objects.filter(subject="ev.core.matter.closed", data__data__matter=str(event))
        assert closed.count() == 1

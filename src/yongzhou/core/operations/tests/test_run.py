"""The write path: right, once, together with its audit line."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.utils import timezone
from pydantic import BaseModel, Field

from yongzhou.core.audit.models import AuditLine
from yongzhou.core.crypto import uuid7
from yongzhou.core.data.actor import Actor, Grant, system
from yongzhou.core.data.history import changes, past
from yongzhou.core.matters.models import Matter
from yongzhou.core.matters.verbs import move_matter, open_matter
from yongzhou.core.operations.context import Context
from yongzhou.core.operations.problem import Problem
from yongzhou.core.operations.registry import Operation
from yongzhou.core.operations.run import run
from yongzhou.testing import events, refused

pytestmark = pytest.mark.django_db


class Open(BaseModel):
    """A test's matter."""

    title: str = Field(title="标题", max_length=40)
    region: str = "431181103"


class Opened(BaseModel):
    """What came of it."""

    matter: str
    new: bool


def _open(ctx: Context, data: Open) -> Opened:
    """Open one test matter."""
    matter, new = open_matter(
        ctx, Matter, kind="test", key=data.title, steward="test", title=data.title, region=data.region, origin="drill"
    )
    return Opened(matter=str(matter.pk), new=new)


OPEN = Operation(
    name="test.open", title="测试开单", on=Matter, action="test_open", function=_open, input=Open, output=Opened
)


def officer(region: str | None, action: str = "*", grade: int = 3) -> Actor:
    grant = Grant(role="测试", action=action, resource="matters.*", max_grade=grade, region=region)
    return Actor(kind="person", id=uuid4(), name="测试员", grants=(grant,))


def test_one_open_matter_a_cause():
    a = run(OPEN, officer("4311"), {"title": "井盖"}).output
    b = run(OPEN, officer("4311"), {"title": "井盖"}).output
    assert (a.new, b.new, a.matter == b.matter) == (True, False, True)
    assert len(events("ev.core.matter.opened")) == 1


def test_same_key_gives_the_same_answer_and_another_body_is_409():
    who = officer("4311")
    a = run(OPEN, who, {"title": "甲"}, key="k1")
    b = run(OPEN, who, {"title": "甲"}, key="k1")
    assert (b.replayed, b.output) == (True, a.output)
    with pytest.raises(Problem) as caught:
        run(OPEN, who, {"title": "乙"}, key="k1")
    assert caught.value.status == 409


def test_dry_run_changes_nothing_and_shows_the_effect():
    result = run(OPEN, officer("4311"), {"title": "试"}, dry=True)
    assert result.output.new
    assert [line.get("event") for line in result.effect][-1] == "ev.core.matter.opened"
    assert not Matter.objects.filter(title="试").exists()


def test_without_grant_refused_with_reason():
    assert run(OPEN, officer("4311"), {"title": "可"}).output.new  # the same data passes for a permitted actor
    problem = refused(OPEN, officer("4311", action="read"), because="forbidden", title="否")
    assert problem.status == 403


def test_wrong_input_names_the_field_in_chinese():
    problem = refused(OPEN, officer("4311"), because="invalid", title="很" * 41)
    assert problem.errors == [{"field": "title", "message": "最多 40 个字", "remedy": ""}]


def test_audit_line_with_effect():
    who = officer("4311")
    run(OPEN, who, {"title": "留痕"})
    line = AuditLine.objects.get(actor_id=who.id)
    assert (line.verb, line.outcome, line.door) == ("test.open", "done", "rest")


def test_scope_is_sql():
    run(OPEN, officer("4311"), {"title": "祁阳的事", "region": "431181103"})
    assert Matter.visible_to(officer("431181")).filter(title="祁阳的事").exists()
    assert not Matter.visible_to(officer("431122")).filter(title="祁阳的事").exists()
    assert not Matter.visible_to(officer(None)).exists()  # a grant without region or unit reaches nothing


def test_past_state_is_read_back():
    output = run(OPEN, officer("4311"), {"title": "前事"}).output
    between = Matter.objects.get(pk=output.matter)
    ctx = Context(actor=system("test"), now=timezone.now(), op_id=uuid7())
    at = _database_now()
    move_matter(ctx, between, "accepted")
    was = past(Matter, between.pk, at)
    assert was is not None
    assert (was.state, Matter.objects.get(pk=between.pk).state) == ("reported", "accepted")
    assert [line["kind"] for line in changes(between)] == ["U", "I"]


def test_transition_that_the_table_does_not_know_is_409():
    output = run(OPEN, officer("4311"), {"title": "跳步"}).output
    ctx = Context(actor=system("test"), now=timezone.now(), op_id=uuid7())
    with pytest.raises(Problem, match="不能直接变为") as caught:
        move_matter(ctx, Matter.objects.get(pk=output.matter), "verified")
    assert caught.value.status == 409


def _database_now():
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("select clock_timestamp()")
        return cursor.fetchone()[0]

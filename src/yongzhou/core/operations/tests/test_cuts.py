"""The connection to the database is cut in the middle of an operation: it is done anew, once in effect."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.db import OperationalError, connection
from pydantic import BaseModel

from yongzhou.core.audit.models import AuditLine
from yongzhou.core.data.actor import Actor, Grant
from yongzhou.core.operations.context import Context
from yongzhou.core.operations.registry import Operation
from yongzhou.core.operations.run import run

CUTS = Grant(role="员", action="cut", resource="test.*", max_grade=2, region="")
ACTOR = Actor(kind="person", id=uuid4(), name="员", grants=(CUTS,))


class Cuts(BaseModel):
    """How often the connection is cut before it goes through."""

    times: int


@pytest.fixture
def database(committed_db: str, django_db_blocker: Any) -> Iterator[None]:
    with django_db_blocker.unblock():
        yield
        connection.close()


def cutting(name: str) -> Operation[Cuts, Cuts]:
    tries = 0

    def function(ctx: Context, data: Cuts) -> Cuts:
        nonlocal tries
        tries += 1
        with connection.cursor() as cursor:
            if tries <= data.times:
                cursor.execute("select pg_terminate_backend(pg_backend_pid())")
            cursor.execute("select 1")
        return Cuts(times=tries)

    return Operation(
        name=name, title="断线", on=None, action="cut", function=function, input=Cuts, output=Cuts
    )  # fmt: skip


def lines(verb: str) -> int:
    return AuditLine.objects.filter(verb=verb, outcome="done").count()


def test_cut_operation_is_done_anew_with_one_effect(database: None) -> None:
    assert run(cutting("test.cut_twice"), ACTOR, {"times": 2}, door="test").output.times == 3
    assert lines("test.cut_twice") == 1


def test_a_database_that_stays_away_is_told_after_the_last_try(database: None) -> None:
    with pytest.raises(OperationalError):
        run(cutting("test.cut_ever"), ACTOR, {"times": 99}, door="test")
    assert lines("test.cut_ever") == 0


def test_cut_operation_with_a_key_answers_once(database: None) -> None:
    op = cutting("test.cut_key")
    first = run(op, ACTOR, {"times": 1}, door="test", key="k")
    again = run(op, ACTOR, {"times": 1}, door="test", key="k")
    assert (first.output.times, again.output.times, again.replayed) == (2, 2, True)
    assert lines("test.cut_key") == 1

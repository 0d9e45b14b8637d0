"""What one operation POST asks of the database: counted on the wire, so that it cannot grow unnoticed."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator
from typing import Any, ClassVar

import pytest
from django.db import connection
from django.test import Client
from psycopg.pq import Trace
from pydantic import BaseModel

from yongzhou.core.audit.models import AuditLine
from yongzhou.core.bus.events import Event, _registry
from yongzhou.core.bus.models import Outbox
from yongzhou.core.operations import registry
from yongzhou.core.operations.context import Context
from yongzhou.core.operations.models import Answer
from yongzhou.core.operations.registry import Operation
from yongzhou.core.people.actors import forget
from yongzhou.core.people.models import Appointment, Person, Role, RoleGrant
from yongzhou.portals.api.answers import token


class Said(Event):
    """Something has been said."""

    subject: ClassVar[str] = "ev.trips.word.said"
    text: str


del _registry[Said.subject, 1]  # no event of the house


class Say(BaseModel):
    """What is said."""

    text: str


def say(ctx: Context, data: Say) -> Say:
    """Say it."""
    ctx.emit(Said(text=data.text, region="4311", origin="drill"))
    return data


SAY = Operation(
    name="trips.say", title="说", on=None, action="say", function=say, input=Say, output=Say, emits=(Said,)
)  # fmt: skip
Post = Callable[..., Any]


@pytest.fixture
def post(committed_db: str, django_db_blocker: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Post]:
    """POST by somebody with the right, the first answer behind us: his rights are read, all statements parsed."""
    monkeypatch.setitem(registry._OPERATIONS, SAY.name, SAY)
    with django_db_blocker.unblock():
        forget()
        role, _ = Role.objects.get_or_create(code="trips", defaults={"name": "员"})
        RoleGrant.objects.get_or_create(role=role, action="say", resource="trips.*", max_grade=2)
        person = Person.objects.create(name="员", region="4311")
        Appointment.objects.create(person=person, role=role, region="4311")
        bearer = f"Bearer {token(person.pk)}"

        def send(text: str, **headers: str) -> Any:
            body = json.dumps({"text": text})
            return Client().post(
                "/api/trips/say", body, "application/json", headers={"Authorization": bearer, **headers}
            )

        assert send("一", **{"Idempotency-Key": "first"}).json() == {"text": "一"}
        yield send
        connection.close()
        forget()


def trips(work: Callable[[], object]) -> int:
    """Round trips of some work: libpq's own trace, simple queries and syncs that the client sent."""
    server = connection.connection.pgconn
    with tempfile.TemporaryFile("w+") as file:
        server.trace(file.fileno())
        server.set_trace_flags(Trace.SUPPRESS_TIMESTAMPS)
        try:
            work()
        finally:
            server.untrace()
        file.seek(0)
        sent = [line.split("\t") for line in file if line.startswith("F\t")]
    return sum(words[2].strip() in ("Query", "Sync") for words in sent)


def test_begin_the_kernels_rows_and_commit_are_three_round_trips(post: Post) -> None:
    assert trips(lambda: post("二")) == 3


def test_a_key_costs_one_more_and_its_replay_two_less(post: Post) -> None:
    assert trips(lambda: post("三", **{"Idempotency-Key": "k"})) == 4
    assert trips(lambda: post("三", **{"Idempotency-Key": "k"})) == 3  # begin, claim, commit
    assert post("四", **{"Idempotency-Key": "k"}).status_code == 409


def test_audit_line_event_and_answer_stand_after_it(post: Post) -> None:
    post("五", **{"Idempotency-Key": "five"})
    line, event = AuditLine.objects.latest("id"), Outbox.objects.latest("id")
    assert (line.verb, line.outcome, line.door, line.actor_name) == ("trips.say", "done", "rest", "员")
    assert (event.subject, event.data["data"]["text"], event.actor) == (Said.subject, "五", line.actor_id)
    assert str(event.event_id) == event.data["id"]
    assert Answer.objects.get(key="five").output is not None


def test_where_one_of_the_rows_cannot_be_written_none_is(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    before = AuditLine.objects.count(), Outbox.objects.count(), Answer.objects.count()
    monkeypatch.setattr(Said, "subject", "ev.trips.word.said" + "x" * 200)  # longer than its column
    assert post("六", **{"Idempotency-Key": "six"}).status_code == 422
    assert (AuditLine.objects.count(), Outbox.objects.count(), Answer.objects.count()) == before

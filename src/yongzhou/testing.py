"""What tests share: the mark of a published value, the cast of demo people, ways to run an operation."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any, Literal, TypeVar

import pytest

F = TypeVar("F", bound=Callable[..., object])


def reference(kind: Literal["published", "recomputed"], source: str, clause: str) -> Callable[[F], F]:
    """Mark a test that checks a value of a published source; builds `docs/truth.md`.

    `kind` is "published" (the number stands in the source) or "recomputed" (an independent way gave it).
    """

    def mark(function: F) -> F:
        marked: F = pytest.mark.reference(kind=kind, source=source, clause=clause)(function)
        return marked

    return mark


@pytest.fixture
def cast(db: None) -> SimpleNamespace:
    """The demo people as actors, by login: `cast.duty`, `cast.worker`, `cast.citizen`, `cast.outsider` …"""
    return people()


def people() -> SimpleNamespace:
    """Actors of all demo logins."""
    from yongzhou.core.people.actors import actor_of, forget
    from yongzhou.core.people.models import Login

    forget()
    return SimpleNamespace(**{login.name: actor_of(login.person_id, fresh=True) for login in Login.objects.all()})


def run(
    op: Any, actor: Any, /, *, dry: bool = False, key: str | None = None, purpose: str | None = None, **data: Any
) -> Any:
    """Run an operation and return its output."""
    from yongzhou.core.operations.run import run as run_operation

    return run_operation(op, actor, data, door="test", dry=dry, key=key, purpose=purpose).output


def refused(op: Any, actor: Any, /, because: str, **data: Any) -> Any:
    """The operation must be refused with this problem code (or a word of its title); returns the `Problem`."""
    from yongzhou.core.operations.problem import Problem

    with pytest.raises(Problem) as caught:
        run(op, actor, **data)
    assert because == caught.value.code or because in caught.value.title, f"{caught.value.code}: {caught.value.title}"
    return caught.value


def events(subject: str) -> list[dict[str, Any]]:
    """The data of the events that this test has put into the outbox, in order."""
    from yongzhou.core.bus.models import Outbox

    return [row.data["data"] for row in Outbox.objects.filter(subject=subject).order_by("id")]


def deliver(subject: str, **data: Any) -> None:
    """Hand an event to every subscriber of its subject, as the pump would, in this transaction."""
    from django.utils import timezone

    from yongzhou.core.bus.outbox import enqueue
    from yongzhou.core.bus.subscriptions import matches, subscriptions
    from yongzhou.core.crypto.identity import uuid7
    from yongzhou.core.data.actor import system
    from yongzhou.core.operations.context import Context

    for entry in subscriptions().values():
        if matches(entry.subject, subject):
            ctx = Context(actor=system(entry.durable), now=timezone.now(), op_id=uuid7())
            entry.handler(ctx, entry.reads.model_validate(data))
            enqueue(ctx.events, ctx.actor.id)


@contextmanager
def queries(max: int) -> Iterator[None]:
    """At most so many queries: a list must not cost one a row."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as captured:
        yield
    assert len(captured) <= max, "\n".join(query["sql"][:200] for query in captured.captured_queries)

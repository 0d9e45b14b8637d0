"""The job door: an operation run by the worker, chunk by chunk, with progress, cancel and resume."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeVar
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from pydantic import BaseModel, JsonValue, ValidationError

from yongzhou.core.audit.lines import append
from yongzhou.core.bus.outbox import enqueue
from yongzhou.core.crypto.identity import uuid7
from yongzhou.core.data.actor import Actor
from yongzhou.core.jobs.queue import submit as queue
from yongzhou.core.jobs.registry import JobFunction, Run, add_resolver
from yongzhou.core.operations.context import Context
from yongzhou.core.operations.keeping import opened, sealed
from yongzhou.core.operations.problem import forbidden, invalid
from yongzhou.core.operations.registry import Operation, find
from yongzhou.core.operations.run import run, sign
from yongzhou.core.people.actors import actor_of

T = TypeVar("T")


def submit(
    op: Operation[Any, Any], actor: Actor, data: BaseModel | Mapping[str, Any], *, purpose: str | None = None
) -> UUID:
    """Queue an operation for an actor after the same checks as at every door; returns the run's id."""
    if not op.open_to(actor):
        raise forbidden(f"没有「{op.title}」的权限")
    try:
        given = data if isinstance(data, op.input) else op.input.model_validate(data)
    except ValidationError as error:
        raise invalid(error) from error
    return queue(
        op.name, sealed(json.loads(given.model_dump_json())), actor_id=actor.id, actor_name=actor.name, purpose=purpose
    )


@dataclass
class JobHandle:
    """What `ctx.chunks` works with inside a job."""

    run: Run
    op: Operation[Any, Any]

    def chunks(self, ctx: Context, items: Iterable[T], size: int) -> Iterator[list[T]]:
        """Each chunk is a transaction with its audit line and events; a killed job goes on behind its last one."""
        done = self.run.resume()
        rest = iter(items)
        at = done if isinstance(done, int) else 0
        for _ in islice(rest, at):  # committed by an earlier try
            pass
        while chunk := list(islice(rest, size)):
            self.run.check_cancelled()
            ctx.events.clear()
            with transaction.atomic():
                sign(ctx)
                yield chunk
                at += len(chunk)
                enqueue(ctx.events, ctx.actor.id)
                append(
                    actor=ctx.actor,
                    verb=self.op.name,
                    resource=self.op.resource,
                    record_id=None,
                    purpose=ctx.purpose,
                    outcome="done",
                    door="job",
                    detail={"job": str(self.run.id), "to": at},
                )
                self.run.checkpoint(at)
            ctx.events.clear()
            self.run.progress(at)


def _resolve(name: str) -> JobFunction | None:
    op = find(name)
    if op is None:
        return None

    def function(running: Run, kept: dict[str, JsonValue]) -> JsonValue:
        data = opened(kept)
        actor = actor_of(running.actor_id, fresh=True)
        ctx = Context(actor=actor, now=timezone.now(), op_id=uuid7(), job=JobHandle(running, op) if op.job else None)
        result = run(op, actor, data, door="job", key=None if op.job else str(running.id), context=ctx)
        document: JsonValue = json.loads(result.output.model_dump_json())
        return document

    return function


add_resolver(_resolve)

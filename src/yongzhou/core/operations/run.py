"""Run an operation: validate, check the right, do it once, in one transaction with audit line and events."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal, NamedTuple, TypeVar
from uuid import UUID

from django.db import InterfaceError, OperationalError, connection, transaction
from django.utils import timezone
from pydantic import BaseModel, ValidationError

from yongzhou.core import journal
from yongzhou.core.audit.lines import Entry, append, line
from yongzhou.core.bus.outbox import pack
from yongzhou.core.crypto.identity import uuid7
from yongzhou.core.data.actor import Actor
from yongzhou.core.data.guard import why
from yongzhou.core.database.base import Statement, database
from yongzhou.core.journal import Kept
from yongzhou.core.operations.context import Context
from yongzhou.core.operations.keeping import opened, sealed
from yongzhou.core.operations.models import Proposal
from yongzhou.core.operations.problem import Problem, forbidden, invalid
from yongzhou.core.operations.registry import Operation
from yongzhou.core.operations.watch import watched

O = TypeVar("O", bound=BaseModel)
CUT_PAUSES_S: Final = (0.05, 0.3, 1.0)  # before it is done anew when the connection to the database was cut
Door = Literal["rest", "command", "job", "form", "event", "test", "house"]


@dataclass(frozen=True)
class Result:
    """What an operation answered; `replayed` if the key had been answered before, `effect` after a dry run.

    `op_id` is what history and audit call it; None where nothing was done now.
    """

    output: Any
    replayed: bool = False
    proposal: UUID | None = None
    effect: list[dict[str, Any]] = field(default_factory=list)
    op_id: UUID | None = None


class _Undo(Exception):
    """Rolls a dry run back."""


@watched
def run(
    op: Operation[Any, O],
    actor: Actor,
    data: BaseModel | Mapping[str, Any],
    *,
    door: Door = "rest",
    key: str | None = None,
    dry: bool = False,
    purpose: str | None = None,
    now: datetime | None = None,
    context: Context | None = None,
) -> Result:
    """Run one operation for one actor.

    Raises `Problem` (403, 404, 409, 412, 422 …); then nothing is changed but an audit line of the refusal.
    """
    try:
        if not op.open_to(actor):
            raise _refusal(op, actor)
        given = data if isinstance(data, op.input) else op.input.model_validate(data)
        if op.two_persons and not dry and (context is None or context.notes.get("countersigned") is None):
            return _propose(op, actor, given, door, purpose, now or timezone.now())
        return _through_cuts(op, actor, given, door, key, dry, purpose, now or timezone.now(), context)
    except ValidationError as error:
        raise _note_refusal(op, actor, invalid(error), door, purpose) from None  # its text quotes the input
    except Problem as problem:
        raise _note_refusal(op, actor, problem, door, purpose) from problem


def _through_cuts(
    op: Operation[Any, O],
    actor: Actor,
    data: BaseModel,
    door: Door,
    key: str | None,
    dry: bool,
    purpose: str | None,
    now: datetime,
    context: Context | None,
) -> Result:
    """Do it anew when the connection was cut before the commit, when nothing has happened yet.

    A cut in the commit itself leaves the outcome open: then only a key makes it safe, for it finds its own answer.
    """
    outermost = not connection.in_atomic_block
    for pause in (*CUT_PAUSES_S, None):
        ctx = context or Context(actor=actor, now=now, op_id=uuid7(), purpose=purpose)
        committing: list[bool] = []
        try:
            return _run(op, actor, data, door, key, dry, purpose, ctx, committing)
        except (OperationalError, InterfaceError) as error:
            mine = outermost and context is None and (key is not None or not committing)
            if pause is None or not mine or not _was_cut(error):
                raise
            connection.close()
            time.sleep(pause)
    raise AssertionError("the last try returns or raises")


def _was_cut(error: Exception) -> bool:
    """Whether the connection ended: by the client's own finding (no code), or class 08 and 57P of SQLSTATE."""
    code: str | None = getattr(error.__cause__, "sqlstate", None)
    return code is None or code.startswith(("08", "57P"))


def _run(
    op: Operation[Any, O],
    actor: Actor,
    data: BaseModel,
    door: Door,
    key: str | None,
    dry: bool,
    purpose: str | None,
    ctx: Context,
    committing: list[bool],
) -> Result:
    """One try; `committing` is filled when only the commit is left."""
    ctx.action = op.action
    if ctx.job is not None:  # its chunks commit by themselves
        return Result(output=op.function(ctx, data))
    effect: list[dict[str, Any]] = []
    output: Any = None
    try:
        with transaction.atomic():
            sign(ctx)
            claimed = _claim(op, actor, key, data) if key and not dry else None
            if claimed is not None and claimed.output is not None:
                return Result(output=op.output.model_validate(opened(claimed.output)), replayed=True)
            output = op.function(ctx, data)
            entry = Entry(
                actor=actor,
                verb=op.name,
                resource=op.resource,
                record_id=_subject(ctx, data),
                purpose=purpose,
                outcome="done",
                door=door,
                detail={"op": str(ctx.op_id), **ctx.notes},
            )
            journal.write(
                lines=[line(entry)],
                envelopes=[pack(event, actor.id)[1] for event in ctx.events],
                answer=None if claimed is None else Kept(claimed.row, sealed(output.model_dump(mode="json"))),
            )
            if dry:
                effect = [{"record": row._meta.verbose_name, "id": str(row.pk), "text": str(row)} for row in ctx.saved]
                effect += [{"event": event.subject, **event.model_dump(mode="json")} for event in ctx.events]
                raise _Undo
            committing.append(True)
    except _Undo:
        pass
    return Result(output=output, effect=effect, op_id=None if dry else ctx.op_id)


def sign(ctx: Context) -> None:
    """Tell the history trigger who writes, for this transaction only."""
    words = f"select set_config('yz.op', '{ctx.op_id}', true), set_config('yz.actor', '{ctx.actor.id}', true)"
    database().say(words.encode())  # two UUIDs: nothing to quote


class _Claimed(NamedTuple):
    """The answer row of a key: `output` is None where it is ours to fill."""

    row: int
    output: dict[str, Any] | None


# the conflicting row is locked, and a rival's transaction waited for, by the update that changes nothing
_CLAIM: Final = Statement(
    b"yz_claim",
    b"""
    insert into core_answer (actor, operation, key, body_hash, at) values ($1, $2, $3, $4, now())
    on conflict (actor, operation, key) do update set key = excluded.key
    returning id, body_hash, output
    """,
)


def _claim(op: Operation[Any, Any], actor: Actor, key: str, data: BaseModel) -> _Claimed:
    """Ours and empty, or the earlier answer; 409 if the key was used with another body."""
    body = hashlib.sha256(data.model_dump_json().encode()).hexdigest()
    found = database().perform(_CLAIM, str(actor.id), op.name, key[:100], body)
    row, body_hash, output = (found.get_value(0, column) for column in range(3))
    if body_hash != body.encode():
        raise Problem(
            "key_reused", "这个幂等键已用于另一份内容", status=409, remedy="换一个 Idempotency-Key，或原样重发"
        )
    return _Claimed(int(row or 0), json.loads(output) if output else None)


def _subject(ctx: Context, data: BaseModel) -> UUID | None:
    """The record an audit line is about: the first saved row, else the first UUID of the input."""
    if ctx.saved:
        key = ctx.saved[0].pk
        return key if isinstance(key, UUID) else None
    return next((value for value in vars(data).values() if isinstance(value, UUID)), None)


def _refusal(op: Operation[Any, Any], actor: Actor) -> Problem:
    if actor.kind == "anonymous":
        return Problem("login", "请先登录", status=401, remedy="登录后再办理")
    reason = why(actor, op.action, op.on).text if op.on is not None else f"没有「{op.title}」的权限"
    return forbidden(reason)


def _note_refusal(op: Operation[Any, Any], actor: Actor, problem: Problem, door: Door, purpose: str | None) -> Problem:
    """A refusal by right leaves its line too; outside the undone transaction."""
    if problem.status in (401, 403, 404) and not connection.in_atomic_block:
        append(
            actor=actor,
            verb=op.name,
            resource=op.resource,
            record_id=None,
            purpose=purpose,
            outcome=f"refused:{problem.code}",
            door=door,
            detail={},
        )
    return problem


def _propose(
    op: Operation[Any, Any], actor: Actor, data: BaseModel, door: Door, purpose: str | None, now: datetime
) -> Result:
    """Keep it for a second person, after a trial: what this actor may not do, he may not propose either."""
    if actor.kind != "person":
        raise forbidden("需要两个人办理的事，必须由本人提出")
    _through_cuts(op, actor, data, door, None, True, purpose, now, None)
    proposal = Proposal.objects.create(
        operation=op.name, body=sealed(json.loads(data.model_dump_json())), proposer=actor.id, proposer_name=actor.name
    )
    return Result(output=None, proposal=proposal.pk)


def countersign(op: Operation[Any, O], actor: Actor, proposal_id: UUID, *, door: Door = "rest") -> Result:
    """The second person agrees: the proposed operation runs now, signed by both; proposer and second differ."""
    with transaction.atomic():
        proposal = Proposal.objects.select_for_update().filter(pk=proposal_id, operation=op.name).first()
        if proposal is None:
            raise Problem("not_found", "没有这条待复核的提议", status=404)
        if proposal.decided_at is not None:
            raise Problem("conflict", "这条提议已经办理", status=409)
        if actor.kind != "person" or actor.id == proposal.proposer:
            raise forbidden("复核人不能是提出人")
        now = timezone.now()
        ctx = Context(actor=actor, now=now, op_id=uuid7())
        ctx.notes = {"countersigned": str(proposal.pk), "proposer": str(proposal.proposer)}
        result = run(op, actor, opened(proposal.body), door=door, now=now, context=ctx)
        proposal.second, proposal.decided_at = actor.id, now
        proposal.output = sealed(json.loads(result.output.model_dump_json()))
        proposal.save(update_fields=["second", "decided_at", "output"])
        return result

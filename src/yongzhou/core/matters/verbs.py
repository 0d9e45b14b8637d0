"""Open and move matters inside an operation: number, transition table, stamps, step, fact; the same for every kind."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any, Final, TypeVar, cast

from django.db import connection, transaction
from django.utils import timezone
from pydantic import JsonValue

from yongzhou.core.bus.live import publish_live
from yongzhou.core.matters.events import (
    MatterAssigned,
    MatterClosed,
    MatterMerged,
    MatterOpened,
    MatterRated,
    MatterRejected,
    MatterReopened,
    MatterResumed,
    MatterSuspended,
    MatterVerified,
    _MatterEvent,
)
from yongzhou.core.matters.life import CLOSED, LifeError, move
from yongzhou.core.matters.models import Matter, MatterStep
from yongzhou.core.operations.context import Context
from yongzhou.core.operations.problem import Problem
from yongzhou.core.people.models import Person

M = TypeVar("M", bound=Matter)

_STAMPS: Final = {"assigned": "assigned_at", "handling": "accepted_at", "done": "done_at", "closed": "closed_at"}
_FACTS: Final[dict[str, type[_MatterEvent]]] = {
    "assigned": MatterAssigned,
    "verified": MatterVerified,
    "closed": MatterClosed,
    "reopened": MatterReopened,
    "suspended": MatterSuspended,
}

INSTALL_SQL: Final = "create table if not exists core_number (register text primary key, last bigint not null);"


def number(register: str, at: datetime, prefix: str) -> str:
    """The next number of a register and day, without gaps: `SJ-20260618-0143`."""
    day = timezone.localtime(at).strftime("%Y%m%d")
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into core_number values (%s, 1)"
            " on conflict (register) do update set last = core_number.last + 1 returning last",
            [f"{register}:{day}"],
        )
        return f"{prefix}-{day}-{cursor.fetchone()[0]:04}"


def open_matter(
    ctx: Context, model: type[M], *, kind: str, key: str = "", prefix: str = "SJ", reason: str = "", **values: Any
) -> tuple[M, bool]:
    """Open a matter, or find the open one of the same kind and key: `(matter, new)`."""
    if key:
        with connection.cursor() as cursor:  # two reports of one cause at one moment wait for each other
            cursor.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"matter:{kind}:{key}"])
        known = model._default_manager.filter(kind=kind, key=key).exclude(state__in=CLOSED).first()
        if known is not None:
            return cast("M", known), False
    matter = model(kind=kind, key=key, number=number(kind, ctx.now, prefix), **{"opened_at": ctx.now, **values})
    ctx.save(matter)
    note_step(ctx, matter, before="", reason=reason)
    ctx.emit(MatterOpened(source=matter.source, **_nouns(matter)))
    return matter, True


def move_matter(
    ctx: Context, matter: Matter, to: str, *, reason: str = "", files: Sequence[Any] = (), **facts: Any
) -> None:
    """Move a locked matter along the transition table; 409 in Chinese if the table does not allow it."""
    before = matter.state
    try:
        move(before, to)
    except LifeError as error:
        raise Problem("not_now", str(error), status=409, remedy="请刷新，看看它现在走到了哪一步") from error
    if to == "verified" and ctx.actor.kind == "person" and ctx.actor.id == matter.handler_id:
        raise Problem("same_person", "处置人不能核查自己办的事", status=403, remedy="请由另一位同事核查")
    matter.state = to
    if to == "verified" and ctx.actor.kind == "person":
        matter.verifier_id = ctx.actor.id
    if stamp := _STAMPS.get(to):
        setattr(matter, stamp, ctx.now)
    if to == "reopened":
        matter.done_at = matter.closed_at = None
    ctx.save(matter)
    note_step(ctx, matter, before=before, reason=reason, files=files, **facts)
    if before == "suspended":
        ctx.emit(MatterResumed(**_nouns(matter)))
    if to == "merged":
        if matter.parent_id is None:
            raise Problem("no_parent", "并案须指明并入哪一件", field="parent")
        ctx.emit(MatterMerged(into=matter.parent_id, **_nouns(matter)))
    elif to == "accepted" and before in ("assigned", "handling"):
        ctx.emit(MatterRejected(**_nouns(matter)))
    elif fact := _FACTS.get(to):
        ctx.emit(fact(**_nouns(matter)))


def rate(ctx: Context, matter: Matter, stars: int, reason: str = "") -> None:
    """The reporter's own rating of a closed matter."""
    if matter.state != "closed":
        raise Problem("not_now", "结案后才能评价", status=409)
    matter.rating = stars
    ctx.save(matter)
    note_step(ctx, matter, before=matter.state, reason=reason, rating=stars)
    ctx.emit(MatterRated(rating=stars, **_nouns(matter)))


def note_step(
    ctx: Context, matter: Matter, *, before: str, reason: str = "", files: Sequence[Any] = (), **facts: Any
) -> None:
    """Write one line into the matter's story without moving it."""
    reporter = bool(ctx.actor.grants) and all(grant.own for grant in ctx.actor.grants)  # never named to who handles it
    known = ctx.actor.kind == "person" and not reporter and Person.objects.filter(pk=ctx.actor.id).exists()
    step = MatterStep(
        matter_id=matter.pk,
        at=ctx.now,
        before=before,
        after=matter.state,
        actor_id=ctx.actor.id if known else None,
        actor_name=("上报人（他人代办）" if ctx.actor.by else "上报人") if reporter else ctx.actor.name,
        reason=reason,
        files=list(files),
        facts=facts,
        origin=matter.origin,
    )
    step.save()
    transaction.on_commit(partial(_show, matter))


def _show(matter: Matter) -> None:
    """Tell the screens that look at matters; only what anybody who sees the matter at all may know."""
    seen: dict[str, JsonValue] = {"id": str(matter.pk), "state": matter.state, "level": matter.level}
    publish_live("matter", seen, key=str(matter.pk), region=matter.region)


def _nouns(matter: Matter) -> dict[str, Any]:
    return {
        "matter": matter.pk,
        "kind": matter.kind,
        "steward": matter.steward,
        "unit": matter.unit_id,
        "level": matter.level,
        "region": matter.region,
        "origin": matter.origin,
    }

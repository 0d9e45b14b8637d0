"""Saved views: one's own and those that somebody of one's unit shares."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from yongzhou.core.audit.lines import append
from yongzhou.core.crypto.identity import uuid7
from yongzhou.core.data.actor import Actor
from yongzhou.core.data.guard import resource_name
from yongzhou.core.data.record import Record
from yongzhou.core.data.spec import spec_of
from yongzhou.core.desk.models import SavedView
from yongzhou.core.operations.context import Context
from yongzhou.core.operations.problem import Problem, forbidden, not_found
from yongzhou.core.operations.run import sign

PASSING = frozenset({"after", "open", "panel", "at", "month", "limit"})  # where somebody is in a list, not the list
MOST = 30


def words_of(query: str) -> str:
    """The words of an address that make the view: in a fixed order, without where somebody is in it."""
    kept = [(word, value) for word, value in parse_qsl(query) if value and word not in PASSING]
    return urlencode(sorted(kept))


def views_of(actor: Actor, resource: str) -> list[SavedView]:
    """Own views first, then those shared with the unit, each by name."""
    mine = Q(owner=actor.id)
    if actor.unit is not None:
        mine |= Q(unit=actor.unit)
    found = SavedView.objects.filter(mine, resource=resource).order_by("name")[: 2 * MOST]
    return sorted(found, key=lambda view: (view.owner_id != actor.id, view.name))


def own_views(actor: Actor) -> list[SavedView]:
    """All views of one's own and those shared with the unit, of all lists."""
    mine = Q(owner=actor.id)
    if actor.unit is not None:
        mine |= Q(unit=actor.unit)
    return list(SavedView.objects.filter(mine).order_by("name")[:100])


def save_view(actor: Actor, model: type[Record], name: str, query: str, *, share: bool) -> SavedView:
    """Keep a list under a name; the same name again renews it. `Problem` 422 says what is missing."""
    name, words = name.strip()[:40], words_of(query)
    if not name:
        raise Problem("invalid", "请给视图起个名字", field="name")
    personal = {column.name for column in model._meta.concrete_fields if spec_of(column).personal}
    if any(word.partition("__")[0] in personal for word, _ in parse_qsl(words)):
        raise Problem("personal", "条件里有个人信息，不能存成视图", remedy="去掉这个条件再存")
    if share and actor.unit is None:
        raise Problem("invalid", "您没有所在单位，不能共享", field="share")
    if SavedView.objects.filter(owner=actor.id, resource=resource_name(model)).exclude(name=name).count() >= MOST:
        raise Problem("too_many", f"一个列表最多存 {MOST} 个视图", remedy="先删去不用的")
    with transaction.atomic():
        ctx = _signed(actor)
        view = SavedView.objects.select_for_update().filter(
            owner=actor.id, resource=resource_name(model), name=name
        ).first() or SavedView(owner_id=actor.id, resource=resource_name(model), name=name)
        view.words, view.unit_id = words, actor.unit if share else None
        ctx.save(view)
        _note(ctx, "desk.save_view", view, shared=share)
    return view


def drop_view(actor: Actor, id: UUID) -> str:
    """Delete an own view and give the name of its list; 404 for an unknown one, 403 for somebody else's."""
    with transaction.atomic():
        ctx = _signed(actor)
        view = SavedView.objects.select_for_update().filter(pk=id).first()
        if view is None or view not in views_of(actor, view.resource):
            raise not_found("视图")
        if view.owner_id != actor.id:
            raise forbidden("这个视图是同事共享的，只有他本人能删")
        _note(ctx, "desk.drop_view", view)
        view.delete()
    return str(view.resource)


def _signed(actor: Actor) -> Context:
    from django.utils import timezone

    ctx = Context(actor=actor, now=timezone.now(), op_id=uuid7())
    sign(ctx)
    return ctx


def _note(ctx: Context, verb: str, view: SavedView, *, shared: bool = False) -> None:
    append(
        actor=ctx.actor,
        verb=verb,
        resource="desk.savedview",
        record_id=view.pk,
        outcome="done",
        door="form",
        detail={"list": view.resource, "shared": shared, "op": str(ctx.op_id)},
    )

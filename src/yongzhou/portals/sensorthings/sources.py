"""The rows behind the entity sets of OGC 18-088, as far as an actor may see them."""

from __future__ import annotations

from typing import TypeAlias

from django.db.models import Case, F, Min, Model, QuerySet, Value, When
from django.db.models.fields import CharField

from yongzhou.core.data import codes
from yongzhou.core.data.actor import Actor
from yongzhou.core.data.guard import resource_name, why
from yongzhou.core.data.record import Record
from yongzhou.core.data.spec import spec_of
from yongzhou.core.operations.problem import Problem, forbidden
from yongzhou.core.things.models import Datastream, Thing

Rows: TypeAlias = "QuerySet[Model, object]"  # of records, or of grouped values


def may_read(actor: Actor, model: type[Record]) -> None:
    """Raise the problem 401 or 403 where an actor may read none of a kind of record."""
    if actor.lines("read", resource_name(model)):
        return
    if actor.kind == "anonymous":
        raise Problem(
            "login", "请先登录（sign in first）", status=401, remedy="HTTP Basic，或 POST /api/sign-in 取得 Bearer 令牌"
        )
    raise forbidden(why(actor, "read", model).text)


def things(actor: Actor) -> Rows:
    """Things."""
    may_read(actor, Thing)
    return Thing.visible_to(actor).defer("geometry_box")


def placed(actor: Actor) -> Rows:
    """Things with a place that the actor may see."""
    may_read(actor, Thing)
    if spec_of(Thing._meta.get_field("geometry")).grade > actor.max_grade(resource_name(Thing)):
        return Thing.visible_to(actor).none()
    return things(actor).filter(geometry__isnull=False)


def datastreams(actor: Actor) -> Rows:
    """Datastreams with their things."""
    may_read(actor, Datastream)
    return Datastream.visible_to(actor).select_related("thing")


def observed(actor: Actor) -> Rows:
    """Observed properties: one row a code."""
    may_read(actor, Datastream)
    return Datastream.visible_to(actor).order_by().values("observed").annotate(label=Min("name"), unit_=Min("unit"))


def sensors(actor: Actor) -> Rows:
    """Sensors: one row a door."""
    may_read(actor, Datastream)
    labels = [When(door=code, then=Value(label)) for code, label in codes.options("door").items()]
    label = Case(*labels, default=F("door"), output_field=CharField())
    return Datastream.visible_to(actor).order_by().values("door").annotate(label=label).distinct()

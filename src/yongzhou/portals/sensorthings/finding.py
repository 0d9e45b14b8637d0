"""From steps of an address to rows: entities, what lies behind a navigation, filters and orders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, OrderBy

from yongzhou.core.data.actor import Actor
from yongzhou.core.operations.problem import not_found
from yongzhou.portals.sensorthings import observations
from yongzhou.portals.sensorthings.kinds import KINDS, Kind, Nav
from yongzhou.portals.sensorthings.lake_terms import parse_id
from yongzhou.portals.sensorthings.options import OptionError, Options
from yongzhou.portals.sensorthings.showing import value_of
from yongzhou.portals.sensorthings.sources import Rows
from yongzhou.portals.sensorthings.terms import as_uuid, condition


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks, and the address of the service root without a slash."""

    actor: Actor
    root: str


@dataclass(frozen=True, slots=True)
class Collection:
    """Rows of a kind, narrowed by navigation: `where` are lookups; `path` is its address below the root."""

    kind: Kind
    path: str
    where: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Entity:
    """One row of a kind."""

    kind: Kind
    row: object


def entity(collection: Collection, key: str, asking: Asking) -> Entity:
    """One entity of a collection by its key as written in an address; 404 where there is none to see."""
    kind = collection.kind
    if kind.rows is None:
        return Entity(kind, _observation(collection, key, asking.actor))
    value = _key(kind, key)
    found = rows_of(collection, asking.actor)
    rows = [] if value is None else list(found.filter(**{kind.key: value}).order_by(kind.key)[:1])
    if not rows:
        raise not_found(kind.singular)
    return Entity(kind, rows[0])


def only(collection: Collection, asking: Asking) -> Entity:
    """The one entity at the end of a navigation to one."""
    if collection.kind.rows is None:
        raise not_found(collection.kind.singular)
    rows = list(rows_of(collection, asking.actor).order_by(collection.kind.key)[:1])
    if not rows:
        raise not_found(collection.kind.singular)
    return Entity(collection.kind, rows[0])


def follow(found: Entity, name: str, path: str) -> tuple[Collection, Nav]:
    """The collection behind a navigation property; KeyError where the kind has none of this name."""
    nav = found.kind.navs[name]
    return Collection(KINDS[nav.kind], path, {nav.theirs: _ours(found.row, nav)}), nav


def _ours(row: object, nav: Nav) -> object:
    if isinstance(row, dict) and nav.ours == "thing":
        return observations.thing_of([int(row["datastream"])]).get(int(row["datastream"]))
    return value_of(row, nav.ours)


def _key(kind: Kind, text: str) -> object:
    quoted = len(text) >= 2 and text[0] == text[-1] == "'"
    plain = text[1:-1].replace("''", "'") if quoted else text
    if kind.key_type == "uuid":
        return as_uuid(plain)
    if kind.key_type == "number":
        return int(plain) if plain.isascii() and plain.isdigit() and len(plain) < 19 else None
    return plain if quoted else None


def _observation(collection: Collection, key: str, actor: Actor) -> observations.Row:
    found = parse_id(key.strip("'"))
    if found is not None:
        number, phenomenon = found
        where = datastream_lookups(collection.where)
        assert isinstance(number, int)
        assert isinstance(phenomenon, datetime)
        if observations.numbers_of(actor, **{**where, "number": number}):
            row = observations.one(number, phenomenon)
            if row is not None:
                return row
    raise not_found("Observation")


def datastream_lookups(where: Mapping[str, object]) -> dict[str, object]:
    """Lookups of the datastreams whose observations a navigation leads to."""
    return {{"datastream": "number__exact", "thing": "thing_id"}[name]: value for name, value in where.items()}


def rows_of(collection: Collection, actor: Actor) -> Rows:
    """The records of a collection that an actor may see."""
    assert collection.kind.rows is not None
    return collection.kind.rows(actor).filter(**collection.where)


def filtered(rows: Rows, kind: Kind, options: Options, actor: Actor) -> Rows:
    """Rows that `$filter` leaves."""
    return rows if options.filter is None else rows.filter(condition(options.filter, kind, actor))


def orders(kind: Kind, options: Options) -> list[OrderBy]:
    """`$orderby` as the database has it; `OptionError` on what cannot be ordered by."""
    made: list[OrderBy] = []
    for one in options.order:
        found = kind.properties.get("/".join(one.path))
        if found is None or found.type == "shape":
            known = "、".join(name for name, each in kind.properties.items() if each.type != "shape")
            raise OptionError(
                "$orderby", f"{kind.name} 不能按 {'/'.join(one.path)[:60]} 排序；可用：{known}", "cannot order by this"
            )
        made.append(F(found.path).desc(nulls_last=True) if one.descending else F(found.path).asc(nulls_last=True))
    return made

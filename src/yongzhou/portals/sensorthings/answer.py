"""From an address to a document: entities, collections, expansions without a query a row, links, pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import quote

from django.db.models import F, OrderBy, Window
from django.db.models.functions import RowNumber

from yongzhou.core.data.actor import Actor
from yongzhou.core.operations.problem import not_found
from yongzhou.portals.sensorthings import observations, pages
from yongzhou.portals.sensorthings.kinds import KINDS, Document, Kind, Nav, Rows, value_of
from yongzhou.portals.sensorthings.lake_terms import parse_id
from yongzhou.portals.sensorthings.options import Expand, OptionError, Options
from yongzhou.portals.sensorthings.terms import as_uuid, condition

COUNT_STOP: Final = 10_000
BOUND: Final = "@iot.countIsLowerBound"  # beside @iot.count: counting stopped at 10,000


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


# --- finding -----------------------------------------------------------------------------------------------------


def entity(collection: Collection, key: str, asking: Asking) -> Entity:
    """One entity of a collection by its key as written in an address; 404 where there is none to see."""
    kind = collection.kind
    if kind.rows is None:
        return Entity(kind, _observation(collection, key, asking.actor))
    value = _key(kind, key)
    found = _queryset(collection, asking.actor)
    rows = [] if value is None else list(found.filter(**{kind.key: value}).order_by(kind.key)[:1])
    if not rows:
        raise not_found(kind.singular)
    return Entity(kind, rows[0])


def only(collection: Collection, asking: Asking) -> Entity:
    """The one entity at the end of a navigation to one."""
    if collection.kind.rows is None:
        raise not_found(collection.kind.singular)
    rows = list(_queryset(collection, asking.actor).order_by(collection.kind.key)[:1])
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
        where = _datastream_lookups(collection.where)
        assert isinstance(number, int)
        assert isinstance(phenomenon, datetime)
        if observations.numbers_of(actor, **{**where, "number": number}):
            row = observations.one(number, phenomenon)
            if row is not None:
                return row
    raise not_found("Observation")


def _datastream_lookups(where: Mapping[str, object]) -> dict[str, object]:
    return {{"datastream": "number__exact", "thing": "thing_id"}[name]: value for name, value in where.items()}


def _queryset(collection: Collection, actor: Actor) -> Rows:
    assert collection.kind.rows is not None
    return collection.kind.rows(actor).filter(**collection.where)


# --- documents ---------------------------------------------------------------------------------------------------


def document(found: Entity, options: Options, asking: Asking) -> Document:
    """One entity with its links and expansions."""
    return documents(found.kind, [found.row], options, asking)[0]


def documents(kind: Kind, rows: Sequence[object], options: Options, asking: Asking) -> list[Document]:
    """Entities with links and expansions: one question a navigation property, whatever the number of rows."""
    made = [_one(kind, row, options, asking) for row in rows]
    for item in options.expand:
        nav = kind.navs.get(item.name)
        if nav is None:
            known = "、".join(kind.navs)
            raise OptionError(
                "$expand", f"{kind.name} 没有导航属性 {item.name[:40]}；有：{known}", "unknown navigation property"
            )
        _expand(kind, rows, made, nav, item, asking)
    return made


def _one(kind: Kind, row: object, options: Options, asking: Asking) -> Document:
    key = pages.key_of(kind, row)
    link = f"{asking.root}/{address(kind, key)}"
    shown = kind.show(row, asking.actor)
    wanted = options.select
    if unknown := wanted - shown.keys() - kind.navs.keys() - {"id", "@iot.id", "@iot.selfLink"}:
        known = "、".join(["id", *shown, *kind.navs])
        raise OptionError(
            "$select", f"{kind.name} 没有 {'、'.join(sorted(unknown))[:80]}；有：{known}", "unknown property"
        )
    head: Document = {"@iot.id": key, "@iot.selfLink": link}
    if wanted:
        head = {name: value for name, value in head.items() if name != "@iot.id" or wanted & {"id", "@iot.id"}}
        shown = {name: value for name, value in shown.items() if name in wanted}
    expanded = {item.name for item in options.expand}
    navs = {
        f"{name}@iot.navigationLink": f"{link}/{name}"
        for name in kind.navs
        if (not wanted or name in wanted) and name not in expanded
    }
    return {**head, **shown, **navs}


def address(kind: Kind, key: object) -> str:
    """`Things('…')`."""
    text = str(key) if isinstance(key, int) else "'" + quote(str(key).replace("'", "''"), safe="") + "'"
    return f"{kind.name}({text})"


def _expand(
    kind: Kind, rows: Sequence[object], made: Sequence[Document], nav: Nav, item: Expand, asking: Asking
) -> None:
    target = KINDS[nav.kind]
    if target.rows is None:
        groups, counts = _observations_of(rows, nav, item.options, asking)
    else:
        groups, counts = _related(rows, nav, item.options, asking)
    top = item.options.top
    kept = [row for group in groups.values() for row in (group[:top] if nav.many else group[:1])]
    ready = dict(zip(map(id, kept), documents(target, kept, item.options, asking), strict=True))
    things = _things_of(rows) if nav.ours == "thing" else {}
    for row, parent in zip(rows, made, strict=True):
        ours = things.get(value_of(row, "datastream")) if things else value_of(row, nav.ours)
        group = groups.get(ours, [])
        if not nav.many:
            parent[item.name] = ready[id(group[0])] if group else None
            continue
        parent[item.name] = [ready[id(one)] for one in group[:top]]
        if item.options.count:
            parent[f"{item.name}@iot.count"] = counts.get(ours, 0)
        if len(group) > top:
            link = f"{asking.root}/{address(kind, pages.key_of(kind, row))}/{item.name}"
            parent[f"{item.name}@iot.nextLink"] = f"{link}?{pages.words(item.options, skip=item.options.skip + top)}"


def _things_of(rows: Sequence[object]) -> Mapping[object, object]:
    return observations.thing_of([int(str(value_of(row, "datastream"))) for row in rows])  # type: ignore[return-value]


def _related(
    rows: Sequence[object], nav: Nav, options: Options, asking: Asking
) -> tuple[dict[object, list[object]], dict[object, int]]:
    """Rows behind a navigation property by the key of their parent, `top` + 1 each, in one question."""
    target = KINDS[nav.kind]
    assert target.rows is not None
    keys = set(_things_of(rows).values()) if nav.ours == "thing" else {value_of(row, nav.ours) for row in rows}
    found = _filtered(target.rows(asking.actor).filter(**{f"{nav.theirs}__in": keys}), target, options, asking.actor)
    order = [*_orders(target, options), F(target.key).asc()]
    counts: dict[object, int] = {}
    if nav.many and nav.theirs not in ("pk", target.key):
        if options.count:
            for value in found.order_by().values_list(nav.theirs, flat=True):
                counts[value] = counts.get(value, 0) + 1
        rank = Window(RowNumber(), partition_by=[F(nav.theirs)], order_by=order)
        found = found.annotate(standing=rank).filter(
            standing__gt=options.skip, standing__lte=options.skip + options.top + 1
        )
    groups: dict[object, list[object]] = {}
    for one in found.order_by(*order):
        groups.setdefault(value_of(one, nav.theirs), []).append(one)
    return groups, counts or {key: len(group) for key, group in groups.items()}


def _observations_of(
    rows: Sequence[object], nav: Nav, options: Options, asking: Asking
) -> tuple[dict[object, list[object]], dict[object, int]]:
    """Observations by the key of their parent: a datastream, or a feature of interest with all its datastreams."""
    actor = asking.actor
    keys = [value_of(row, nav.ours) for row in rows]
    if nav.theirs == "datastream":
        groups: dict[object, list[object]] = dict(observations.of_each([int(str(key)) for key in keys], options, actor))  # type: ignore[arg-type]
        of_key = {key: [int(str(key))] for key in keys}
    else:
        of_key = {key: observations.numbers_of(actor, thing_id=key) for key in keys}
        groups = {key: list(observations.page(numbers, options, actor, None)) for key, numbers in of_key.items()}
    counts = {key: observations.count(of_key[key], options, actor)[0] for key in keys} if options.count else {}
    return groups, counts


# --- collections -------------------------------------------------------------------------------------------------


def listing(collection: Collection, options: Options, asking: Asking, *, refs: bool = False) -> Document:
    """One page of a collection: `@iot.count`, `value`, `@iot.nextLink`."""
    kind = collection.kind
    rows, more, count, bounded = (
        _observations_page(collection, options, asking.actor)
        if kind.rows is None
        else _records_page(collection, options, asking.actor)
    )
    body: Document = {}
    if options.count:
        body["@iot.count"] = count
        if bounded:
            body[BOUND] = True
    if refs:
        body["value"] = [{"@iot.selfLink": f"{asking.root}/{address(kind, pages.key_of(kind, row))}"} for row in rows]
    else:
        body["value"] = documents(kind, rows, options, asking)
    if more and rows:
        body["@iot.nextLink"] = f"{asking.root}/{collection.path}?{pages.following(kind, rows[-1], options)}"
    return body


def _records_page(collection: Collection, options: Options, actor: Actor) -> tuple[list[object], bool, int, bool]:
    kind = collection.kind
    found = _filtered(_queryset(collection, actor), kind, options, actor)
    count = found.order_by()[: COUNT_STOP + 1].count() if options.count else 0
    if options.token:
        found = found.filter(pages.after(kind, options))
    rows = list(
        found.order_by(*_orders(kind, options), F(kind.key).asc())[options.skip : options.skip + options.top + 1]
    )
    return rows[: options.top], len(rows) > options.top, min(count, COUNT_STOP), count > COUNT_STOP


def _observations_page(collection: Collection, options: Options, actor: Actor) -> tuple[list[object], bool, int, bool]:
    numbers = observations.numbers_of(actor, **_datastream_lookups(collection.where))
    after = None
    if options.token:
        moment, number = pages.position(options.token)
        after = (pages.moment_of(moment), int(str(number)))
    rows = observations.page(numbers, options, actor, after)
    count, bounded = observations.count(numbers, options, actor) if options.count else (0, False)
    return list(rows[: options.top]), len(rows) > options.top, count, bounded


def _filtered(rows: Rows, kind: Kind, options: Options, actor: Actor) -> Rows:
    return rows if options.filter is None else rows.filter(condition(options.filter, kind, actor))


def _orders(kind: Kind, options: Options) -> list[OrderBy]:
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

"""Documents of entities: links, selections, expansions without a query a row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import quote

from django.db.models import F, Window
from django.db.models.functions import RowNumber

from yongzhou.portals.sensorthings import observations, pages
from yongzhou.portals.sensorthings.finding import Asking, Entity, filtered, orders
from yongzhou.portals.sensorthings.kinds import KINDS, Kind, Nav
from yongzhou.portals.sensorthings.options import Expand, OptionError, Options
from yongzhou.portals.sensorthings.showing import Document, value_of


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
    found = filtered(target.rows(asking.actor).filter(**{f"{nav.theirs}__in": keys}), target, options, asking.actor)
    order = [*orders(target, options), F(target.key).asc()]
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

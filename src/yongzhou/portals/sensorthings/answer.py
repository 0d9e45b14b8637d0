"""One page of a collection: count, documents, the link to the next page."""

from __future__ import annotations

from typing import Final

from django.db.models import F

from yongzhou.core.data.actor import Actor
from yongzhou.portals.sensorthings import observations, pages
from yongzhou.portals.sensorthings.documents import address, documents
from yongzhou.portals.sensorthings.finding import Asking, Collection, datastream_lookups, filtered, orders, rows_of
from yongzhou.portals.sensorthings.options import Options
from yongzhou.portals.sensorthings.showing import Document

COUNT_STOP: Final = 10_000
BOUND: Final = "@iot.countIsLowerBound"  # beside @iot.count: counting stopped at 10,000


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
    found = filtered(rows_of(collection, actor), kind, options, actor)
    count = found.order_by()[: COUNT_STOP + 1].count() if options.count else 0
    if options.token:
        found = found.filter(pages.after(kind, options))
    rows = list(
        found.order_by(*orders(kind, options), F(kind.key).asc())[options.skip : options.skip + options.top + 1]
    )
    return rows[: options.top], len(rows) > options.top, min(count, COUNT_STOP), count > COUNT_STOP


def _observations_page(collection: Collection, options: Options, actor: Actor) -> tuple[list[object], bool, int, bool]:
    numbers = observations.numbers_of(actor, **datastream_lookups(collection.where))
    after = None
    if options.token:
        moment, number = pages.position(options.token)
        after = (pages.moment_of(moment), int(str(number)))
    rows = observations.page(numbers, options, actor, after)
    count, bounded = observations.count(numbers, options, actor) if options.count else (0, False)
    return list(rows[: options.top]), len(rows) > options.top, count, bounded

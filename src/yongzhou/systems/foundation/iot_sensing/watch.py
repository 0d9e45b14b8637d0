"""Health of all things in one statement, and what follows from it: silences, outages, orders, recoveries."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import numpy as np
from django.db import connection
from django.db.models import QuerySet

from yongzhou.core.matters.life import CLOSED
from yongzhou.core.matters.verbs import move_matter, note_step, open_matter
from yongzhou.core.operations.context import Context
from yongzhou.core.people.models import Unit
from yongzhou.core.things.models import Thing
from yongzhou.systems.foundation.iot_sensing import health
from yongzhou.systems.foundation.iot_sensing.events import OutageBegun, OutageEnded, ThingRecovered, ThingSilenced
from yongzhou.systems.foundation.iot_sensing.models import MaintenanceOrder, Outage, Silence

LOW_VOLTS: Final = 11.5
KIND: Final = "iot_sensing.maintenance"
REPAIR: Final = timedelta(hours=24)

# The expected period is the shortest of the streams that have reported, so that an element which a device never
# sends makes nobody silent. `last_seen` follows in steps of 10 min while a thing is well (things_latest has the
# seconds), since each change of a record is a line of its history.
UPDATE: Final = """
WITH seen AS (
  SELECT d.thing_id, max(l.received) AS at, min(d.period_s) AS period_s,
         count(*) FILTER (WHERE l.flag IN (3, 4)) AS bad,
         min(l.result) FILTER (WHERE d.observed = 'voltage' AND l.flag < 4) AS volts,
         string_agg(d.name, '、' ORDER BY d.number) FILTER (WHERE l.flag IN (3, 4)) AS bad_names
  FROM things_datastream d JOIN things_latest l ON l.datastream = d.number WHERE d.active GROUP BY d.thing_id
), judged AS (
  SELECT t.id, seen.at, CASE
      WHEN seen.at IS NULL THEN 'unknown'
      WHEN seen.at < %(now)s - make_interval(secs => 3 * seen.period_s) THEN 'offline'
      WHEN seen.volts < %(low)s THEN 'low_battery'
      WHEN seen.bad > 0 THEN 'suspect'
      ELSE 'good' END AS health, CASE
      WHEN seen.at IS NULL THEN ''
      WHEN seen.at < %(now)s - make_interval(secs => 3 * seen.period_s) THEN '超过 3 个周期没有上报'
      WHEN seen.volts < %(low)s THEN '电源电压低于 ' || %(low)s || ' V'
      WHEN seen.bad > 0 THEN left(seen.bad_names || ' 数据存疑', 200)
      ELSE '' END AS cause
  FROM things_thing t LEFT JOIN seen ON seen.thing_id = t.id
  WHERE t.lifecycle <> 'retired' AND EXISTS (SELECT FROM things_datastream d WHERE d.thing_id = t.id)
)
UPDATE things_thing t SET health = j.health, health_cause = j.cause, last_seen = coalesce(j.at, t.last_seen),
       lifecycle = CASE WHEN j.at IS NOT NULL AND t.lifecycle IN ('planned', 'installed') THEN 'online'
                        ELSE t.lifecycle END,
       row_version = t.row_version + (t.health <> j.health)::int
FROM judged j
WHERE t.id = j.id AND (t.health <> j.health OR t.health_cause <> j.cause OR j.at > t.last_seen + interval '10 min'
                       OR t.last_seen IS NULL AND j.at IS NOT NULL)
RETURNING t.id, old.health, new.health
"""


def update_health(now: datetime) -> list[tuple[UUID, str, str]]:
    """Health of every thing with datastreams; which changed: (thing, before, after)."""
    with connection.cursor() as cursor:
        cursor.execute(UPDATE, {"now": now, "low": LOW_VOLTS})
        return [(id, before, after) for id, before, after in cursor.fetchall() if before != after]


@dataclass(frozen=True, slots=True)
class Settled:
    """What followed: counts of new silences, recoveries, outages, and orders."""

    silenced: int
    recovered: int
    outages: int
    orders: int


def waiting(now: datetime) -> bool:
    """Whether there is anything to settle: an offline thing without a silence, or a silence of one that is back."""
    fresh = Thing.objects.filter(health="offline").exclude(pk__in=_open().values("thing"))
    back = _open().exclude(thing__health="offline")
    return fresh.exists() or back.exists() or _open().filter(outage=None).exclude(thing__in=_ordered()).exists()


def settle(ctx: Context) -> Settled:
    """Close silences of things that are back, open those of things that are silent, name one cause for each group."""
    recovered = _recover(ctx)
    silenced = _silence(ctx)
    outages, orders = _name_causes(ctx)
    return Settled(silenced, recovered, outages, orders)


def _open() -> QuerySet[Silence]:
    return Silence.objects.filter(until__isnull=True)


def _ordered() -> set[UUID]:
    rows = MaintenanceOrder.objects.filter(kind=KIND, cause="silence").exclude(state__in=CLOSED)
    return {id for id in rows.values_list("thing_id", flat=True) if id is not None}


def _recover(ctx: Context) -> int:
    back = list(_open().exclude(thing__health="offline").select_related("thing", "outage__thing"))
    for silence in back:
        silence.until = ctx.now
        ctx.save(silence)
        if silence.outage is None:
            thing = silence.thing
            ctx.emit(ThingRecovered(thing=thing.pk, since=silence.since, region=thing.region, origin=thing.origin))
            _close_order(ctx, thing, "已恢复上报")
    for outage in {silence.outage for silence in back if silence.outage is not None and silence.outage.until is None}:
        outage.until = ctx.now
        ctx.save(outage)
        _open().filter(outage=outage).update(outage=None, noticed_at=ctx.now)  # who stays silent is a case of its own
        thing = outage.thing
        ctx.emit(OutageEnded(outage=outage.pk, thing=thing.pk, region=thing.region, origin=thing.origin))
        _close_order(ctx, thing, "下级设备已恢复上报")
    return len(back)


def _close_order(ctx: Context, thing: Thing, reason: str) -> None:
    """An order that nobody has touched closes by itself; one in somebody's hands is told."""
    for order in MaintenanceOrder.objects.filter(kind=KIND, key=_key(thing)).exclude(state__in=CLOSED):
        if order.state == "reported":
            move_matter(ctx, order, "closed", reason=reason)
        else:
            note_step(ctx, order, before=order.state, reason=reason)


def _silence(ctx: Context) -> int:
    known = set(_open().values_list("thing_id", flat=True))
    fresh = [thing for thing in Thing.objects.filter(health="offline") if thing.pk not in known and thing.last_seen]
    Silence.objects.bulk_create(
        Silence(thing=thing, region=thing.region, since=thing.last_seen, noticed_at=ctx.now, origin=thing.origin)
        for thing in fresh
    )
    return len(fresh)


def _name_causes(ctx: Context) -> tuple[int, int]:
    """Outages and orders for silences that have none, once the grace is over."""
    things = {thing.pk: thing for thing in Thing.objects.exclude(lifecycle="retired")}
    place = {id: row for row, id in enumerate(things)}
    silences = {silence.thing_id: silence for silence in _open() if silence.thing_id in place}
    quiet = np.array([id in silences for id in things], dtype=bool)
    parent = np.array(
        [place.get(thing.parent_id, -1) if thing.parent_id else -1 for thing in things.values()], dtype=np.int64
    )
    reports = np.array([thing.last_seen is not None for thing in things.values()], dtype=bool)
    root = health.roots(quiet, parent, reports)
    ids = list(things)
    stands = {outage.thing_id: outage for outage in Outage.objects.filter(until__isnull=True)}
    ordered = _ordered()
    size = Counter(root[root >= 0].tolist())
    outages = orders = 0
    for id, silence in silences.items():
        cause = things[ids[root[place[id]]]]
        if silence.outage_id is not None or (cause.pk == id and id in ordered):
            continue
        if (ctx.now - silence.noticed_at).total_seconds() < health.GRACE_S:
            continue
        if cause.pk != id:
            if cause.pk not in stands:
                stands[cause.pk] = _begin(ctx, cause, silence.since, size[place[cause.pk]])
                outages += 1
                orders += _order(ctx, cause, "outage", silence.since, size[place[cause.pk]])
            silence.outage = stands[cause.pk]
            ctx.save(silence)
        else:
            ctx.emit(ThingSilenced(thing=id, since=silence.since, region=cause.region, origin=cause.origin))
            orders += _order(ctx, cause, "silence", silence.since, 1)
    return outages, orders


def _begin(ctx: Context, cause: Thing, since: datetime, count: int) -> Outage:
    outage = Outage(thing=cause, region=cause.region, since=since, things=count, origin=cause.origin)
    ctx.save(outage)
    ctx.emit(OutageBegun(outage=outage.pk, thing=cause.pk, things=count, region=cause.region, origin=cause.origin))
    return outage


def _order(ctx: Context, thing: Thing, cause: str, since: datetime, affected: int) -> int:
    return int(
        open_order(ctx, thing, cause, f"{thing.name}{'及下级设备' if affected > 1 else ''}失联", affected=affected)[1]
    )


def open_order(
    ctx: Context, thing: Thing, cause: str, title: str, *, affected: int = 1, level: int = 4, detail: str = ""
) -> tuple[MaintenanceOrder, bool]:
    """The open repair order of a thing and cause, made if there is none; its owner's unit is responsible."""
    unit = thing.owner or Unit.objects.filter(code="4311-SWZX").first()
    return open_matter(
        ctx,
        MaintenanceOrder,
        kind=KIND,
        key=_key(thing) if cause in ("silence", "outage") else f"{cause}:{thing.scheme}:{thing.code}",
        prefix="WX",
        steward="iot_sensing",
        cause=cause,
        affected=affected,
        title=title[:120],
        detail=detail,
        level=level,
        region=thing.region,
        geometry=thing.geometry,
        thing=thing,
        unit=unit,
        source="alarm",
        due=ctx.now + REPAIR,
        origin=thing.origin,
    )


def _key(thing: Thing) -> str:
    return f"silence:{thing.scheme}:{thing.code}"

"""Compute the state of all places in all domains from the last readings, and write it as one batch."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

import numpy as np
from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from yongzhou.core.bus.live import publish_live
from yongzhou.core.crypto.identity import uuid7
from yongzhou.core.data.origin import worst
from yongzhou.core.indicators.definition import Indicator, indicators
from yongzhou.systems.governance.city_operations import state
from yongzhou.systems.governance.city_operations.models import DOMAINS, DomainRule, VitalSign

READABLE: Final = timedelta(hours=2)  # an older reading is missing data
KEEP: Final = timedelta(days=40)

Readings = dict[tuple[str, str], tuple[float | None, str]]  # (indicator, region): (value, origin)
Standing = dict[tuple[str, str], tuple[int, int]]  # (region, domain): (severity, streak)

_READINGS: Final = """
select distinct on (indicator, region) indicator, region, value, origin from core_reading
where indicator = any(%s) and region = any(%s) and period <= %s and period > %s
order by indicator, region, period desc
"""
# One step down the index a place and domain, however long the past is.
_LAST: Final = """
select s.region, s.domain, s.severity::int, s.streak
from unnest(%s::text[]) p(region) cross join unnest(%s::text[]) d(domain) cross join lateral (
  select * from city_operations_statevector s
  where s.region = p.region and s.domain = d.domain and s.at <= %s order by s.at desc limit 1
) s
"""
# A state that still holds only moves its `confirmed_at`; one that changed is a new row: the past stays readable.
_WRITE: Final = """
with incoming as (
  select * from unnest(%(id)s::uuid[], %(region)s::text[], %(domain)s::text[], %(score)s::float8[],
    %(severity)s::text[], %(streak)s::int[], %(confidence)s::float8[], %(reasons)s::jsonb[], %(origin)s::text[])
    as u(id, region, domain, score, severity, streak, confidence, reasons, origin)
), judged as (
  select i.*, s.id as last, coalesce(s.rule = %(rule)s and (s.score, s.severity, s.confidence, s.origin)
    is not distinct from (i.score, i.severity, i.confidence, i.origin), false) as holds
  from incoming i left join lateral (
    select * from city_operations_statevector s
    where s.region = i.region and s.domain = i.domain and s.at <= %(at)s order by s.at desc limit 1
  ) s on true
), same as (
  update city_operations_statevector s set confirmed_at = %(at)s, streak = j.streak, reasons = j.reasons
  from judged j where s.id = j.last and j.holds
)
insert into city_operations_statevector
  (id, origin, created_at, row_version, region, domain, at, confirmed_at, score, severity, streak, confidence,
   reasons, rule)
select id, origin, %(at)s, 1, region, domain, %(at)s, %(at)s, score, severity, streak, confidence, reasons, %(rule)s
from judged where not holds
"""
_TWIN: Final = """
with stream as (
  select thing_id, min(period_s) as period_s from things_datastream where active group by thing_id
)
insert into city_operations_twinlink as l
  (id, origin, created_at, row_version, thing_id, region, located, owned, watched, period_s, external, checked_at)
select gen_random_uuid(), t.origin, %(at)s, 1, t.id, t.region, t.geometry is not null, t.owner_id is not null,
  s.thing_id is not null, s.period_s, '{}', %(at)s
from things_thing t left join stream s on s.thing_id = t.id where t.lifecycle <> 'retired'
on conflict (thing_id) do update set region = excluded.region, located = excluded.located, owned = excluded.owned,
  watched = excluded.watched, period_s = excluded.period_s, checked_at = excluded.checked_at
where (l.region, l.located, l.owned, l.watched, l.period_s)
  is distinct from (excluded.region, excluded.located, excluded.owned, excluded.watched, excluded.period_s)
"""
# A thing that was retired or removed leaves no twin behind.
_ORPHANS: Final = """
delete from city_operations_twinlink l using things_thing t where t.id = l.thing_id and t.lifecycle = 'retired'
"""


@dataclass(frozen=True, slots=True)
class Rules:
    """Signs and limits of all domains as they stand, with a version that changes when any of them does."""

    signs: list[VitalSign]
    limits: dict[str, DomainRule]
    version: str

    @classmethod
    def of(cls, day: date) -> Rules:
        """The edition in force on a day, seasonal goalposts before those of the whole year; two queries."""
        force = Q(valid_from__lte=day) & (Q(valid_to__isnull=True) | Q(valid_to__gt=day))
        best: dict[tuple[str, str], VitalSign] = {}
        for sign in VitalSign.objects.filter(force).order_by("domain", "indicator", "season_from", "valid_from"):
            if in_season(day, sign.season_from, sign.season_to):
                best[sign.domain, sign.indicator] = sign  # "" sorts first: a season that holds comes after, and wins
        signs = list(best.values())
        limits = {rule.domain: rule for rule in DomainRule.objects.filter(force).order_by("domain", "valid_from")}
        text = json.dumps(
            [[s.domain, s.indicator, s.worst, s.best, s.weight] for s in signs]
            + [
                [r.domain, r.blue, r.yellow, r.orange, r.red, r.band, r.periods]
                for r in sorted(limits.values(), key=lambda r: r.domain)
            ]
        )
        return cls(signs, limits, hashlib.sha256(text.encode()).hexdigest()[:12])


def in_season(day: date, first: str, last: str) -> bool:
    """Whether a day lies in a season `MM-DD` to `MM-DD`, ends counted, the new year may be between; "" is always."""
    if not first or not last:
        return True
    now = f"{day:%m-%d}"
    return first <= now <= last if first <= last else now >= first or now <= last


def compute_states(at: datetime, places: list[str], domains: list[str] | None = None) -> int:
    """State of all places in all domains at an instant, written as one statement; returns how many rows changed.

    A domain whose signs have no reading anywhere gets severity -1 (无数据源) and no score.
    """
    rules = Rules.of(timezone.localdate(at))
    wanted = [domain for domain in DOMAINS if domains is None or domain in domains]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtextextended('city_operations.state', 0))")  # one at a time
        read, before = readings(rules, places, at), standing(places, wanted, at)
        cursor.execute(_WRITE, {**columns(rules, wanted, places, read, before), "at": at, "rule": rules.version})
        changed: int = cursor.rowcount
        cursor.execute("delete from city_operations_statevector where confirmed_at < %s", [at - KEEP])
    if changed:
        transaction.on_commit(lambda: publish_live("indicator", {"key": "city_operations.state", "at": at.isoformat()}))
    return changed


def readings(rules: Rules, places: list[str], at: datetime) -> Readings:
    """The last reading of each sign and place that is not too old at an instant; one query."""
    with connection.cursor() as cursor:
        cursor.execute(_READINGS, [[sign.indicator for sign in rules.signs], places, at, at - READABLE])
        return {(name, region): (value, origin) for name, region, value, origin in cursor.fetchall()}


def standing(places: list[str], domains: list[str], at: datetime) -> Standing:
    """Severity and streak that stood for each place and domain at an instant; one query."""
    with connection.cursor() as cursor:
        cursor.execute(_LAST, [places, domains, at])
        return {(region, domain): (severity, streak) for region, domain, severity, streak in cursor.fetchall()}


def columns(
    rules: Rules, domains: list[str], places: list[str], read: Readings, before: Standing
) -> dict[str, list[object]]:
    """Score, severity, confidence and reasons of all places and domains, as columns; places are the array axis."""
    found: dict[str, list[object]] = {
        name: []
        for name in ("id", "region", "domain", "score", "severity", "streak", "confidence", "reasons", "origin")
    }
    known = indicators()
    for domain in domains:  # six at most; places are the array axis
        signs = [sign for sign in rules.signs if sign.domain == domain]
        limits = rules.limits.get(domain)
        cells = [[read.get((sign.indicator, place), (None, "measured")) for sign in signs] for place in places]
        raw = np.array([[np.nan if value is None else value for value, _ in row] for row in cells], dtype=np.float64)
        raw = raw.reshape(len(places), len(signs))
        weights = np.array([sign.weight for sign in signs], dtype=np.float64)
        if signs:
            parts = state.normalise(raw, np.array([s.worst for s in signs]), np.array([s.best for s in signs]))
            joined, confidence = state.score(parts, weights)
        else:
            parts, joined, confidence = raw, np.full(len(places), np.nan), np.zeros(len(places))
        points = np.round(100 * joined, 1)
        old = [before.get((place, domain), (-1, 0)) for place in places]
        held = state.Held(np.array([s for s, _ in old], dtype=np.int64), np.array([n for _, n in old], dtype=np.int64))
        if limits is not None:
            size = len(places)
            lines = np.tile([limits.blue, limits.yellow, limits.orange, limits.red], (size, 1)).astype(np.float64)
            held = state.hold(points, lines, np.full(size, float(limits.band)), np.full(size, limits.periods), held)
        shares = state.loss(parts, weights) if signs else parts
        for row, place in enumerate(places):
            blind = bool(np.isnan(points[row]))
            found["id"].append(uuid7())
            found["region"].append(place)
            found["domain"].append(domain)
            found["score"].append(None if blind else float(points[row]))
            found["severity"].append("-1" if blind else str(held.severity[row]))
            found["streak"].append(int(held.streak[row]))
            found["confidence"].append(round(100 * float(confidence[row])))
            found["reasons"].append(
                json.dumps(_reasons(signs, cells[row], parts[row], shares[row], known), ensure_ascii=False)
            )
            found["origin"].append(worst(origin for value, origin in cells[row] if value is not None))
    return found


def _reasons(
    signs: list[VitalSign], cells: list[tuple[float | None, str]], parts: state.Floats, shares: state.Floats,
    known: dict[str, Indicator],
) -> list[dict[str, object]]:  # fmt: skip
    """What made the score, the heaviest first; a sign without a reading is named as missing."""
    lines = []
    for index, sign in enumerate(signs):
        indicator, value = known.get(sign.indicator), cells[index][0]
        lines.append(
            {
                "indicator": sign.indicator,
                "title": indicator.title if indicator else sign.indicator,
                "unit": indicator.unit if indicator else "",
                "digits": indicator.digits if indicator else 1,
                "value": value,
                "sign": None if value is None else round(100 * float(parts[index])),
                "share": round(100 * float(shares[index])),
                "weight": sign.weight,
            }
        )
    return sorted(lines, key=lambda line: (line["value"] is None, -int(str(line["share"]))))


def check_twin(at: datetime) -> int:
    """Bring the twin's links to what the things say today; returns how many changed or went."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_TWIN, {"at": at})
        changed = int(cursor.rowcount)
        cursor.execute(_ORPHANS)
        return changed + int(cursor.rowcount)


def places_of_state(*kinds: str) -> list[str]:
    """Region codes whose state is kept, by kind of place: by default city, county and town."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select code from places_place where kind = any(%s) and valid_to is null order by code",
            [list(kinds or ("city", "county", "town"))],
        )
        return [code for (code,) in cursor.fetchall()]

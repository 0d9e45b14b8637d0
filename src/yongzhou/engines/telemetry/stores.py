"""Where the reader keeps what is not the lake: registry, latest values, rules, alarms, quarantine. Django here only.

Tables: `things_thing`, `things_datastream`, `things_latest` of core; `Rule`, `Alarm`, `Progress` of this engine.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

import pyarrow as pa
from django.db import close_old_connections, connection, transaction
from django.db.models import Q, QuerySet
from pyarrow import csv

from yongzhou.core.bus.models import Quarantine
from yongzhou.core.bus.outbox import enqueue
from yongzhou.core.bus.quarantine import CONTEXT
from yongzhou.core.crypto import seal_bytes
from yongzhou.core.data.actor import system
from yongzhou.core.data.origin import Origin
from yongzhou.core.observe import trace
from yongzhou.core.things.models import Thing
from yongzhou.engines.telemetry import models
from yongzhou.engines.telemetry.batch import Refused, Registry
from yongzhou.engines.telemetry.events import AlarmCleared, AlarmRaised
from yongzhou.engines.telemetry.ports import Rules
from yongzhou.engines.telemetry.rules import Change, Rule

ACTOR: Final = system("telemetry").id  # who telemetry is in outbox and history

_REGISTRY: Final = """
SELECT d.door, d.station, d.element, d.number, t.id::text AS thing, t.region, d.origin, d.low, d.high, d.max_rate,
       d.flat_count, d.period_s, d.observed, d."limit", d.limit_high
FROM things_datastream d JOIN things_thing t ON t.id = d.thing_id WHERE d.active
"""
_REGISTRY_SCHEMA: Final = pa.schema(
    [
        *((name, pa.string()) for name in ("door", "station", "element")),
        ("number", pa.int64()),
        *((name, pa.string()) for name in ("thing", "region", "origin")),
        *((name, pa.float64()) for name in ("low", "high", "max_rate")),
        *((name, pa.int64()) for name in ("flat_count", "period_s")),
        ("observed", pa.string()),
        *((name, pa.float64()) for name in ("limit", "limit_high")),
    ]
)
_FINGERPRINT: Final = """
SELECT d.*, t.*, r.* FROM (SELECT count(*), sum(row_version), max(created_at) FROM things_datastream WHERE active) d,
  (SELECT count(*), sum(row_version) FROM things_thing) t,
  (SELECT count(*), sum(row_version), max(created_at) FROM telemetry_rule WHERE active) r
"""
# A sound value wins over an unsound one, then the newer moment, then the later receipt. Sound as in `quality.sound`.
_INCOMING: Final = """
CREATE TEMP TABLE IF NOT EXISTS telemetry_incoming (datastream bigint, phenomenon timestamptz, result float8,
  flag smallint, origin text, frame uuid, received timestamptz) ON COMMIT DELETE ROWS
"""
_LATEST: Final = """
INSERT INTO things_latest AS old (datastream, phenomenon, result, flag, origin, frame, received)
SELECT * FROM telemetry_incoming ORDER BY datastream
ON CONFLICT (datastream) DO UPDATE SET phenomenon = excluded.phenomenon, result = excluded.result,
  flag = excluded.flag, origin = excluded.origin, frame = excluded.frame, received = excluded.received
WHERE (excluded.flag < 4 AND abs(extract(epoch FROM excluded.phenomenon - excluded.received)) <= 86400,
       excluded.phenomenon, excluded.received)
    > (old.flag < 4 AND abs(extract(epoch FROM old.phenomenon - old.received)) <= 86400, old.phenomenon, old.received)
RETURNING datastream
"""


class HouseStores:
    """`Stores` in the house's PostgreSQL. Called from one thread at a time."""

    def registry(self) -> Registry:
        """All live datastreams by their address."""
        close_old_connections()
        with connection.cursor() as cursor:
            cursor.execute(_REGISTRY)
            columns = list(zip(*cursor.fetchall(), strict=True)) or [()] * len(_REGISTRY_SCHEMA)
        arrays = [pa.array(values, field.type) for values, field in zip(columns, _REGISTRY_SCHEMA, strict=True)]
        return Registry(pa.table(arrays, schema=_REGISTRY_SCHEMA))

    def rules(self, registry: Registry) -> Rules:
        """Active rules, one pure rule for each limit that a record means, with their open alarms."""
        records = list(models.Rule.objects.filter(active=True).order_by("id"))
        streams = registry.table.select(["number", "thing", "observed", "limit", "limit_high"]).to_pylist()
        rules: list[Rule] = []
        for place, record in enumerate(records):
            by_limit: dict[float, list[int]] = {}
            for stream in streams:
                of_rule = stream["observed"] == record.observed and record.thing_id in (None, UUID(stream["thing"]))
                limit = record.value if record.threshold == "value" else stream[record.threshold]
                if of_rule and limit is not None:
                    by_limit.setdefault(limit, []).append(stream["number"])
            back = record.margin if record.falling else -record.margin
            rules += [
                Rule(
                    number=place,
                    datastreams=tuple(numbers),
                    raise_at=limit,
                    clear_at=limit + back,
                    window=record.window_s if record.aggregate != "last" else 0,
                    aggregate=record.aggregate,
                    hold=record.hold,
                    level=int(record.level),
                    falling=record.falling,
                )
                for limit, numbers in by_limit.items()
            ]
        places = {record.pk: place for place, record in enumerate(records)}
        alarms = [
            (places[rule], number, str(thing))
            for rule, number, thing in self._open_alarms().values_list("rule_id", "datastream", "thing_id")
            if rule in places
        ]
        return Rules(
            rules,
            [record.pk for record in records],
            open={(place, number) for place, number, _ in alarms},
            standing={(place, thing) for place, _, thing in alarms},
        )

    def fingerprint(self) -> tuple[object, ...]:
        """Differs when datastreams or rules were added, changed or removed."""
        close_old_connections()
        with connection.cursor() as cursor:
            cursor.execute(_FINGERPRINT)
            return tuple(cursor.fetchone() or ())

    def standing(self, rules: Rules) -> set[tuple[int, str]]:
        """Open alarms as (place of the rule, thing)."""
        places = {key: place for place, key in enumerate(rules.keys)}
        alarms = self._open_alarms().values_list("rule_id", "thing_id")
        return {(places[rule], str(thing)) for rule, thing in alarms if rule in places}

    @staticmethod
    def _open_alarms() -> QuerySet[models.Alarm]:
        return models.Alarm.objects.filter(cleared_at__isnull=True)

    def latest(self) -> pa.Table:
        """datastream, phenomenon, result of the latest sound values."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT datastream, phenomenon, result FROM things_latest WHERE flag < 4 "
                "AND abs(extract(epoch FROM phenomenon - received)) <= 86400"
            )
            rows = cursor.fetchall()
        types = (pa.int64(), pa.timestamp("us", "UTC"), pa.float64())
        columns = zip(*rows, strict=True) if rows else ((), (), ())
        arrays = [pa.array(list(values), kind) for values, kind in zip(columns, types, strict=True)]
        return pa.table(arrays, names=["datastream", "phenomenon", "result"])

    def progress(self, stream: str, incarnation: datetime) -> int:
        """Sequence up to which `settle` was called; 0 if never for this incarnation."""
        row = models.Progress.objects.filter(stream=stream, incarnation=incarnation).first()
        return row.last_seq if row else 0

    def settle(
        self,
        latest: pa.Table,
        changes: Sequence[Change],
        rules: Rules,
        stream: str,
        incarnation: datetime,
        last_seq: int,
    ) -> set[int]:
        """Latest values, alarms with their events, and progress in one transaction; which datastreams changed."""
        close_old_connections()
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('yz.actor', %s, true)", [str(ACTOR)])
            changed: set[int] = set()
            if latest.num_rows:
                cursor.execute(_INCOMING)
                with cursor.copy("COPY telemetry_incoming FROM STDIN (FORMAT csv)") as copy:
                    copy.write(_csv(latest))
                cursor.execute(_LATEST)
                changed = {row[0] for row in cursor.fetchall()}
            if changes:
                self._alarms(changes, rules)
            models.Progress.objects.update_or_create(
                stream=stream, defaults={"incarnation": incarnation, "last_seq": last_seq}
            )
        return changed

    def refuse(self, refused: Sequence[Refused]) -> None:
        """Put input into the quarantine; the same input again changes nothing."""
        if not refused:
            return
        close_old_connections()
        now = datetime.now(UTC)
        rows = [
            Quarantine(
                id=UUID(bytes=item.id),
                source=item.source,
                payload=seal_bytes(item.payload, CONTEXT),
                reason=item.reason,
                where=item.where[:500],
                replay=item.replay,
                station=item.station[:200],
                received=item.received or now,
            )
            for item in refused
        ]
        Quarantine.objects.bulk_create(rows, batch_size=1000, ignore_conflicts=True)

    def _alarms(self, changes: Sequence[Change], rules: Rules) -> None:
        records = models.Rule.objects.in_bulk({rules.keys[change.rule] for change in changes})
        things = {str(thing.pk): thing for thing in Thing.objects.filter(pk__in={change.thing for change in changes})}
        for change in changes:
            thing, record = things.get(change.thing), records.get(rules.keys[change.rule])
            if thing is None or record is None:  # deleted since they were read
                continue
            at = datetime.fromtimestamp(change.phenomenon / 1_000_000, UTC)
            with trace.span(f"alarm {change.kind}", change.trace):
                if change.kind == "raised":
                    self._raise(record, thing, change, at)
                else:
                    self._clear(record, thing, change, at)

    def _raise(self, rule: models.Rule, thing: Thing, change: Change, at: datetime) -> None:
        alarm, new = models.Alarm.objects.get_or_create(
            rule=rule,
            thing=thing,
            cleared_at=None,
            defaults={
                "region": thing.region,
                "datastream": change.datastream,
                "level": str(change.level),
                "value": change.value,
                "raised_at": at,
                "origin": thing.origin,
            },
        )
        if new:
            enqueue([_fact(AlarmRaised, alarm, rule, thing, change, at)], ACTOR)

    def _clear(self, rule: models.Rule, thing: Thing, change: Change, at: datetime) -> None:
        stands = Q(rule=rule, thing=thing, cleared_at__isnull=True)
        for alarm in models.Alarm.objects.select_for_update().filter(stands):
            alarm.cleared_at, alarm.cleared_value = at, change.value
            alarm.row_version += 1
            alarm.save(update_fields=["cleared_at", "cleared_value", "row_version"])
            enqueue([_fact(AlarmCleared, alarm, rule, thing, change, at)], ACTOR)


def _fact(
    kind: type[AlarmRaised | AlarmCleared],
    alarm: models.Alarm,
    rule: models.Rule,
    thing: Thing,
    change: Change,
    at: datetime,
) -> AlarmRaised | AlarmCleared:
    origin: Origin = thing.origin
    return kind(
        region=thing.region,
        origin=origin,
        alarm=alarm.pk,
        rule=rule.pk,
        rule_name=rule.name,
        thing=thing.pk,
        thing_name=thing.name,
        datastream=change.datastream,
        level=change.level,
        value=change.value,
        at=at,
    )


def _csv(latest: pa.Table) -> memoryview:
    """Rows of `telemetry_incoming` as CSV; a frame's 16 bytes become hex."""
    identities = b"".join(latest["frame"].to_pylist()).hex().encode()
    hexed = pa.FixedSizeBinaryArray.from_buffers(pa.binary(32), latest.num_rows, [None, pa.py_buffer(identities)])
    table = latest.set_column(
        latest.schema.get_field_index("frame"), "frame", hexed.cast(pa.binary()).cast(pa.string())
    )
    sink = pa.BufferOutputStream()
    columns = ["datastream", "phenomenon", "result", "flag", "origin", "frame", "received"]
    csv.write_csv(table.select(columns), sink, csv.WriteOptions(include_header=False))
    return memoryview(sink.getvalue())

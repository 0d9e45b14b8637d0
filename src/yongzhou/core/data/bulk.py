"""Mass writes: COPY into the record's table and its kernel noun's, one audit line and one history marker a batch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final
from uuid import UUID

from django.db import connection, models, transaction
from django.utils import timezone

from yongzhou.core import crypto
from yongzhou.core.audit.lines import append
from yongzhou.core.crypto.identity import uuid7
from yongzhou.core.data.actor import Actor
from yongzhou.core.data.guard import resource_name
from yongzhou.core.data.origin import Origin
from yongzhou.core.data.personal import Personal, Sealed
from yongzhou.core.data.record import Record

AT_ONCE: Final = 50_000  # rows in memory


@dataclass(frozen=True, slots=True)
class BulkReport:
    """How many rows went in, under which operation id."""

    rows: int
    op_id: UUID


def copy_in(
    model: type[Record], rows: Iterable[Mapping[str, Any]], *, actor: Actor, origin: Origin, source: str
) -> BulkReport:
    """COPY rows (field name to value; `id` optional) in one transaction; the history trigger is passed over.

    Personal values are sealed and get their blind index here; all others are trusted to be validated by the caller.
    Raises what PostgreSQL raises; then nothing is written.
    """
    op_id, now, total = uuid7(), timezone.now(), 0
    personal = [field for field in model._meta.concrete_fields if isinstance(field, Personal)]
    tables = (*reversed(model._meta.get_parent_list()), model)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("select set_config('yz.bulk', 'on', true)")  # the trigger passes; one marker below
        for some in _batches(rows):
            prepared = [
                {"origin": origin, "created_at": now, "row_version": 1, **row, "id": row.get("id") or uuid7()}
                for row in some
            ]
            for field in personal:
                _seal(field, prepared)
            for cls in tables:
                _copy_table(cursor, cls, prepared)
            total += len(prepared)
        cursor.execute("select set_config('yz.bulk', 'off', true)")
        cursor.execute(
            "insert into core_change (record, id, op_id, actor, kind, diff) values (%s, %s, %s, %s, 'B', %s)",
            [model._meta.db_table, op_id, op_id, actor.id, f'{{"rows": {total}}}'],
        )
        append(
            actor=actor,
            verb="core.copy_in",
            resource=resource_name(model),
            record_id=None,
            purpose=source,
            outcome="done",
            door="house",
            detail={"rows": total, "op": str(op_id)},
        )
    return BulkReport(total, op_id)


def _batches(rows: Iterable[Mapping[str, Any]]) -> Iterator[list[Mapping[str, Any]]]:
    rest = iter(rows)
    while some := list(islice(rest, AT_ONCE)):
        yield some


def _seal(field: Personal, rows: list[dict[str, Any]]) -> None:
    kind, context = field.spec.personal or "contact", field.context()
    for row in rows:
        value = row.get(field.name)
        if value and not isinstance(value, Sealed):
            row[f"{field.name}_blind"] = crypto.blind(str(value), kind)
            row[field.name] = Sealed(crypto.seal(str(value), context), context)


def _copy_table(cursor: Any, cls: type[models.Model], rows: list[dict[str, Any]]) -> None:
    fields = list(cls._meta.local_concrete_fields)
    columns = ", ".join(f'"{field.column}"' for field in fields)
    with cursor.copy(f'copy "{cls._meta.db_table}" ({columns}) from stdin') as copy:
        for row in rows:
            copy.write_row([_value(field, row) for field in fields])


def _value(field: models.Field[Any, Any], row: Mapping[str, Any]) -> Any:
    if isinstance(field, models.OneToOneField) and field.remote_field.parent_link:
        return row["id"]
    value = row[field.name] if field.name in row else row.get(field.attname, field.get_default())
    if isinstance(value, models.Model):
        value = value.pk
    return field.get_db_prep_save(value, connection) if not isinstance(field, models.ForeignKey) else value

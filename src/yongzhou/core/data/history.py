"""Record time: one trigger writes what each change overwrote; a past state is the present with changes undone."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, Final, TypeVar
from uuid import UUID

from django.db import connection, models

from yongzhou.core.data.house import declaration
from yongzhou.core.data.personal import Personal
from yongzhou.core.data.record import Record

R = TypeVar("R", bound=Record)

INSTALL_SQL: Final = """
create table if not exists core_change (
    record text not null, id uuid not null, op_id uuid, actor uuid, at timestamptz not null default clock_timestamp(),
    kind "char" not null, diff jsonb not null
) partition by range (at);
create table if not exists core_change_rest partition of core_change default;
create index if not exists core_change_row on core_change (record, id, at desc);

create or replace function core_record_change() returns trigger language plpgsql as $body$
declare
    before jsonb := case when tg_op = 'INSERT' then '{}'::jsonb else to_jsonb(old) end;
    after jsonb := case when tg_op = 'DELETE' then '{}'::jsonb else to_jsonb(new) end;
    diff jsonb := '{}'::jsonb;
begin
    if current_setting('yz.bulk', true) = 'on' then return null; end if;
    if tg_op <> 'INSERT' then
        select coalesce(jsonb_object_agg(key, value), '{}'::jsonb) into diff
        from jsonb_each(before) where after -> key is distinct from value;
        if tg_op = 'UPDATE' and diff = '{}'::jsonb then return null; end if;
    end if;
    insert into core_change (record, id, op_id, actor, kind, diff) values (
        tg_table_name, coalesce(after ->> tg_argv[0], before ->> tg_argv[0])::uuid,
        nullif(current_setting('yz.op', true), '')::uuid, nullif(current_setting('yz.actor', true), '')::uuid,
        left(tg_op, 1)::"char", diff);
    return null;
end $body$;
"""


def partition_sql(year: int, month: int) -> str:
    """SQL that makes the partition of one month."""
    after = (year + month // 12, month % 12 + 1)
    return (
        f"create table if not exists core_change_{year}{month:02} partition of core_change "
        f"for values from ('{year}-{month:02}-01') to ('{after[0]}-{after[1]:02}-01');"
    )


def trigger_sql(model: type[Record]) -> str:
    """SQL that puts the history trigger on one record's own table."""
    table, key = model._meta.db_table, model._meta.pk.column if model._meta.pk else "id"
    return (
        f'drop trigger if exists record_change on "{table}"; '
        f'create trigger record_change after insert or update or delete on "{table}" '
        f"for each row execute function core_record_change('{key}');"
    )


def changes(row: Record, *, limit: int = 200) -> list[dict[str, Any]]:
    """What happened to a row, newest first: `at`, `kind` (I, U, D), `actor`, `op_id`, `before` (overwritten values)."""
    tables = [cls._meta.db_table for cls in _tables(type(row))]
    with connection.cursor() as cursor:
        cursor.execute(
            "select at, kind, actor, op_id, diff from core_change where record = any(%s) and id = %s"
            " order by at desc limit %s",
            [tables, row.pk, limit],
        )
        return [
            {
                "at": at,
                "kind": str(kind),
                "actor": actor,
                "op_id": op,
                "before": json.loads(diff) if isinstance(diff, str) else diff,
            }
            for at, kind, actor, op, diff in cursor.fetchall()
        ]


def past(record_type: type[R], id: UUID, at: datetime) -> R | None:
    """The row as it was known at an instant; None if it did not exist then.

    A row brought in by `bulk.copy_in` has no change of its own: it exists from its `created_at`.
    """
    columns: dict[str, Any] = {}
    for cls in _tables(record_type):
        state = _past_of_table(cls, id, at)
        if state is None:
            return None
        columns.update(state)
    values = {}
    for field in record_type._meta.concrete_fields:
        if field.column in columns:
            raw = columns[field.column]
            if isinstance(field, models.BinaryField) and isinstance(raw, str):
                raw = bytes.fromhex(raw[2:])
            if isinstance(field, Personal):
                values[field.attname] = field.from_db_value(raw)
                continue
            values[field.attname] = field.to_python(raw) if raw is not None and not field.is_relation else raw
    row = record_type(**values)
    row._state.adding = False
    return row if row.created_at <= at else None


def _past_of_table(model: type[models.Model], id: UUID, at: datetime) -> dict[str, Any] | None:
    table, key = model._meta.db_table, model._meta.pk.column if model._meta.pk else "id"
    with connection.cursor() as cursor:
        cursor.execute(f'select to_jsonb(t) from "{table}" t where "{key}" = %s', [id])
        found = cursor.fetchone()
        state = _loaded(found[0]) if found else None
        cursor.execute(
            "select kind, diff from core_change where record = %s and id = %s and at > %s order by at desc",
            [table, id, at],
        )
        for kind, diff in cursor.fetchall():
            state = None if str(kind) == "I" else {**(state or {}), **(_loaded(diff) or {})}
    return state


def _loaded(value: Any) -> dict[str, Any] | None:
    found: dict[str, Any] | None = json.loads(value) if isinstance(value, str) else value
    return found


def _tables(model: type[Record]) -> list[type[models.Model]]:
    return [*model._meta.get_parent_list(), model]


def all_trigger_sql(record_models: list[type[Record]]) -> str:
    """SQL for every record that keeps a history."""
    return "\n".join(trigger_sql(model) for model in record_models if declaration(model).history)

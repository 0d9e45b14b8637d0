"""The one place that writes what every operation leaves: audit lines, events on their way out, the answer to a key.

One statement, so one round trip; it stands in the caller's transaction, with the effect or not at all.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from pydantic import JsonValue

from yongzhou.core.database.base import Statement, database


class Kept(NamedTuple):
    """The answer to a key: its row in `core_answer` and the sealed output."""

    row: int
    output: Mapping[str, str]


# an envelope (CloudEvents) tells all columns of its row in the outbox; ids rise in the order of the array
_JOURNAL: Final = Statement(
    b"yz_journal",
    b"""
    with event as (
        insert into core_outbox (event_id, subject, data, actor, at)
        select (e ->> 'id')::uuid, e ->> 'type', e, (e ->> 'actor')::uuid, (e ->> 'time')::timestamptz
        from jsonb_array_elements($2::jsonb) e
    ), answer as (
        update core_answer set output = $4::jsonb where id = $3::bigint
    )
    insert into core_audit_line
        (id, at, actor_id, actor_name, verb, resource, record_id, purpose, outcome, door, detail)
    select id, at, actor_id, actor_name, verb, resource, record_id, purpose, outcome, door, detail
    from jsonb_to_recordset($1::jsonb) line (
        id uuid, at timestamptz, actor_id uuid, actor_name text, verb text, resource text, record_id uuid,
        purpose text, outcome text, door text, detail jsonb)
    """,
)


def write(
    *, lines: Sequence[dict[str, JsonValue]] = (), envelopes: Iterable[bytes] = (), answer: Kept | None = None
) -> None:
    """Write audit lines (column to value), events (each an envelope's JSON) and an answer.

    Raises Django's `DatabaseError`s; a text too long for its column or with a NUL is a `DataError`.
    """
    events = b",".join(envelopes).decode()
    database().perform(
        _JOURNAL,
        json.dumps(lines, ensure_ascii=False) if lines else None,
        f"[{events}]" if events else None,
        str(answer.row) if answer else None,
        json.dumps(answer.output) if answer else None,
    )

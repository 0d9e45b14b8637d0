"""Append lines to the audit, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import Final, Protocol
from uuid import UUID

from pydantic import JsonValue

from yongzhou.core import journal
from yongzhou.core.crypto.identity import uuid7

AT_ONCE: Final = 2000  # lines a statement


class Named(Protocol):
    """Who acts."""

    @property
    def id(self) -> UUID: ...
    @property
    def name(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Entry:
    """One line before it is written; `detail` holds keys and classes, never personal data in clear."""

    actor: Named
    verb: str
    resource: str
    outcome: str
    door: str
    record_id: UUID | None = None
    purpose: str | None = None
    detail: Mapping[str, JsonValue] = field(default_factory=dict)


def append(
    *,
    actor: Named,
    verb: str,
    resource: str,
    record_id: UUID | None = None,
    purpose: str | None = None,
    outcome: str,
    door: str,
    detail: Mapping[str, JsonValue] | None = None,
) -> UUID:
    """Append one line and return its id."""
    return append_many([Entry(actor, verb, resource, outcome, door, record_id, purpose, detail or {})])[0]


def append_many(entries: Iterable[Entry]) -> list[UUID]:
    """Append many lines at once (a batch of looks at personal data) and return their ids."""
    rest, ids = iter(entries), []
    while some := list(islice(rest, AT_ONCE)):
        lines = [line(entry) for entry in some]
        journal.write(lines=lines)
        ids += [UUID(str(row["id"])) for row in lines]
    return ids


def line(entry: Entry) -> dict[str, JsonValue]:
    """Columns of the line, for `core.journal`."""
    return {
        "id": str(uuid7()),
        "at": datetime.now(UTC).isoformat(),
        "actor_id": str(entry.actor.id),
        "actor_name": entry.actor.name[:100],
        "verb": entry.verb,
        "resource": entry.resource,
        "record_id": str(entry.record_id) if entry.record_id else None,
        "purpose": entry.purpose,
        "outcome": entry.outcome,
        "door": entry.door,
        "detail": dict(entry.detail),
    }

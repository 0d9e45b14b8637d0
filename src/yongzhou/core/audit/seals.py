"""What a seal says, as pure values: the content of a line, the header of a block, its head. No Django here."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from yongzhou.core.audit import merkle
from yongzhou.core.crypto.sm3 import sm3

GENESIS: Final = bytes(32)
_HEAD: Final = b"\x02"
_MEMBER: Final = 48


@dataclass(frozen=True, slots=True)
class Line:
    """A line as the database gives it; `detail` is PostgreSQL's own text of the jsonb."""

    id: UUID
    at: datetime
    actor_id: UUID
    actor_name: str
    verb: str
    resource: str
    record_id: UUID | None
    purpose: str | None
    outcome: str
    door: str
    detail: str
    cluster: int
    tx: int

    @property
    def order(self) -> tuple[int, int, UUID]:
        """Place in the order of sealing."""
        return self.cluster, self.tx, self.id

    def leaf(self) -> bytes:
        """Digest of everything the line says; where it lies (cluster, tx) is no part of it."""
        content = [
            str(self.id),
            self.at.astimezone(UTC).isoformat(timespec="microseconds"),
            str(self.actor_id),
            self.actor_name,
            self.verb,
            self.resource,
            str(self.record_id) if self.record_id else None,
            self.purpose,
            self.outcome,
            self.door,
            self.detail,
        ]
        return merkle.leaf(json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode())


@dataclass(frozen=True, slots=True)
class Member:
    """A sealed line: its id and leaf."""

    id: UUID
    leaf: bytes


@dataclass(frozen=True, slots=True)
class Block:
    """A sealed run of lines of one cluster, from (first_tx, first_id) to (last_tx, last_id)."""

    number: int
    at: datetime
    cluster: int
    first_tx: int
    last_tx: int
    members: tuple[Member, ...]
    root: bytes
    previous: bytes
    head: bytes

    def computed_root(self) -> bytes:
        """The root that the members give."""
        return merkle.root([member.leaf for member in self.members])

    def computed_head(self) -> bytes:
        """The head that the header gives."""
        header = [
            self.number,
            self.at.astimezone(UTC).isoformat(timespec="microseconds"),
            self.cluster,
            self.first_tx,
            self.last_tx,
            len(self.members),
            str(self.members[0].id) if self.members else None,
            str(self.members[-1].id) if self.members else None,
            self.root.hex(),
        ]
        return sm3(_HEAD, self.previous, json.dumps(header, separators=(",", ":")).encode())

    def packed(self) -> bytes:
        """Members as bytes, 48 a line."""
        return b"".join(member.id.bytes + member.leaf for member in self.members)


def unpack(members: bytes) -> tuple[Member, ...]:
    """Members of their bytes; a rest that is no whole member becomes one with a short leaf, which fits no line."""
    pieces = [members[i : i + _MEMBER] for i in range(0, len(members), _MEMBER)]
    return tuple(Member(UUID(bytes=piece[:16].ljust(16, b"\0")), piece[16:]) for piece in pieces)


def close(lines: Sequence[Line], *, number: int, previous: bytes, at: datetime) -> Block:
    """The block over ordered lines of one cluster; `ValueError` without lines."""
    if not lines:
        raise ValueError("a block seals at least one line")
    members = tuple(Member(line.id, line.leaf()) for line in lines)
    root = merkle.root([member.leaf for member in members])
    draft = Block(number, at, lines[0].cluster, lines[0].tx, lines[-1].tx, members, root, previous, b"")
    return replace(draft, head=draft.computed_head())

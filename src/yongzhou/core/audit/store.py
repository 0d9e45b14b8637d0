"""Lines and blocks out of and into PostgreSQL, by psycopg alone: the sealer and the verifier need no Django."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final
from uuid import UUID

import psycopg

from yongzhou.core.audit.seals import Block, Line, unpack

Connection = psycopg.Connection[tuple[object, ...]]

_LINE: Final = (
    "SELECT id, at, actor_id, actor_name, verb, resource, record_id, purpose, outcome, door, detail::text, cluster, tx"
    " FROM core_audit_line"
)
_ORDER: Final = " ORDER BY cluster, tx, id"
_BLOCK: Final = "SELECT number, at, cluster, first_tx, last_tx, members, root, previous, head FROM core_audit_block"


def lines_after(
    connection: Connection, cluster: int, after: tuple[int, UUID], before_tx: int | None, limit: int
) -> list[Line]:
    """Lines of one cluster behind a place (tx, id), of transactions below `before_tx`, in order."""
    query = _LINE + " WHERE cluster = %s AND (tx, id) > (%s, %s) AND tx < coalesce(%s, 9223372036854775807)"
    rows = connection.execute(query + _ORDER + " LIMIT %s", [cluster, *after, before_tx, limit])
    return [Line(*row) for row in rows]  # type: ignore[arg-type]


def lines_between(connection: Connection, cluster: int, first: tuple[int, UUID], last: tuple[int, UUID]) -> list[Line]:
    """Lines of one cluster from one place to another, both included, in order."""
    query = _LINE + " WHERE cluster = %s AND (tx, id) >= (%s, %s) AND (tx, id) <= (%s, %s)"
    return [Line(*row) for row in connection.execute(query + _ORDER, [cluster, *first, *last])]  # type: ignore[arg-type]


def lines_by_id(connection: Connection, ids: Sequence[UUID]) -> list[Line]:
    """Lines of these ids, in order."""
    return [Line(*row) for row in connection.execute(_LINE + " WHERE id = ANY(%s)" + _ORDER, [list(ids)])]  # type: ignore[arg-type]


def blocks(connection: Connection, size: int = 200) -> Iterator[Block]:
    """All blocks by number."""
    last = -1
    while rows := connection.execute(_BLOCK + " WHERE number > %s ORDER BY number LIMIT %s", [last, size]).fetchall():
        for row in rows:
            yield _block(row)
        last = int(rows[-1][0])  # type: ignore[call-overload]


def last_block(connection: Connection, cluster: int | None = None) -> Block | None:
    """The newest block, of one cluster if given."""
    query = _BLOCK + " WHERE %s::bigint IS NULL OR cluster = %s ORDER BY number DESC LIMIT 1"
    row = connection.execute(query, [cluster, cluster]).fetchone()
    return _block(row) if row else None


def insert(connection: Connection, block: Block) -> None:
    """Write one block."""
    connection.execute(
        "INSERT INTO core_audit_block (number, at, count, first_id, last_id, cluster, first_tx, last_tx, members, root,"
        " previous, head) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        [block.number, block.at, len(block.members), block.members[0].id, block.members[-1].id, block.cluster,
         block.first_tx, block.last_tx, block.packed(), block.root, block.previous, block.head],
    )  # fmt: skip


def _block(row: tuple[object, ...]) -> Block:
    number, at, cluster, first_tx, last_tx, members, root, previous, head = row
    return Block(number, at, cluster, first_tx, last_tx, unpack(members), root, previous, head)  # type: ignore[arg-type]


def keep_anchor(path: Path, block: Block) -> None:
    """Note the newest head outside of the database, so that a tail cut off there is seen; atomic and on disk."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(f".{os.getpid()}")
    with draft.open("w") as file:
        json.dump({"number": block.number, "head": block.head.hex()}, file)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def read_anchor(path: Path) -> tuple[int, bytes] | None:
    """Number and head of the newest block known outside of the database, None before the first."""
    try:
        found = json.loads(path.read_text())
    except FileNotFoundError:
        return None
    return int(found["number"]), bytes.fromhex(found["head"])

"""The sealer: closes a block each second over lines that nobody can precede any more.

Order of lines is (cluster, tx, id), where `tx` is the 64-bit id of the writing transaction. A line may commit late,
after lines of younger transactions; so only lines of transactions below `pg_snapshot_xmin(pg_current_snapshot())`,
the oldest one still running, are taken: all transactions below it have ended, so no further line can appear there,
and the next block goes on behind the last sealed (tx, id). No mark is written to the lines, they stay append-only.
The price: a long writing transaction delays the seals of all (`verify` names the unsealed lines). `cluster` is the
system identifier of the database cluster, since transaction ids begin anew where a dump is restored: lines of a
former cluster are closed by one last block of theirs.
"""

from __future__ import annotations

import logging
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, LiteralString
from uuid import UUID

import psycopg

from yongzhou.core.audit import store
from yongzhou.core.audit.seals import GENESIS, Block, close
from yongzhou.core.home import Home

LOCK: Final = 0x595A_0002  # advisory lock of the one sealer
EVERY_S: Final = 1.0
LINES: Final = 20_000  # a block; more are closed at once in further blocks
_START: Final = (-1, UUID(int=0))

log = logging.getLogger(__name__)


def anchor_path(home: Home) -> Path:
    """File of the newest head, outside of the database; `evidence` anchors the same head to the outside."""
    return home.data / "audit" / "head"


def sealer(home: Home, stop: threading.Event) -> None:
    """Seal each second until `stop` is set; a lost connection raises and the supervisor starts it again."""
    with psycopg.connect(home.dsn(), autocommit=True, application_name="yz sealer") as connection:
        while not _lock(connection):
            if stop.wait(EVERY_S):
                return
        clusters = _clusters(connection)
        while True:
            if (block := seal_once(connection, clusters)) is not None:
                store.keep_anchor(anchor_path(home), block)
            else:
                clusters = clusters[-1:]  # lines of former clusters are closed
            if (block is None or len(block.members) < LINES) and stop.wait(EVERY_S):
                return


def seal_once(connection: store.Connection, clusters: list[int] | None = None, limit: int = LINES) -> Block | None:
    """Close one block over what may be sealed now; None if there is nothing. `clusters`: former ones, then this one."""
    clusters = clusters or _clusters(connection)
    with connection.transaction():
        newest = store.last_block(connection)
        for cluster in clusters:
            last = store.last_block(connection, cluster)
            after = (last.last_tx, last.members[-1].id) if last else _START
            horizon = _horizon(connection) if cluster == clusters[-1] else None
            if lines := store.lines_after(connection, cluster, after, horizon, limit):
                number, previous = (newest.number + 1, newest.head) if newest else (1, GENESIS)
                block = close(lines, number=number, previous=previous, at=datetime.now(UTC))
                store.insert(connection, block)
                return block
    return None


def _lock(connection: store.Connection) -> bool:
    row = connection.execute("SELECT pg_try_advisory_lock(%s)", [LOCK]).fetchone()
    return bool(row and row[0])


def _horizon(connection: store.Connection) -> int:
    return _number(connection, "SELECT pg_snapshot_xmin(pg_current_snapshot())::text")


def _number(connection: store.Connection, query: LiteralString) -> int:
    row = connection.execute(query).fetchone()
    if row is None:
        raise LookupError(query)
    return int(str(row[0]))


def _clusters(connection: store.Connection) -> list[int]:
    """Identifiers of former clusters that have lines, then the present one."""
    now = _number(connection, "SELECT system_identifier FROM pg_control_system()")
    rows = connection.execute("SELECT DISTINCT cluster FROM core_audit_line WHERE cluster <> %s", [now]).fetchall()
    return [*sorted(int(str(row[0])) for row in rows), now]

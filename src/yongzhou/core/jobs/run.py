"""Run one job: its state and progress go over a second connection, so they are seen before the work commits."""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import psycopg
from django.db import close_old_connections, connection
from psycopg.types.json import Jsonb
from pydantic import JsonValue

from yongzhou.core.jobs.models import JobCursor
from yongzhou.core.jobs.registry import CancelledError, find

TRIES: Final = 5
DELAYS_S: Final = (2, 10, 30, 120)  # before try 2, 3, 4, 5
LOG_LINES: Final = 500

log = logging.getLogger(__name__)

Side = psycopg.Connection[tuple[object, ...]]


@contextmanager
def side_connection() -> Iterator[Side]:
    """A second connection to the same database that commits each statement."""
    parameters = connection.get_connection_params()
    names = ("host", "port", "dbname", "user", "password")
    with psycopg.connect(**{name: parameters[name] for name in names if parameters.get(name)}, autocommit=True,
                         application_name="yz job") as side:  # fmt: skip
        yield side


@dataclass(frozen=True, slots=True)
class RunHandle:
    """The running job, given to its function."""

    id: UUID
    operation: str
    actor_id: UUID
    actor_name: str
    purpose: str | None
    attempt: int
    side: Side

    def progress(self, done: int, total: int | None = None) -> None:
        """Say how much is done; visible at once. Raises `CancelledError` if somebody asked for it."""
        row = self.side.execute(
            "UPDATE core_job_run SET done = %s, total = coalesce(%s, total) WHERE id = %s RETURNING cancel",
            [done, total, self.id],
        ).fetchone()
        if row and row[0]:
            raise CancelledError

    def log(self, text: str) -> None:
        """Add a line for the submitter; the newest 500 are kept."""
        self.side.execute(
            "UPDATE core_job_run SET log = (CASE WHEN jsonb_array_length(log) >= %s THEN log - 0 ELSE log END)"
            " || jsonb_build_object('at', now(), 'text', %s::text) WHERE id = %s",
            [LOG_LINES, text, self.id],
        )

    def check_cancelled(self) -> None:
        """Raises `CancelledError` if somebody asked for it."""
        row = self.side.execute("SELECT cancel FROM core_job_run WHERE id = %s", [self.id]).fetchone()
        if row and row[0]:
            raise CancelledError

    def resume(self) -> JsonValue:
        """The last checkpoint of a try that was broken off, None at the first."""
        found = JobCursor.objects.filter(pk=self.id).values_list("cursor", flat=True).first()
        cursor: JsonValue = found
        return cursor

    def checkpoint(self, cursor: JsonValue) -> None:
        """Note where to go on. Call it inside the chunk's transaction: effect and checkpoint commit together."""
        JobCursor.objects.update_or_create(run_id=self.id, defaults={"cursor": cursor})


def execute(id: UUID, attempt: int) -> None:
    """Run one submitted job, its `attempt`-th try (from 1).

    Raises the function's error: the queue then tries again, until after `TRIES` the run is failed and shows its error.
    """
    close_old_connections()
    with side_connection() as side:
        handle = _start(side, id, attempt)
        if handle is None:
            return
        row = side.execute("SELECT input FROM core_job_run WHERE id = %s", [id]).fetchone()
        input = row[0] if row else {}
        try:
            function = find(handle.operation)
            if function is None:
                raise LookupError(f"没有名为 {handle.operation} 的后台任务：所属系统未加载。")
            handle.check_cancelled()
            result = function(handle, dict(input))  # type: ignore[call-overload]
        except CancelledError:
            _finish(side, id, "cancelled")
        except Exception:
            error = traceback.format_exc(limit=-8)
            log.warning("job %s %s failed at try %s", handle.operation, id, attempt, exc_info=True)
            _finish(side, id, "failed" if attempt >= TRIES else "queued", error=error)
            raise
        else:
            _finish(side, id, "done", result=result)
            JobCursor.objects.filter(pk=id).delete()
        finally:
            close_old_connections()


def give_up(id: UUID, error: str) -> None:
    """Mark a run failed whose process was killed at every try."""
    with side_connection() as side:
        _finish(side, id, "failed", error=error)


def _start(side: Side, id: UUID, attempt: int) -> RunHandle | None:
    row = side.execute(
        "UPDATE core_job_run SET state = 'running', attempt = %s, started_at = coalesce(started_at, now())"
        " WHERE id = %s AND state IN ('queued', 'running') RETURNING operation, actor_id, actor_name, purpose",
        [attempt, id],
    ).fetchone()
    if row is None:
        return None
    operation, actor_id, actor_name, purpose = row
    return RunHandle(id, operation, actor_id, actor_name, purpose, attempt, side)  # type: ignore[arg-type]


def _finish(side: Side, id: UUID, state: str, *, error: str = "", result: JsonValue = None) -> None:
    side.execute(
        "UPDATE core_job_run SET state = %s, error = %s, result = %s,"
        " finished_at = CASE WHEN %s = 'queued' THEN NULL ELSE now() END WHERE id = %s",
        [state, error, Jsonb(result, dumps=json.dumps), state, id],
    )

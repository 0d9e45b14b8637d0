"""The queue: procrastinate on the same PostgreSQL. Submitting takes part in the caller's transaction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Final
from uuid import UUID

from django.db import connection, transaction
from procrastinate import App, PsycopgConnector, SyncPsycopgConnector
from pydantic import JsonValue

from yongzhou.core.crypto.identity import uuid7
from yongzhou.core.jobs.models import JobRun
from yongzhou.core.jobs.registry import find

TASK: Final = "core.jobs.run"
QUEUE: Final = "default"


@cache
def _submitting() -> App:
    """Only ever used with the caller's connection, so it is never opened."""
    return App(connector=SyncPsycopgConnector())


def working(dsn: str) -> App:
    """The app of a worker, with a small pool of its own."""
    name = {"application_name": "yz worker"}
    return App(connector=PsycopgConnector(conninfo=dsn, min_size=1, max_size=3, kwargs=name))


def submit(
    operation: str,
    input: Mapping[str, JsonValue],
    *,
    actor_id: UUID,
    actor_name: str = "",
    purpose: str | None = None,
    at: datetime | None = None,
    priority: int = 0,
) -> UUID:
    """Queue one job, at once or not before `at`; it exists if and only if the caller's transaction commits.

    `LookupError` if no function of this name is known.
    """
    if find(operation) is None:
        raise LookupError(f"没有名为 {operation} 的后台任务。")
    with transaction.atomic():
        id = uuid7()
        queue_id = (
            _submitting()
            .configure_task(TASK, allow_unknown=True, queue=QUEUE, schedule_at=at, priority=priority,
                            connection=connection.connection)
            .defer(run=str(id))
        )  # fmt: skip
        JobRun.objects.create(
            id=id,
            operation=operation,
            input=dict(input),
            actor_id=actor_id,
            actor_name=actor_name[:100],
            purpose=purpose,
            queue_id=queue_id,
            submitted_at=datetime.now(UTC),
        )
    return id


def cancel(id: UUID) -> JobRun:
    """Ask one job to stop: at once if it is queued, else after its running chunk. `JobRun.DoesNotExist` if unknown."""
    with transaction.atomic():
        run = JobRun.objects.select_for_update().get(pk=id)
        if run.state == JobRun.State.QUEUED:
            run.state, run.finished_at = JobRun.State.CANCELLED, datetime.now(UTC)
            if run.queue_id is not None:
                _submitting().job_manager.cancel_job_by_id(run.queue_id, connection=connection.connection)
        if run.state in (JobRun.State.RUNNING, JobRun.State.CANCELLED):
            run.cancel = True
            run.save(update_fields=["state", "finished_at", "cancel"])
    return run

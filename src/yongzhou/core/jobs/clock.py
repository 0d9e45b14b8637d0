"""Runs periodic duties when they are due; the claim is one SQL statement, so two workers never both win."""

from __future__ import annotations

import asyncio
import logging
import traceback
from concurrent.futures import Executor
from typing import Final

from django.db import close_old_connections, connection

from yongzhou.core.jobs.periodic import Periodic, duties

_LOOK_S: Final = 5.0
_EARLY: Final = 0.9  # a duty of 1 s that is looked at after 0.999 s is due

log = logging.getLogger(__name__)


async def keep_time(threads: Executor) -> None:
    """Run all registered duties until cancelled."""
    async with asyncio.TaskGroup() as group:
        for duty in duties().values():
            group.create_task(_keep(duty, threads), name=f"duty {duty.name}")


async def _keep(duty: Periodic, threads: Executor) -> None:
    loop = asyncio.get_running_loop()
    while True:
        try:
            await loop.run_in_executor(threads, run_if_due, duty)
        except Exception:
            log.warning("duty %s: the database is away", duty.name, exc_info=True)
        await asyncio.sleep(min(duty.seconds, _LOOK_S))


def run_if_due(duty: Periodic) -> bool:
    """Claim and run one duty; False if it is not due or another process has it."""
    close_old_connections()
    if not _claim(duty):
        return False
    error = ""
    try:
        duty.run()
    except Exception:
        log.exception("duty %s failed", duty.name)
        error = traceback.format_exc(limit=-8)
    close_old_connections()
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE core_duty SET finished_at = clock_timestamp(), error = %s WHERE name = %s", [error, duty.name]
        )
    return True


def _claim(duty: Periodic) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO core_duty (name, started_at, error) VALUES (%s, clock_timestamp(), '')"
            " ON CONFLICT (name) DO UPDATE SET started_at = clock_timestamp(), finished_at = NULL"
            " WHERE core_duty.started_at <= clock_timestamp() - make_interval(secs => %s) RETURNING 1",
            [duty.name, duty.seconds * _EARLY],
        )
        return cursor.fetchone() is not None

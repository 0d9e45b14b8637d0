"""The worker: takes jobs from the queue, retries them with back-off, takes back those of killed workers."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from procrastinate import App, BaseRetryStrategy, JobContext, RetryDecision
from procrastinate.jobs import Job, Status

from yongzhou.core.jobs.queue import QUEUE, TASK, working
from yongzhou.core.jobs.run import DELAYS_S, TRIES, execute, give_up

CONCURRENCY: Final = 2
HEARTBEAT_S: Final = 3.0
STALLED_S: Final = 10.0

log = logging.getLogger(__name__)


class BackOff(BaseRetryStrategy):
    """Four more tries, each after a longer pause."""

    def __init__(self, delays_s: tuple[int, ...] = DELAYS_S) -> None:
        self._delays = delays_s

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        """`job.attempts` counts the tries before this one."""
        if job.attempts + 1 >= TRIES:
            return None
        return RetryDecision(retry_in={"seconds": self._delays[min(job.attempts, len(self._delays) - 1)]})


def worker_app(dsn: str, delays_s: tuple[int, ...] = DELAYS_S) -> App:
    """The app with its one task."""
    app = working(dsn)

    @app.task(name=TASK, queue=QUEUE, retry=BackOff(delays_s), pass_context=True)
    def run(context: JobContext, *, run: str) -> None:
        execute(UUID(run), context.job.attempts + 1)

    return app


async def work(app: App, *, concurrency: int = CONCURRENCY) -> None:
    """Work until cancelled; a lost database raises and the supervisor starts it again."""
    async with app.open_async():
        rescue = asyncio.create_task(_rescue(app))
        try:
            await app.run_worker_async(
                queues=[QUEUE],
                concurrency=concurrency,
                install_signal_handlers=False,
                update_heartbeat_interval=HEARTBEAT_S,
                stalled_worker_timeout=STALLED_S,
                fetch_job_polling_interval=2.0,
                shutdown_graceful_timeout=8.0,
                delete_jobs="always",  # the run's own row is what people see
            )
        finally:
            rescue.cancel()


async def _rescue(app: App) -> None:
    """Queue the jobs of killed workers again; one that killed five is failed."""
    while True:
        try:
            for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_S):
                await _take_back(app, job)
        except Exception:
            log.warning("stalled jobs could not be looked up", exc_info=True)
        await asyncio.sleep(HEARTBEAT_S)


async def _take_back(app: App, job: Job) -> None:
    if job.attempts + 1 < TRIES:
        log.warning("job %s was left by a killed worker, queued again", job.id)
        await app.job_manager.retry_job(job, retry_at=datetime.now(UTC))
        return
    await asyncio.to_thread(give_up, UUID(str(job.task_kwargs["run"])), f"执行它的进程中断了 {TRIES} 次。")
    await app.job_manager.finish_job(job, Status.FAILED, delete_job=True)

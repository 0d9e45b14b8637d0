import asyncio
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from uuid import UUID

import pytest
from django.db import connection, connections, transaction

from yongzhou.core.jobs import clock, periodic
from yongzhou.core.jobs.models import Duty, JobRun
from yongzhou.core.jobs.queue import cancel, submit
from yongzhou.core.jobs.tests import cast  # noqa: F401
from yongzhou.core.jobs.worker import work, worker_app

ACTOR = UUID(int=7)


def put(name, **input):
    return submit(f"tests.{name}", input, actor_id=ACTOR, actor_name="张三")


def state(id):
    return JobRun.objects.get(pk=id).state


def effects(by):
    with connection.cursor() as cursor:
        cursor.execute("SELECT n FROM effect WHERE by = %s ORDER BY id", [by])
        return [n for (n,) in cursor.fetchall()]


def work_until(home, done, seconds=20.0):
    """A worker in this process, with short pauses between tries, until `done()` holds."""

    async def go():
        task = asyncio.create_task(work(worker_app(home.dsn(), (0, 0, 0, 0))))
        with ThreadPoolExecutor(1) as thread:
            async with asyncio.timeout(seconds):
                while not await asyncio.get_running_loop().run_in_executor(thread, done):
                    assert not task.done(), task.exception()
                    await asyncio.sleep(0.05)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await asyncio.get_running_loop().run_in_executor(thread, connections.close_all)

    asyncio.run(go())


def test_submitted_with_the_transaction_or_not_at_all(home):
    with transaction.atomic():
        put("count", to=1)
        transaction.set_rollback(True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_jobs")
        assert cursor.fetchone() == (0,)
    assert not JobRun.objects.exists()


def test_unknown_job_is_refused_at_the_door(home):
    with pytest.raises(LookupError, match="没有名为"):
        put("nothing")


def test_runs_with_progress_log_and_result(home):
    id = put("count", to=3)
    work_until(home, lambda: state(id) == "done")
    run = JobRun.objects.get(pk=id)
    assert (run.done, run.total, run.result, run.attempt) == (3, 3, {"counted": 3}, 1)
    assert run.log[0]["text"] == "数完了"


def test_poison_job_fails_after_five_tries_and_others_go_on(home):
    bad, good = put("poison"), put("count", to=2)
    work_until(home, lambda: state(bad) == "failed" and state(good) == "done")
    assert effects("poison") == [1, 2, 3, 4, 5]
    assert "这条任务总是失败" in JobRun.objects.get(pk=bad).error


def test_progress_is_seen_before_the_commit_and_cancel_rolls_back(home):
    id = put("inside")
    work_until(home, lambda: JobRun.objects.get(pk=id).done == 1 and cancel(id) and True)
    deadline = time.monotonic() + 5
    while state(id) == "running" and time.monotonic() < deadline:
        time.sleep(0.05)
    assert state(id) == "cancelled"
    assert effects("inside") == []


def test_a_queued_job_is_cancelled_at_once(home):
    id = put("count", to=1)
    assert cancel(id).state == "cancelled"
    after = put("count", to=2)
    work_until(home, lambda: state(after) == "done")
    assert effects("count") == [0, 1]


@contextmanager
def worker_process():
    process = subprocess.Popen([sys.executable, "-m", "yongzhou.core.jobs.tests.child"], stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def test_kill_9_of_a_worker_resumes_at_the_checkpoint(home):
    id = put("count", to=20, kill_at=11)
    with worker_process() as first:
        first.wait(timeout=20)
    assert state(id) == "running"
    with worker_process():
        deadline = time.monotonic() + 20
        while state(id) != "done" and time.monotonic() < deadline:
            time.sleep(0.1)
    assert state(id) == "done"
    assert effects("count") == list(range(20))


def test_a_duty_runs_when_due_and_once_among_many(home):
    duty = periodic.duties()["tests.tick"]
    assert clock.run_if_due(duty)
    assert not clock.run_if_due(duty)
    time.sleep(0.25)
    with ThreadPoolExecutor(6) as threads:
        ran = list(threads.map(lambda _: (clock.run_if_due(duty), connections.close_all())[0], range(6)))
    assert sum(ran) == 1
    assert effects("tick") == [1, 1]


def test_a_failing_duty_is_noted_and_comes_again(home):
    duty = periodic.duties()["tests.broken"]
    clock.run_if_due(duty)
    assert "坏了" in Duty.objects.get(pk="tests.broken").error
    time.sleep(0.25)
    assert clock.run_if_due(duty)

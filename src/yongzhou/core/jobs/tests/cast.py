"""Job functions of the tests, here and in child processes."""

import os
import signal
import time

from django.db import connection, transaction

from yongzhou.core.jobs import every, job


def note(n: int, by: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO effect (n, by) VALUES (%s, %s)", [n, by])


@job("tests.count")
def count(run, input):
    """Chunks of one number each, with checkpoint and progress."""
    start = run.resume() or 0
    for n in range(start, input["to"]):
        with transaction.atomic():
            note(n, "count")
            run.checkpoint(n + 1)
        run.progress(n + 1, input["to"])
        if input.get("kill_at") == n and run.attempt == 1:
            os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(input.get("pause", 0))
    run.log("数完了")
    return {"counted": input["to"]}


@job("tests.poison")
def poison(run, input):
    note(run.attempt, "poison")
    raise ValueError("这条任务总是失败")


@job("tests.inside")
def inside(run, input):
    """Shows progress while its own transaction is still open, then waits to be cancelled."""
    with transaction.atomic():
        note(1, "inside")
        while True:
            run.progress(1, 2)
            time.sleep(0.02)


@every(0.2, "tests.tick")
def tick():
    note(1, "tick")


@every(0.2, "tests.broken")
def broken():
    raise ValueError("坏了")

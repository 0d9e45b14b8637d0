"""Processes of the house that the tests bring along: `python -m tests.survival.members <name> [arguments]`.

`listener` hears every opened matter and the tests' own facts, and notes each effect in a table; `worker` is the
house's worker with the tests' jobs and short pauses between tries. The others do one thing inside the house, print
their answer as JSON and end.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import ClassVar, Final
from uuid import UUID, uuid4

from pydantic import BaseModel, JsonValue

from yongzhou.core.home import Home
from yongzhou.house.setup import start

NOTES: Final = "create table if not exists survival_note (kind text not null, key text not null)"
PAUSES_S: Final = (1, 1, 1, 1)


class MatterSeen(BaseModel):
    """What the listener reads of an opened matter."""

    matter: UUID


class Told(BaseModel):
    """What the listener reads of the tests' own fact."""

    text: str


def note(kind: str, key: str) -> None:
    """One effect, in the caller's transaction; a second time would be a second row."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("insert into survival_note values (%s, %s)", [kind, key])


def declare() -> None:
    """The tests' subscriptions and jobs."""
    from yongzhou.core.bus.subscriptions import subscribe
    from yongzhou.core.jobs.registry import Run, job

    @subscribe("ev.core.matter.opened", durable="survival-opened")
    def opened(ctx: object, data: MatterSeen) -> None:
        note("opened", str(data.matter))

    @subscribe("ev.survival.word.said", durable="survival-said", tries=3)
    def said(ctx: object, data: Told) -> None:
        if data.text == "poison":
            raise ValueError("没有人能办这件事")
        note("said", data.text)

    @job("survival.count")
    def count(run: Run, input: dict[str, JsonValue]) -> JsonValue:
        """Ten steps, each with its checkpoint; goes on behind the last one."""
        from django.db import transaction

        done = run.resume()
        for step in range(done if isinstance(done, int) else 0, 10):
            with transaction.atomic():
                note("job", f"{run.id} {step}")
                run.checkpoint(step + 1)
            time.sleep(0.15)
        return "counted"

    @job("survival.poison")
    def poison(run: Run, input: dict[str, JsonValue]) -> JsonValue:
        raise ValueError("这份任务每次都失败")


async def listener() -> None:
    """Both subscriptions, each kept alive on its own."""
    from yongzhou.core.bus.connection import connect_patiently
    from yongzhou.core.bus.consumer import consume
    from yongzhou.core.bus.subscriptions import subscriptions
    from yongzhou.house.roles.supervised import Supervised

    threads = ThreadPoolExecutor(2)
    bus = await connect_patiently(Home.here(), "listener")
    tasks = Supervised()
    for name in ("survival-opened", "survival-said"):
        tasks.add(name, lambda name=name: consume(bus, subscriptions()[name], threads))
    await tasks.run()
    await bus.close()


async def worker() -> None:
    """Queue and clock, as `yongzhou worker` keeps them."""
    from yongzhou.core.jobs.clock import keep_time
    from yongzhou.core.jobs.worker import work, worker_app
    from yongzhou.house import duties  # noqa: F401 - registers them
    from yongzhou.house.roles.supervised import Supervised

    threads = ThreadPoolExecutor(2)
    tasks = Supervised()
    tasks.add("queue", lambda: work(worker_app(Home.here().dsn(), PAUSES_S)))
    tasks.add("clock", lambda: keep_time(threads))
    await tasks.run()


def submit(operation: str, number: str) -> JsonValue:
    """Queue jobs; their ids."""
    from yongzhou.core.jobs.queue import submit as queue

    return [str(queue(operation, {}, actor_id=uuid4())) for _ in range(int(number))]


def say(*texts: str) -> JsonValue:
    """Facts by the outbox, one transaction each; their number."""
    from django.db import transaction

    from yongzhou.core.bus.events import Event
    from yongzhou.core.bus.outbox import enqueue

    class WordSaid(Event):
        """A word has been said."""

        subject: ClassVar[str] = "ev.survival.word.said"
        text: str

    for text in texts:
        with transaction.atomic():
            enqueue([WordSaid(text=text, region="4311", origin="synthetic")], uuid4())
    return len(texts)


def main(name: str, *arguments: str) -> None:
    """Run one of them."""
    start(name)
    declare()
    from django.db import connection

    if name in ("listener", "worker"):
        with connection.cursor() as cursor:
            cursor.execute("select pg_advisory_lock(43110651)")
            cursor.execute(NOTES)
            cursor.execute("select pg_advisory_unlock(43110651)")
        asyncio.run(listener() if name == "listener" else worker())
    else:
        print(json.dumps({"submit": submit, "say": say}[name](*arguments)))


if __name__ == "__main__":
    main(*sys.argv[1:])

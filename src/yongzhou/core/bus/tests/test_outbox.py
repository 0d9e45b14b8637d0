import asyncio
import json
from uuid import UUID

import psycopg
import pytest
from django.db import transaction
from django.db.transaction import TransactionManagementError
from nats.errors import MaxPayloadError

from yongzhou.core.bus import relay as relay_module
from yongzhou.core.bus.connection import connect
from yongzhou.core.bus.events import STREAM
from yongzhou.core.bus.models import DeadLetter, Outbox
from yongzhou.core.bus.outbox import EventTooLargeError, enqueue
from yongzhou.core.bus.relay import relay
from yongzhou.core.bus.tests.cast import moved
from yongzhou.core.streams import ensure_streams

ACTOR = UUID(int=7)


async def send_until_empty(home, seconds=10.0):
    """Run the relay until the outbox is empty, return the stream's events in order."""
    task = asyncio.create_task(relay(home))
    try:
        async with asyncio.timeout(seconds):
            while await asyncio.to_thread(count, home):
                assert not task.done(), task.exception()
                await asyncio.sleep(0.05)
    finally:
        task.cancel()
    return await stream_events(home)


def count(home):
    with psycopg.connect(home.dsn()) as direct:
        return direct.execute("SELECT count(*) FROM core_outbox").fetchone()[0]


async def stream_events(home):
    bus = await connect(home, "tests")
    js = bus.jetstream()
    await ensure_streams(js)
    last = (await js.stream_info(STREAM)).state.last_seq
    events = [await js.get_msg(STREAM, seq) for seq in range(1, last + 1)]
    await bus.close()
    return events


def test_outside_of_a_transaction_is_refused(home):
    with pytest.raises(TransactionManagementError):
        enqueue([moved(1)], ACTOR)


def test_rolled_back_events_are_never_sent(home):
    with transaction.atomic():
        enqueue([moved(1)], ACTOR)
        with transaction.atomic():
            enqueue([moved(2)], ACTOR)
            transaction.set_rollback(True)
    sent = asyncio.run(send_until_empty(home))
    assert [json.loads(m.data)["data"]["n"] for m in sent] == [1]


def test_too_large_an_event_is_refused_when_it_is_made(home):
    with pytest.raises(EventTooLargeError, match="上限"), transaction.atomic():
        enqueue([moved(1, gate="闸" * 400_000)], ACTOR)


def test_sent_in_order_with_the_event_id(home):
    with transaction.atomic():
        ids = enqueue([moved(n) for n in range(1200)], ACTOR)
    sent = asyncio.run(send_until_empty(home))
    assert [UUID(m.headers["Nats-Msg-Id"]) for m in sent] == ids
    assert json.loads(sent[0].data)["actor"] == str(ACTOR)


def test_a_row_that_commits_late_is_sent_too(home):
    """A lower id commits after a higher one was sent."""
    with psycopg.connect(home.dsn()) as slow:
        slow.execute(
            "INSERT INTO core_outbox (event_id, subject, data, actor, at)"
            " VALUES (gen_random_uuid(), 'ev.bus_test.gate.moved', '{}', gen_random_uuid(), now())"
        )
        with transaction.atomic():
            enqueue([moved(1)], ACTOR)
        assert len(asyncio.run(send_until_empty(home))) == 1
        slow.commit()
    assert len(asyncio.run(send_until_empty(home))) == 2


def test_an_event_is_sent_soon_after_its_commit(home):
    async def measure():
        task = asyncio.create_task(relay(home))
        await asyncio.sleep(1.0)
        loop = asyncio.get_running_loop()
        began = loop.time()
        await asyncio.to_thread(commit_one)
        while await asyncio.to_thread(count, home):
            await asyncio.sleep(0.01)
        task.cancel()
        return loop.time() - began

    def commit_one():
        with transaction.atomic():
            enqueue([moved(1)], ACTOR)

    assert asyncio.run(measure()) < 0.5


def test_a_row_the_bus_refuses_is_parked_and_others_go_on(home, monkeypatch):
    publish = relay_module._publish

    async def refuse(js, row):
        if '"n": 2' in row[3]:
            raise MaxPayloadError
        return await publish(js, row)

    monkeypatch.setattr(relay_module, "_publish", refuse)
    with transaction.atomic():
        enqueue([moved(n) for n in (1, 2, 3)], ACTOR)
    assert len(asyncio.run(send_until_empty(home))) == 2
    assert DeadLetter.objects.get().consumer == "relay"
    assert not Outbox.objects.exists()


def test_a_second_relay_waits_for_the_first(home):
    async def two():
        first, second = asyncio.create_task(relay(home)), asyncio.create_task(relay(home))
        await asyncio.sleep(1.5)
        with psycopg.connect(home.dsn()) as direct:
            query = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted"
            holders = direct.execute(query).fetchone()[0]
        first.cancel()
        second.cancel()
        return holders

    assert asyncio.run(two()) == 1

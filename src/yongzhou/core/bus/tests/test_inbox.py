import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from uuid import UUID

import pytest
from django.db import connections, transaction

from yongzhou.core.bus import consumer, inbox
from yongzhou.core.bus.connection import connect, connect_patiently
from yongzhou.core.bus.consumer import consume, lag
from yongzhou.core.bus.models import DeadLetter, Inbox, Outbox
from yongzhou.core.bus.outbox import enqueue
from yongzhou.core.bus.relay import relay
from yongzhou.core.bus.subscriptions import subscriptions
from yongzhou.core.bus.tests import cast
from yongzhou.core.bus.tests.cast import POISON, effects, moved
from yongzhou.core.streams import ensure_streams

ACTOR = UUID(int=7)


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(inbox, "DELAYS_S", (0.05, 0.1, 0.1, 0.1))


def run_until(home, durables, done, seconds=15.0):
    """Relay and consumers until `done()` holds."""

    async def go():
        bus = await connect_patiently(home, "tests")
        with ThreadPoolExecutor(2) as threads:
            tasks = [asyncio.create_task(relay(home))]
            tasks += [asyncio.create_task(consume(bus, subscriptions()[name], threads)) for name in durables]
            try:
                async with asyncio.timeout(seconds):
                    while not await loop_call(threads, done):
                        for task in tasks:
                            assert not task.done(), task.exception()
                        await asyncio.sleep(0.05)
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
                await asyncio.gather(*(loop_call(threads, connections.close_all) for _ in range(2)))
                await bus.close()

    async def loop_call(threads, function):
        return await asyncio.get_running_loop().run_in_executor(threads, function)

    asyncio.run(go())


def commit(numbers, gate=""):
    with transaction.atomic():
        return enqueue([moved(n, gate) for n in numbers], ACTOR)


def test_each_event_once_in_order(home):
    commit(range(100))
    run_until(home, ["ledger"], lambda: len(effects("ledger")) == 100)
    assert effects("ledger") == list(range(100))


def test_an_event_sent_twice_acts_once(home):
    commit([1])
    run_until(home, ["ledger"], lambda: effects("ledger") == [1])
    event = Inbox.objects.get().event_id

    async def again():
        bus = await connect(home, "tests")
        js = bus.jetstream()
        await ensure_streams(js)
        first = await js.get_msg("EVENTS", 1)
        await js.publish(first.subject, first.data)  # without Nats-Msg-Id: the stream takes it a second time
        await bus.close()

    asyncio.run(again())
    commit([2])
    run_until(home, ["ledger"], lambda: 2 in effects("ledger"))
    assert effects("ledger") == [1, 2]
    assert Inbox.objects.filter(event_id=event).count() == 1


def test_poison_is_parked_after_five_tries_and_others_go_on(home):
    commit([1, POISON, 2, 3])
    run_until(home, ["fussy"], lambda: DeadLetter.objects.filter(state="parked").exists())
    letter = DeadLetter.objects.get()
    assert letter.tries == 5
    assert "闸门编号不能是 13" in letter.error
    assert "gate" not in letter.payload  # sealed
    assert sorted(effects("fussy")) == [1, 2, 3]  # the failed tries left nothing


def test_parked_event_is_retried_by_hand(home, monkeypatch):
    commit([POISON])
    run_until(home, ["fussy"], lambda: DeadLetter.objects.filter(state="parked").exists())
    letter = DeadLetter.objects.get()
    assert inbox.retry_parked(letter.pk).state == "parked"
    monkeypatch.setattr(cast, "POISON", None)
    assert inbox.retry_parked(letter.pk).state == "done"
    assert effects("fussy") == [POISON]


def test_later_events_of_one_key_wait_behind_a_retry(home, monkeypatch):
    failures = iter([True, True])
    real = cast.note

    def flaky(n, by):
        if n == 1 and next(failures, False):
            raise ValueError("noch nicht")
        real(n, by)

    monkeypatch.setattr(cast, "note", flaky)
    commit([1, 2, 3], gate="one")
    run_until(home, ["ledger"], lambda: len(effects("ledger")) == 3)
    assert effects("ledger") == [1, 2, 3]


def test_an_event_that_kills_its_process_is_parked_too(home, monkeypatch):
    """Nothing is recorded by a killed try; from the sixth delivery on tries are counted before the handler runs."""

    def die(n, by):
        raise SystemExit

    monkeypatch.setattr(cast, "note", die)
    commit([1])
    message = json.dumps(Outbox.objects.get().data).encode()
    entry, outcome = subscriptions()["ledger"], None
    for delivery in range(1, 20):
        with suppress(SystemExit):
            outcome = inbox.handle(entry, message, subject=entry.subject, message_id="", deliveries=delivery).outcome
        if outcome:
            break
    assert (outcome, delivery) == (inbox.Outcome.PARKED, 11)


def test_often_delivered_event_still_has_its_five_tries(home):
    commit([POISON])
    message = json.dumps(Outbox.objects.get().data).encode()
    entry = subscriptions()["fussy"]
    outcomes = [
        inbox.handle(entry, message, subject=entry.subject, message_id="", deliveries=n).outcome for n in range(30, 35)
    ]
    assert outcomes == [inbox.Outcome.RETRY] * 4 + [inbox.Outcome.PARKED]


def test_unreadable_message_is_parked_at_once(home):
    async def spoil():
        bus = await connect(home, "tests")
        await ensure_streams(bus.jetstream())
        await bus.jetstream().publish(cast.GateMoved.subject, b"\xff not json")
        await bus.close()

    asyncio.run(spoil())
    commit([1])
    run_until(home, ["ledger"], lambda: effects("ledger") == [1])
    assert DeadLetter.objects.get(state="parked").tries == 1


def test_handlers_events_leave_with_its_effect(home):
    commit([5])
    run_until(home, ["echo"], lambda: Inbox.objects.filter(consumer="echo").exists())

    async def look():
        bus = await connect(home, "tests")
        task = asyncio.create_task(relay(home))
        await asyncio.sleep(0.5)
        task.cancel()
        found = await bus.jetstream().get_last_msg("EVENTS", cast.GateSeen.subject)
        await bus.close()
        return json.loads(found.data)["data"]["n"]

    assert asyncio.run(look()) == 5


def test_context_factory_is_entered_in_the_transaction(home, monkeypatch):
    seen = []

    @contextmanager
    def factory(envelope, durable):
        seen.append((durable, transaction.get_connection().in_atomic_block))
        yield inbox.PlainContext(envelope, inbox.SystemActor(), envelope.time)

    monkeypatch.setattr(inbox, "_factory", inbox._factory)
    inbox.set_context_factory(factory)
    commit([1])
    run_until(home, ["ledger"], lambda: effects("ledger") == [1])
    assert seen == [("ledger", True)]


def test_lag_counts_what_is_not_done(home):
    commit([1])
    run_until(home, ["ledger"], lambda: effects("ledger") == [1])
    commit(range(2, 12))
    run_until(home, [], lambda: not inbox.connection.cursor().execute("SELECT 1 FROM core_outbox").fetchone())
    behind = lag("ledger")
    assert behind.count == 10
    assert behind.age_s >= 0


def test_a_killed_consumers_events_come_back_soon():
    assert consumer.ACK_WAIT_S <= 10

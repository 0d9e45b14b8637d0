"""Rights that end are gone within five seconds in every process, live connections included."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from typing import Any

import pytest

from yongzhou.core.bus.live import CACHES_S, USE_S, check, publish_live, ticket
from yongzhou.core.people.actors import FRESH_SECONDS, actor_of, forget
from yongzhou.core.people.ending import rights_changed
from yongzhou.core.people.models import Appointment, Login
from yongzhou.house.live import Browser, Hub, Live

LIMIT_S = 5.0
WATCH = """
import sys, time
from yongzhou.house.setup import start
start("test")
from yongzhou.core.people.actors import actor_of
from uuid import UUID
who = UUID(sys.argv[1])
print(len(actor_of(who).grants), flush=True)
began = None
for line in sys.stdin:
    began = time.monotonic()
    break
while actor_of(who).grants and time.monotonic() - began < 10:
    time.sleep(0.05)
print(time.monotonic() - began, flush=True)
"""


def test_another_process_forgets_within_five_seconds(committed_db: str) -> None:
    """No message, no common cache: a revoked appointment is gone there by its own clock."""
    held = Appointment.objects.get(person=Login.objects.get(name="grid_worker").person_id)
    other = subprocess.Popen(
        [sys.executable, "-c", WATCH, str(held.person_id)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert other.stdin is not None
    assert other.stdout is not None
    try:
        assert int(other.stdout.readline()) > 0
        Appointment.objects.filter(pk=held.pk).update(valid_to="2020-01-01")
        other.stdin.write("revoked\n")
        other.stdin.flush()
        assert float(other.stdout.readline()) < LIMIT_S
    finally:
        other.kill()
        Appointment.objects.filter(pk=held.pk).update(valid_to=held.valid_to)
        forget()


def test_what_is_remembered_is_as_old_as_its_first_row(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A slow load must not make an actor look younger than what he was loaded from."""
    clock = iter([100.0, 100.0 + FRESH_SECONDS + 1, *[200.0 + n for n in range(9)]])
    monkeypatch.setattr("yongzhou.core.people.actors.time.monotonic", lambda: next(clock))
    forget()
    person = Login.objects.get(name="duty").person_id
    first = actor_of(person)
    assert actor_of(person) is not first
    forget()


def test_the_hub_ends_one_persons_streams_and_refuses_his_tickets_for_a_while(home: Any) -> None:
    async def go() -> None:
        hub = Hub()
        his, other = (Browser(check(ticket(who, ["alarms"], [""])), frozenset({"alarms"})) for who in ("u1", "u2"))
        for browser in (his, other):
            hub.join(browser)
        his.offer("alarms", "k", None, b"secret")
        hub.rights_changed("u1")
        assert (his.ended, other.ended) == (True, False)
        assert b"secret" not in await his.take(1)
        assert not hub.trusts(check(ticket("u1", ["alarms"], [""])))  # made by a process that has not yet heard
        assert hub.trusts(other.granted)
        await hub._back()  # the bus was away: whose rights changed meanwhile is not known
        assert other.ended
        assert not hub.trusts(other.granted)

    asyncio.run(go())
    assert FRESH_SECONDS < CACHES_S < LIMIT_S


def test_a_ticket_is_for_connecting_now(home: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = check(ticket("u1", ["alarms"], [""]))
    now = time.time()
    monkeypatch.setattr("yongzhou.house.live.time.time", lambda: now + USE_S + 1)
    assert not Hub().trusts(kept)


def test_nobody_gets_a_ticket_for_the_topic_of_access(home: Any) -> None:
    with pytest.raises(ValueError, match="实时主题"):
        ticket("u1", ["access"], [""])


def test_a_live_page_of_a_revoked_person_ends_over_the_real_bus(
    home: Any, committed_db: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = Login.objects.get(name="duty").person_id

    async def go() -> float:
        app, sent = Live(home), []
        query = b"ticket=" + ticket(person, ["alarms"], [""]).encode()
        scope = {"type": "http", "method": "GET", "path": "/live/alarms", "headers": [], "query_string": query}

        async def receive() -> dict[str, Any]:
            await asyncio.sleep(3600)
            return {}

        async def send(event: Any) -> None:
            sent.append(event)

        await app.hub.start(home)
        stream = asyncio.create_task(app(scope, receive, send))
        for _ in range(200):  # until the stream is open and hears
            await asyncio.to_thread(publish_live, "alarms", {"n": 1})
            await asyncio.sleep(0.05)
            if any(b"event: alarms" in event.get("body", b"") for event in sent):
                break
        began = time.monotonic()
        await asyncio.to_thread(rights_changed, person)  # outside a transaction: at once
        await asyncio.wait_for(stream, LIMIT_S)
        await app.hub.stop()
        assert b"event: expired" in sent[-1]["body"]
        return time.monotonic() - began

    assert asyncio.run(go()) < LIMIT_S

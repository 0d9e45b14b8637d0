"""T1 for the bus: processes and servers die at random points; effects equal the committed set, each once."""

import contextlib
import random
import subprocess
import sys
import threading
import time
from uuid import UUID

import psycopg
import pytest

from yongzhou.core.bus.events import Envelope
from yongzhou.core.bus.tests.cast import moved
from yongzhou.core.bus.tests.servers import kill_and_wait
from yongzhou.core.crypto import uuid7

ROUNDS = 5
ACTOR = str(UUID(int=7))


class Load:
    """Commits and rolls back transactions of one to nine events, on a connection of its own, until stopped."""

    def __init__(self, home):
        self.home, self.committed, self.unsure = home, set(), set()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._random = random.Random(43)
        self._n = 0

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()

    def _run(self):
        while not self._stop.is_set():
            with contextlib.suppress(psycopg.Error), psycopg.connect(self.home.dsn()) as connection:
                while not self._stop.is_set():
                    self._transaction(connection)
            time.sleep(0.05)

    def _transaction(self, connection):
        numbers = range(self._n, self._n + self._random.randint(1, 9))
        self._n = numbers.stop
        for n in numbers:
            id = uuid7()
            envelope = Envelope.around(moved(n), id=id, time="2026-11-24T00:00:00Z", actor=ACTOR)
            connection.execute(
                "INSERT INTO core_outbox (event_id, subject, data, actor, at) VALUES (%s, %s, %s, %s, now())",
                [id, envelope.type, envelope.wire().decode(), ACTOR],
            )
        if self._random.random() < 0.2:
            connection.rollback()
            return
        self.unsure |= set(numbers)  # a server that dies during COMMIT leaves it open
        connection.commit()
        self.committed |= set(numbers)
        time.sleep(0.02)


def child(what):
    return subprocess.Popen([sys.executable, "-m", "yongzhou.core.bus.tests.child", what], stderr=subprocess.DEVNULL)


class Keeper:
    """Keeps child processes running and kills one at random when asked."""

    def __init__(self, *whats):
        self.children = {what: child(what) for what in whats}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in self.children.values():
            process.kill()
            process.wait()

    def kill(self, what):
        self.children[what].kill()  # SIGKILL
        self.children[what].wait()
        self.children[what] = child(what)

    def heal(self):
        for what, process in self.children.items():
            if process.poll() is not None:
                self.children[what] = child(what)


def wait_for(direct, load, seconds=40.0, keeper=None):
    """Wait until every committed number has its effect; return all effects."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if keeper:
            keeper.heal()
        found = [n for (n,) in direct.execute("SELECT n FROM effect WHERE by = 'ledger'").fetchall()]
        if load.committed <= set(found) and not direct.execute("SELECT 1 FROM core_outbox LIMIT 1").fetchone():
            return found
        time.sleep(0.2)
    return found


def check(found, load):
    assert len(found) == len(set(found)), "an event acted twice"
    assert load.committed <= set(found) <= load.unsure, "effects differ from the committed set"
    assert len(load.committed) > 100


@pytest.mark.parametrize("victim", ["relay", "ledger"])
def test_kill_9_of_a_process(home, direct, victim):
    moments = random.Random(victim)
    with Keeper("relay", "ledger") as keeper:
        with Load(home) as load:
            for _ in range(ROUNDS):
                time.sleep(moments.uniform(0.7, 1.6))
                keeper.kill(victim)
            time.sleep(1)
        found = wait_for(direct, load)
    check(found, load)


@pytest.mark.parametrize("server", ["nats", "postgres"])
def test_kill_9_of_a_server(family, home, server):
    moments = random.Random(server)
    with Keeper("relay", "ledger") as keeper:
        with Load(home) as load:
            time.sleep(moments.uniform(1.0, 2.0))
            kill_and_wait(family, server)
            time.sleep(1)
        with psycopg.connect(home.dsn(), autocommit=True) as direct:
            found = wait_for(direct, load, keeper=keeper)
    check(found, load)

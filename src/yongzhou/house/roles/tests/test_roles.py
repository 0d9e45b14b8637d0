"""The two roles as processes on real servers."""

import asyncio
import json
import subprocess
import sys
import time
from contextlib import contextmanager
from uuid import UUID

import psycopg
import pytest
from django.db import transaction

from yongzhou.core.audit.models import AuditBlock
from yongzhou.core.audit.tests.test_sealer import add
from yongzhou.core.bus.connection import connect, connect_patiently
from yongzhou.core.bus.models import Quarantine
from yongzhou.core.bus.outbox import enqueue
from yongzhou.core.bus.tests.cast import effects, moved
from yongzhou.core.bus.tests.servers import kill_and_wait
from yongzhou.core.jobs.models import JobRun
from yongzhou.core.jobs.queue import submit
from yongzhou.core.jobs.tests import cast  # noqa: F401

ACTOR = UUID(int=7)


@contextmanager
def role(name):
    process = subprocess.Popen(
        [sys.executable, "-m", "yongzhou.house.roles.tests.child", name], stderr=subprocess.DEVNULL
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(timeout=15)


def until(condition, seconds=20.0):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.1)
    return False


def commit(n):
    with transaction.atomic():
        enqueue([moved(n)], ACTOR)


def test_pump_relays_consumes_seals_and_quarantines(home):
    async def refuse():
        bus = await connect(home, "tests")
        body = {"door": "sl651", "received": "2026-11-24T10:00:00Z", "reason": "CRC 不符", "hex": "7e"}
        await bus.jetstream().publish("obs-quarantine.sl651", json.dumps(body).encode())
        await bus.close()

    with role("pump"):
        commit(1)
        add(2)
        assert until(lambda: effects("ledger") == [1])
        assert until(AuditBlock.objects.exists)
        asyncio.run(refuse())
        assert until(Quarantine.objects.exists)


def test_pump_tells_how_its_tasks_fare(home):
    async def hear():
        bus = await connect_patiently(home, "tests")
        heard = await bus.subscribe("live.role.pump")
        beat = await heard.next_msg(timeout=15)
        await bus.close()
        return json.loads(beat.data)["data"]["tasks"]

    with role("pump"):
        tasks = asyncio.run(hear())
    assert {"relay", "sealer", "quarantine", "consumer ledger"} <= tasks.keys()


@pytest.mark.parametrize("server", ["nats", "postgres"])
def test_pump_goes_on_after_a_server_was_killed(family, home, server):
    with role("pump") as process:
        commit(1)
        assert until(lambda: effects("ledger") == [1])
        kill_and_wait(family, server)
        transaction.get_connection().close()
        with psycopg.connect(home.dsn()):
            commit(2)
        assert until(lambda: effects("ledger") == [1, 2])
        assert process.poll() is None


def test_worker_runs_jobs_and_duties(home):
    with role("worker"):
        id = submit("tests.count", {"to": 2}, actor_id=ACTOR)
        assert until(lambda: JobRun.objects.get(pk=id).state == "done")
        assert until(lambda: effects("tick"))


@pytest.mark.parametrize("name", ["pump", "worker"])
def test_roles_import_no_pages(home, name):
    """Only web imports ninja and forms."""
    code = (
        f"import sys; from yongzhou.house.setup import start; start({name!r}); import yongzhou.house.roles.{name};"
        "print([m for m in sys.modules if m.split('.')[0] == 'ninja' or m.startswith('yongzhou.portals.')"
        " and m.endswith(('forms', 'views', 'tables'))])"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"

"""kill -9 of the supervisor, an ordinary user, a root without namespaces: the next start just works."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.support.homes import free_home
from yongzhou.core.home import REPOSITORY, Home
from yongzhou.house.family import postgres_and_nats, procfs
from yongzhou.house.family.postgres import PostgresError, as_other_user

pytestmark = pytest.mark.family


def start_pair(home: Home, *prefix: str, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*prefix, sys.executable, "-m", "tests.family.pair", str(home.data), str(home.port)],
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONPATH": f"{REPOSITORY / 'src'}:{REPOSITORY}", **environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def pids_of(process: subprocess.Popen[str]) -> list[int]:
    assert process.stdout is not None
    return [int(pid) for pid in process.stdout.readline().split()]


def test_members_die_with_a_killed_supervisor_and_the_next_start_works(tmp_path: Path) -> None:
    home = free_home(tmp_path)
    first = start_pair(home)
    members = pids_of(first)
    with psycopg.connect(home.dsn(), autocommit=True) as db:
        db.execute("CREATE TABLE kept AS SELECT 42 AS a")
    first.kill()
    first.wait()
    began = time.monotonic()
    with postgres_and_nats(home) as family, psycopg.connect(home.dsn()) as db:
        assert time.monotonic() - began < 15
        assert db.execute("SELECT a FROM kept").fetchone() == (42,)
        assert not set(members) & set(family.pids().values())
        assert not any(procfs.alive(pid) for pid in members)


def test_orphan_without_parent_death_signal_is_ended(tmp_path: Path) -> None:
    home = free_home(tmp_path)
    orphan = subprocess.Popen(["sleep", "600"], env={**os.environ, procfs.MARK: str(home.data)})
    try:
        with postgres_and_nats(home):
            assert orphan.wait(5) == -signal.SIGKILL
    finally:
        orphan.kill()


def test_worker_that_asked_for_it_dies_with_its_parent() -> None:
    worker = "from yongzhou.house.parent_death import die_with_parent as d; d(); print(1, flush=True); input()"
    code = (
        "import subprocess, sys\n"
        f"child = subprocess.Popen([sys.executable, '-c', {worker!r}], stdin=subprocess.PIPE, stdout=subprocess.PIPE)\n"
        "child.stdout.readline(); print(child.pid, flush=True); input()"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    (child,) = pids_of(parent)
    parent.kill()
    parent.communicate()
    deadline = time.monotonic() + 5
    while procfs.alive(child) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not procfs.alive(child)


@pytest.fixture
def ordinary_user() -> Iterator[tuple[list[str], Path]]:
    """Prefix that runs a command as an ordinary user, and a folder of hers; as an ordinary user already: as oneself."""
    folder = Path(tempfile.mkdtemp(prefix="yz-"))
    if os.geteuid() != 0:
        yield [], folder
    else:
        nobody = pwd.getpwnam("nobody")
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
        yield ["setpriv", f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups"], folder
    shutil.rmtree(folder)


def test_ordinary_user_starts_it(ordinary_user: tuple[list[str], Path]) -> None:
    prefix, folder = ordinary_user
    home = free_home(folder)
    process = start_pair(home, *prefix, HOME=str(folder))
    try:
        members = pids_of(process)
        assert len(members) == 2
        assert all(Path(f"/proc/{pid}").stat().st_uid == folder.stat().st_uid for pid in members)
        with psycopg.connect(home.dsn()) as db:
            assert db.execute("SELECT 1").fetchone() == (1,)
    finally:
        process.communicate("")
    assert process.returncode == 0
    assert not any(procfs.alive(pid) for pid in members)


def test_root_without_user_namespaces_is_told_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setenv("PATH", os.environ["PATH"])
    closed = subprocess.CompletedProcess[bytes]([], 1)
    monkeypatch.setattr("yongzhou.house.family.postgres.subprocess.run", lambda *a, **k: closed)
    with pytest.raises(PostgresError, match="请用普通用户运行"):
        as_other_user()

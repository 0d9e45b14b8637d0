"""A whole running city for survival tests: the family on a home of its own, its doors, and what it knows to be true."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import psycopg

from yongzhou.core.home import REPOSITORY, Home
from yongzhou.core.lake import connect as open_lake
from yongzhou.house.family import Family, Member, State, roster
from yongzhou.house.family.probe import running

ROLES: Final = ("postgres", "nats", "prepare", "web", "pump", "telemetry", "sl651")
SEED: Final = 651


def _own(name: str, title: str) -> Member:
    """A member that the tests bring along: a subscriber, a worker that knows the tests' jobs."""
    return Member(
        name=name,
        title=title,
        command=lambda home: [sys.executable, "-m", "tests.survival.members", name],
        after=("nats", "prepare"),
        ready=running,
        environment={"PYTHONPATH": f"{REPOSITORY / 'src'}:{REPOSITORY}"},
    )


def members() -> list[Member]:
    """The family of these tests; the worker is the house's own, with short pauses between tries and the tests' jobs."""
    chosen = [member.without_others({*ROLES}) for member in roster() if member.name in ROLES]
    return [*chosen, _own("worker", "后台任务"), _own("listener", "计数的订阅方")]


@dataclass
class City:
    """One home, its family, and a clerk's token."""

    home: Home
    family: Family = field(init=False)
    _token: str = ""

    def start(self) -> None:
        """Start the family and wait until it is ready."""
        self.family = Family(self.home, members())
        self.family.start()
        self.family.wait_ready(timeout=120)

    def stop(self) -> None:
        """Stop it in order."""
        self.family.stop()

    def sql(self, text: str, *values: object) -> list[tuple[Any, ...]]:
        """Rows of one statement on the house's database; waits for a database that is just away."""
        deadline = time.monotonic() + 20
        while True:
            try:
                with psycopg.connect(self.home.dsn(), autocommit=True, connect_timeout=5) as database:
                    cursor = database.execute(text, values or None)  # type: ignore[arg-type]
                    return cursor.fetchall() if cursor.description else []
            except psycopg.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)

    def one(self, text: str, *values: object) -> Any:
        """The one value of a statement."""
        return self.sql(text, *values)[0][0]

    @contextmanager
    def lake(self) -> Iterator[Callable[[str], list[tuple[Any, ...]]]]:
        """Ask the lake."""
        lake = open_lake(self.home, read_only=True)
        try:
            with lake.cursor() as cursor:
                yield lambda text: cursor.execute(text).fetchall()
        finally:
            lake.close()

    def call(self, path: str, body: object = None, *, key: str = "", login: str = "", timeout: float = 10) -> Answer:
        """One request to web; a broken connection is status 0."""
        headers = {"Content-Type": "application/json"}
        if login:
            headers["Authorization"] = f"Bearer {self.token(login)}"
        if key:
            headers["Idempotency-Key"] = key
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self.home.port_of('web')}{path}", data, headers)
        try:
            with urllib.request.urlopen(request, timeout=timeout) as found:
                return Answer(found.status, found.read())
        except urllib.error.HTTPError as error:
            return Answer(error.code, error.read())
        except OSError:
            return Answer(0, b"")

    def token(self, login: str) -> str:
        """A bearer token of a demo person, made once a session."""
        from yongzhou.core.people.city import DEMO_PASSWORD  # needs the apps

        known = _tokens.get((self.home.data, login))
        if known is None:
            found = self.call("/api/sign-in", {"name": login, "password": DEMO_PASSWORD})
            known = _tokens[self.home.data, login] = found.document["token"]
        return known

    def insist(self, path: str, body: object, *, key: str, login: str, seconds: float = 60) -> Answer:
        """The same request with the same key until it is answered 200, as a client has to."""
        deadline = time.monotonic() + seconds
        while (found := self.call(path, body, key=key, login=login, timeout=5)).status != 200:
            if time.monotonic() > deadline or 400 <= found.status < 500:
                raise AssertionError(f"{path}: {found.status} {found.body.decode(errors='replace')[:300]}")
            time.sleep(0.1)
        return found

    def inside(self, what: str, *arguments: object) -> Any:
        """Run a function of `tests.survival.members` in a process of this house; its answer as JSON."""
        done = subprocess.run(
            [sys.executable, "-m", "tests.survival.members", what, *map(str, arguments)],
            cwd=REPOSITORY,
            env=environment(self.home),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-2000:]
        return json.loads(done.stdout.splitlines()[-1])

    def register(self, stations: Sequence[str], elements: Sequence[str]) -> None:
        """Things with datastreams at the SL 651 door, by statement; telemetry looks for new ones every 5 s."""
        self.sql(
            "with thing as (insert into things_thing (id, origin, created_at, row_version, scheme, code, name, region,"
            " lifecycle, health, health_cause) select gen_random_uuid(), 'synthetic', now(), 1, 'survival', code, code,"
            " '431103', 'installed', 'unknown', '' from unnest(%s::text[]) code returning id, code),"
            " last as (select coalesce(max(number), 0) as number from things_datastream)"
            " insert into things_datastream (id, origin, created_at, row_version, number, thing_id, door, station,"
            " element, observed, name, unit, digits, period_s, flat_count, active)"
            " select gen_random_uuid(), 'synthetic', now(), 1, last.number + row_number() over (), thing.id, 'sl651',"
            " thing.code, element, 'survival', element, 'm', 2, 300, 0, true"
            " from thing, last, unnest(%s::text[]) element",
            list(stations),
            list(elements),
        )
        time.sleep(6)

    def frames_in_lake(self, prefix: str) -> tuple[int, set[str]]:
        """Rows and distinct identities (hex) of the frames of stations whose address begins so."""
        with self.lake() as ask:
            found = ask(f"SELECT replace(frame::VARCHAR, '-', '') FROM lake.frame WHERE station LIKE '{prefix}%'")
        return len(found), {identity for (identity,) in found}


@dataclass(frozen=True)
class Answer:
    """What web said."""

    status: int
    body: bytes

    @property
    def document(self) -> Any:
        """As JSON."""
        return json.loads(self.body)


_tokens: dict[tuple[Path, str], str] = {}


def environment(home: Home) -> dict[str, str]:
    """The environment of a process that belongs to this home."""
    kept = {name: value for name, value in os.environ.items() if name not in ("DATABASE", "DATABASE_URL", "NATS_URL")}
    return {
        **kept,
        "DATA": str(home.data),
        "PORT": str(home.port),
        "DJANGO_SETTINGS_MODULE": "yongzhou.house.settings",
        "PYTHONPATH": f"{REPOSITORY / 'src'}:{REPOSITORY}",
    }


def until(holds: Callable[[], object], seconds: float, what: str, step: float = 0.2) -> float:
    """Wait until something holds; the seconds it took. Fails with `what` after `seconds`."""
    began = time.monotonic()
    while not holds():
        assert time.monotonic() - began < seconds, f"{what}: not within {seconds:.0f} s"
        time.sleep(step)
    return time.monotonic() - began


class Watch:
    """Kills members and notes how long each stays away, from its kill until it is ready again."""

    def __init__(self, family: Family) -> None:
        self._family = family
        self._waiting: list[threading.Thread] = []
        self.away: list[tuple[str, float]] = []
        self.share = 1.0  # of the processors that others left to us meanwhile

    def standing(self, names: Sequence[str]) -> list[str]:
        """Those that are ready now."""
        return [name for name in names if self._family.runs[name].state == State.READY]

    def kill(self, name: str) -> None:
        """kill -9, then wait for it in the background."""
        began, run = time.monotonic(), self._family.runs[name]
        restarts = run.restarts
        self._family.kill(name)

        def back() -> None:
            while not (run.state == State.READY and run.restarts > restarts) and time.monotonic() - began < 90:
                time.sleep(0.05)
            self.away.append((name, time.monotonic() - began))

        self._waiting.append(threading.Thread(target=back))
        self._waiting[-1].start()

    def join(self) -> None:
        """Until all are back."""
        for waiting in self._waiting:
            waiting.join()

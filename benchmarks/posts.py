"""The smallest operation (right, transaction, audit line, event by the outbox) against a bare django-ninja POST.

Same granian settings, same JSON, same clients; the peer checks nothing and stores nothing.
Run: `python -m benchmarks.posts`.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from functools import partial
from statistics import median
from typing import Final

from benchmarks.homes import members, own_home
from benchmarks.result import tell
from yongzhou.core.home import REPOSITORY, Home
from yongzhou.house.family import Family

CLIENTS: Final = 16
SECONDS: Final = float(os.environ.get("BENCH_SECONDS") or 3)
ROUNDS: Final = 5
BAR: Final = 0.25
BODY: Final = json.dumps({"text": "一条短消息", "level": 2}).encode()


def serve(application: str, port: int) -> subprocess.Popen[bytes]:
    """Granian as the family starts it for web."""
    return subprocess.Popen(
        [
            *(sys.executable, "-m", "granian", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"),
            *("--no-ws", "--interface", "wsgi", "--blocking-threads", "8", application),
        ],
        cwd=REPOSITORY,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


class Poster(asyncio.Protocol):
    """A client: posts again when it is answered."""

    answered = 0

    def __init__(self, request: bytes) -> None:
        self.request, self.buffer = request, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """First request."""
        self.transport: asyncio.WriteTransport = transport  # type: ignore[assignment]
        self.transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        """Wait for the whole answer, post again."""
        self.buffer += data
        head, found, rest = self.buffer.partition(b"\r\n\r\n")
        if not found:
            return
        if not head.startswith(b"HTTP/1.1 200"):
            raise SystemExit(f"answered {self.buffer[:600]!r}")
        lengths = [int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
        if len(rest) >= lengths[0] if lengths else rest.endswith(b"0\r\n\r\n"):
            self.buffer = b""
            Poster.answered += 1
            self.transport.write(self.request)


async def load(port: int, path: str, token: str) -> float:
    """Answers a second of all clients, after half a second of warming up."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {len(BODY)}\r\n"
    )
    request = f"{head}Authorization: Bearer {token}\r\n\r\n".encode() + BODY
    loop = asyncio.get_running_loop()
    made = [await loop.create_connection(partial(Poster, request), "127.0.0.1", port) for _ in range(CLIENTS)]
    await asyncio.sleep(0.5)
    began, before = time.perf_counter(), Poster.answered
    await asyncio.sleep(SECONDS)
    rate = (Poster.answered - before) / (time.perf_counter() - began)
    for transport, _ in made:
        transport.abort()
    return rate


async def wait_for(port: int) -> None:
    """Until the port answers; `RuntimeError` after 60 s."""
    for _ in range(600):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.1)
        else:
            writer.close()
            return
    raise RuntimeError(f"port {port} does not open")


def clerk() -> str:
    """A person with the right to the operation; his token."""
    from yongzhou.core.people.models import Appointment, Person, Role, RoleGrant
    from yongzhou.portals.api.answers import token

    role = Role.objects.create(code="bench", name="经办人")
    RoleGrant.objects.create(role=role, action="say", resource="bench.*", max_grade=2)
    person = Person.objects.create(name="经办人", region="4311")
    Appointment.objects.create(person=person, role=role, region="4311")
    return token(person.pk)


def measure(home: Home) -> None:
    """Alternate the two in one run; the ratio is the median of the pairs."""
    token = clerk()
    doors = ((home.port_of("web"), "/api/bench/say", "ours"), (home.port_of("live"), "/say", "peer"))
    servers = [serve(f"benchmarks.posts_{name}:application", port) for port, _, name in doors]
    rates: dict[str, list[float]] = {"ours": [], "peer": []}
    try:
        for _ in range(ROUNDS):
            for port, path, name in doors:
                asyncio.run(wait_for(port))
                rates[name].append(asyncio.run(load(port, path, token)))
    finally:
        for server in servers:
            server.terminate()
            server.wait(timeout=20)
    tell(
        "operation POST with right, audit and outbox, against a bare django-ninja POST",
        ours=median(rates["ours"]),
        peer=median(rates["peer"]),
        ratio=median(mine / other for mine, other in zip(rates["ours"], rates["peer"], strict=True)),
        bar=f"ratio >= {BAR}",
        unit="requests/s",
    )


def main() -> None:
    """A home of its own, one line."""
    with own_home() as home, Family(home, members("postgres", "nats")):
        import django

        django.setup()
        from yongzhou.house.prepare import prepare

        prepare(home, city=False)
        measure(home)


if __name__ == "__main__":
    main()

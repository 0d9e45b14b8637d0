"""Who belongs to the family: the declarative list of members."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from yongzhou.core.home import Home
from yongzhou.house.family import front, nats, postgres
from yongzhou.house.family.member import Member
from yongzhou.house.family.probe import http_ok, running, tcp
from yongzhou.house.family.supervisor import Family

POSTGRES: Final = Member(
    name="postgres",
    title="数据库",
    command=postgres.command,
    through=postgres.as_other_user,
    clean=postgres.end_survivor,
    before=postgres.make_cluster,
    ready=postgres.ready,
    budget_mb=260,
    stop_signal=signal.SIGINT,  # fast shutdown: ends sessions, writes a checkpoint
    death_signal=signal.SIGINT,
    stop_seconds=30.0,
    ports=("postgres",),
)
NATS: Final = Member(
    name="nats",
    title="消息总线",
    command=nats.command,
    before=nats.before,
    ready=http_ok("nats_monitor", "/healthz"),
    environment={"GOMEMLIMIT": "96MiB"},
    budget_mb=100,
    ports=("nats", "nats_monitor"),
)
FRONT: Final = Member(
    name="front",
    title="前门",
    command=front.command,
    before=front.before,
    ready=tcp("front"),
    environment={"GOMEMLIMIT": "64MiB"},
    budget_mb=80,
    ports=("front", "front_https"),
)


GRANIAN_LOG: Final = Path(__file__).with_name("granian_log.json")  # JSON lines, as everybody's


def _python(*arguments: str) -> Callable[[Home], Sequence[str]]:
    return lambda home: [sys.executable, *arguments]


def _granian(application: str, port: str, *arguments: str) -> Callable[[Home], Sequence[str]]:
    return lambda home: [
        *(sys.executable, "-m", "granian", "--host", "127.0.0.1", "--port", str(home.port_of(port))),
        *("--log-config", str(GRANIAN_LOG), "--workers", "1", "--no-ws"),
        *("--respawn-failed-workers", "--workers-kill-timeout", "5"),
        *arguments,
        application,
    ]


def _role(name: str, title: str, budget_mb: int) -> Member:
    return Member(
        name=name,
        title=title,
        command=_python("-m", "yongzhou.house.cli", name),
        module=f"yongzhou.house.roles.{name}",
        after=("nats", "prepare"),
        ready=running,
        budget_mb=budget_mb,
    )


def roster() -> tuple[Member, ...]:
    """All members of the family; PostgreSQL and NATS only where no other is named by `DATABASE_URL`, `NATS_URL`."""
    members = [
        *(() if os.environ.get("DATABASE_URL") else (POSTGRES,)),
        *(() if os.environ.get("NATS_URL") else (NATS,)),
        Member(
            name="prepare",
            title="库表与城市数据",
            command=_python("-m", "yongzhou.house.cli", "prepare"),
            module="yongzhou.house.prepared",
            after=("postgres", "nats"),
            one_shot=True,
            start_seconds=600.0,
        ),
        FRONT,
        Member(
            name="web",
            title="网页",
            command=_granian(
                "yongzhou.house.wsgi:application", "web", "--interface", "wsgi", "--blocking-threads", "8"
            ),
            module="yongzhou.house.wsgi",
            after=("prepare",),
            ready=tcp("web"),
            budget_mb=220,
            ports=("web",),
        ),
        Member(
            name="live",
            title="实时推送",
            command=_granian("yongzhou.house.live:application", "live", "--interface", "asgi"),
            module="yongzhou.house.live",
            after=("nats",),
            ready=tcp("live"),
            budget_mb=80,
            ports=("live",),
        ),
        _role("worker", "后台任务", 280),
        _role("pump", "事件泵", 160),
        _role("telemetry", "物联汇聚", 200),
        Member(
            name="sl651",
            title="水文报文门",
            command=_python("-m", "yongzhou.house.cli", "gateway", "sl651"),
            module="yongzhou.gateways.sl651.__main__",
            after=("nats",),  # frames are kept on the bus while telemetry is away
            ready=tcp("sl651"),
            budget_mb=100,
            ports=("sl651",),
        ),
        Member(
            name="mqtt",
            title="MQTT 门",
            command=_python("-m", "yongzhou.house.cli", "gateway", "mqtt"),
            module="yongzhou.gateways.mqtt.__main__",
            after=("nats",),
            ready=tcp("mqtt"),
            budget_mb=100,
            ports=("mqtt",),
        ),
        Member(
            name="history",
            title="30 天模拟历史",
            command=_python("-m", "yongzhou.house.cli", "generate", "--history", "30d"),
            module="yongzhou.house.commands.generate",
            after=("telemetry",),
            one_shot=True,
            start_seconds=300.0,
        ),
        Member(
            name="simulator",
            title="城市模拟器",
            command=_python("-m", "simulator"),
            module="simulator.__main__",
            after=("web", "sl651"),
            ready=running,
            budget_mb=120,
        ),
    ]
    present = {member.name for member in members}
    return tuple(member.without_others(present) for member in members)


def postgres_and_nats(home: Home) -> Family:
    """The two real parts that tests need; use as `with postgres_and_nats(home):` (returns when both are ready)."""
    return Family(home, (POSTGRES, NATS))

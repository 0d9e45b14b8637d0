"""The cluster's members, for the same supervisor that keeps the family."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from yongzhou.core.home import Home
from yongzhou.house.cluster import bus, standby
from yongzhou.house.cluster.plan import NODES, Plan
from yongzhou.house.family import front, postgres
from yongzhou.house.family.member import Member
from yongzhou.house.family.probe import http_at, tcp_at
from yongzhou.house.family.roster import POSTGRES, roster

ROLES: Final = ("prepare", "front", "web", "live", "worker", "pump", "telemetry", "sl651")


def cluster_roster(home: Home) -> tuple[Member, ...]:
    """All members of the compose on one machine."""
    plan = Plan(home)
    servers = [_node(plan, number) for number in range(1, NODES + 1)]
    spare = Member(
        name="standby",
        title="备用数据库",
        command=standby.command,
        through=postgres.as_other_user,
        before=standby.make,
        ready=standby.ready,
        after=("postgres",),
        budget_mb=200,
        stop_signal=signal.SIGINT,
        death_signal=signal.SIGINT,
        stop_seconds=30.0,
    )
    names = tuple(server.name for server in servers)
    roles = [_role(member, plan, names) for member in roster() if member.name in ROLES]
    web = next(member for member in roles if member.name == "web")
    second = replace(
        web, name="web2", title="网页二", command=_other_port(web.command, home, plan), ports=(),
        ready=tcp_at(plan.port("web2")),
    )  # fmt: skip
    return (POSTGRES, spare, *servers, *roles, second)


def _node(plan: Plan, number: int) -> Member:
    def before(home: Home) -> None:
        path = home.data / f"nats{number}.conf"
        path.touch(mode=0o600)
        path.write_text(bus.node(home, number))

    def command(home: Home) -> Sequence[str]:
        return [str(Path(sys.executable).with_name("nats-server")), "-c", str(home.data / f"nats{number}.conf")]

    return Member(
        name=f"nats{number}",
        title=f"消息总线 {number}",
        command=command,
        before=before,
        # not /healthz: a node is ready for its peers before the three have elected a leader
        ready=http_at(plan.monitor_port(number), "/varz"),
        environment={"GOMEMLIMIT": "96MiB"},
        budget_mb=100,
    )


def _role(member: Member, plan: Plan, buses: tuple[str, ...]) -> Member:
    """A role of the family, on the cluster's bus and database."""
    after = tuple(name for other in member.after for name in (buses if other == "nats" else (other,)))
    if "postgres" in after:
        after = (*after, "standby")
    before = _two_webs(plan) if member.name == "front" else member.before
    return replace(member, after=after, before=before, environment={**member.environment, **plan.environment()})


def _two_webs(plan: Plan) -> Callable[[Home], None]:
    def before(home: Home) -> None:
        front.before(home)
        path = home.data / "Caddyfile"
        one = f"reverse_proxy 127.0.0.1:{home.port_of('web')} {{"
        two = (
            f"reverse_proxy 127.0.0.1:{home.port_of('web')} 127.0.0.1:{plan.port('web2')} {{\n"
            "            lb_policy least_conn\n            fail_duration 5s\n            health_uri /readyz\n"
            "            health_interval 2s\n            health_timeout 2s"
        )
        path.write_text(path.read_text().replace(one, two))

    return before


def _other_port(command: Callable[[Home], Sequence[str]], home: Home, plan: Plan) -> Callable[[Home], Sequence[str]]:
    first, second = str(home.port_of("web")), str(plan.port("web2"))
    return lambda here: [second if word == first else word for word in command(here)]

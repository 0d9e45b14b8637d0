"""Where the parts of a cluster listen when all of them stand on one machine: ports behind a home's own block."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from yongzhou.core.home import PORTS, Home

NODES: Final = 3
_MORE: Final = ("nats2", "nats3", "route1", "route2", "route3", "leaf", "standby", "web2", "monitor2", "monitor3")


@dataclass(frozen=True, slots=True)
class Plan:
    """Ports and addresses of one home's cluster; a home's blocks stand 20 ports apart, so there is room."""

    home: Home

    def port(self, name: str) -> int:
        """Port of one part."""
        return self.home.port + len(PORTS) + _MORE.index(name)

    def nats_port(self, node: int) -> int:
        """Client port of node 1, 2 or 3."""
        return self.home.port_of("nats") if node == 1 else self.port(f"nats{node}")

    def monitor_port(self, node: int) -> int:
        """Monitor port of a node."""
        return self.home.port_of("nats_monitor") if node == 1 else self.port(f"monitor{node}")

    @property
    def nats_url(self) -> str:
        """All servers of the bus."""
        return ",".join(f"nats://127.0.0.1:{self.nats_port(node)}" for node in range(1, NODES + 1))

    def database_url(self, role: str) -> str:
        """Both servers of the database; a client finds the one that takes writes."""
        secret = self.home.secret(f"postgres_{role}")
        return (
            f"host=127.0.0.1,127.0.0.1 port={self.home.port_of('postgres')},{self.port('standby')}"
            f" dbname=yongzhou user={role} password={secret} target_session_attrs=read-write connect_timeout=3"
        )

    def environment(self) -> dict[str, str]:
        """What a role needs to work on the cluster."""
        return {
            "NATS_URL": self.nats_url,
            "NATS_REPLICAS": str(NODES),
            "DATABASE_URL": self.database_url("yz_owner"),
            "READER_DATABASE_URL": self.database_url("yz_reader"),
        }

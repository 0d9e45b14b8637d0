"""Where one city's running state lies: data folder, ports, secrets. No Django here: every role reads it."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Final

REPOSITORY: Final = Path(__file__).resolve().parents[3]

# One block of consecutive ports from PORT, so that two cities on one machine never meet.
PORTS: Final = (
    "front",  # plain HTTP, loopback
    "front_https",  # HTTPS by the front's local CA, for phones in the same network
    "web",
    "live",
    "postgres",
    "nats",
    "mqtt",
    "nats_monitor",
    "sl651",
    "metrics",  # Prometheus and health, loopback
)


@dataclass(frozen=True, slots=True)
class Home:
    """One city's folder and its block of ports."""

    data: Path
    port: int
    city: str = "yongzhou"

    @classmethod
    def here(cls) -> Home:
        """The home named by the environment: `DATA`, `PORT`, `CITY`; by default `./var`, 8600, yongzhou."""
        return cls(
            data=Path(os.environ.get("DATA") or REPOSITORY / "var").resolve(),
            port=int(os.environ.get("PORT") or 8600),
            city=os.environ.get("CITY") or "yongzhou",
        )

    def port_of(self, name: str) -> int:
        """The port of one door; `ValueError` for a name that is not in `PORTS`."""
        return self.port + PORTS.index(name)

    @property
    def city_folder(self) -> Path:
        """Facts about the city: divisions, units, calendar, stations."""
        return REPOSITORY / "cities" / self.city

    @property
    def lake(self) -> Path:
        """Parquet files of the lake."""
        return self.data / "lake"

    @property
    def files(self) -> Path:
        """Content-addressed attachments."""
        return self.data / "files"

    @property
    def nats_url(self) -> str:
        """Address of the bus; several, separated by commas, for a cluster."""
        return os.environ.get("NATS_URL") or f"nats://127.0.0.1:{self.port_of('nats')}"

    @property
    def nats_servers(self) -> list[str]:
        """The servers of the bus, any of which will do."""
        return [address.strip() for address in self.nats_url.split(",")]

    @property
    def database(self) -> str:
        """Name of the house's database (`DATABASE`): tests run in clones of a template."""
        return os.environ.get("DATABASE") or "yongzhou"

    def dsn(self, role: str = "yz_owner") -> str:
        """libpq connection string of one database role: `yz_owner` (the house) or `yz_reader` (sees `share.*` only).

        `DATABASE_URL` names another PostgreSQL 18 for the owner, `READER_DATABASE_URL` for the reader.
        """
        names = {"yz_owner": "DATABASE_URL", "yz_reader": "READER_DATABASE_URL"}
        if role in names and (url := os.environ.get(names[role])):
            return url
        return (
            f"host=127.0.0.1 port={self.port_of('postgres')} dbname={self.database} "
            f"user={role} password={self.secret('postgres_' + role)}"
        )

    def secret(self, name: str) -> str:
        """A secret of this home, 256 bits in hex, made on first use and readable by its owner only."""
        path = self.data / "secrets" / name
        try:
            return path.read_text()
        except FileNotFoundError:
            return self._make_secret(path)

    @staticmethod
    def _make_secret(path: Path) -> str:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = path.with_suffix(f".{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_hex(32))
        try:
            os.link(draft, path)  # atomic: two roles that start together agree on one value
        except FileExistsError:
            pass
        finally:
            draft.unlink()
        return path.read_text()

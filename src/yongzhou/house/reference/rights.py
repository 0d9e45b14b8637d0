"""Who may do what, as the city's grants say it today (`cities/<city>/grants.csv`)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from yongzhou.core.data.actor import Grant
from yongzhou.core.people.city import rows


@dataclass(frozen=True)
class Rights:
    """The grants of one city, and the Chinese names of its roles."""

    grants: tuple[Grant, ...]
    names: dict[str, str]

    @classmethod
    def of(cls, city: Path) -> Rights:
        """Read grants and roles of a city's folder; no files, no rights."""
        grants = [Grant(row["role"], row["action"], row["resource"]) for row in _rows(city / "grants.csv")]
        return cls(tuple(grants), {row["code"]: row["name"] for row in _rows(city / "roles.csv")})

    def who(self, action: str, resource: str) -> str:
        """Names of the roles that are granted an action on a resource, in the order of the grants."""
        roles = dict.fromkeys(grant.role for grant in self.grants if grant.covers(action, resource))
        return "、".join(self.names.get(role, role) for role in roles) or "暂无角色 nobody yet"


def _rows(path: Path) -> list[dict[str, str]]:
    return list(rows(path)) if path.exists() else []

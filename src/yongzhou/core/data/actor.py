"""Who asks, with what he was granted: a plain value, loaded by `core.people`, enough to decide every read."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal
from uuid import UUID, uuid5

_HOUSE = UUID("6d0f5a3e-0f0c-5f4e-9a63-431100000000")


@dataclass(frozen=True, slots=True)
class Grant:
    """One line of rights: role's action on resources, within a region, a unit's subtree, or one's own rows.

    A grant without region, units and `own` reaches nothing.
    """

    role: str
    action: str  # "read", "*", "warn" …
    resource: str  # glob over `<system>.<record>` or operation names
    max_grade: int = 1
    region: str | None = None  # GB/T 2260 + 10114 prefix
    units: frozenset[UUID] = frozenset()  # the unit and all below it
    own: bool = False
    purpose: str | None = None

    def covers(self, action: str, resource: str) -> bool:
        """Whether this line speaks of an action on a resource at all."""
        return self.action in ("*", action) and fnmatchcase(resource, self.resource)


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody or something that acts."""

    kind: Literal["person", "service", "system", "anonymous"]
    id: UUID  # of the person or service account; of the house's part, derived from its name; nil for nobody
    name: str
    unit: UUID | None = None
    grants: tuple[Grant, ...] = ()
    title: str = ""
    region: str | None = None
    by: UUID | None = None  # the person who acts here for `id` (代办)
    since: float = 0.0  # epoch seconds; bearer tokens made before are void

    def lines(self, action: str, resource: str) -> list[Grant]:
        """The grants that speak of an action on a resource."""
        return [grant for grant in self.grants if grant.covers(action, resource)]

    def max_grade(self, resource: str, action: str = "read") -> int:
        """The highest grade that any line of this action allows; 0 for none."""
        return max((grant.max_grade for grant in self.lines(action, resource)), default=0)


NOBODY = Actor(kind="anonymous", id=UUID(int=0), name="未登录")
"""A visitor who has not logged in."""


def system(name: str) -> Actor:
    """An actor of the house itself (a consumer, a rule): may do everything, signs as what it is."""
    return Actor(
        kind="system",
        id=uuid5(_HOUSE, name),
        name=name,
        grants=(Grant(role="system", action="*", resource="*", max_grade=5, region=""),),
    )

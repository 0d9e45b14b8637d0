"""Who may do what, worked out a second time from the city's csv files: what every door is measured against.

Nothing of the house's own guard is imported here. A right is a line of `grants.csv` of a role that `people.csv` gives
to a login within a region (prefix of the division code), a unit with all below it, or one's own rows.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

CITY = Path(__file__).resolve().parents[2] / "cities" / "yongzhou"


@dataclass(frozen=True)
class Facts:
    """What a row says of its scope; None where its kind has no such column."""

    grade: int = 1
    region: str | None = None
    unit: str | None = None  # code of the unit
    person: str | None = None  # login of the person whose own row it is
    scoped: bool = True  # False: the kind of record has neither region nor department


@dataclass(frozen=True)
class Right:
    """One line that a login holds."""

    action: str
    pattern: re.Pattern[str]
    max_grade: int
    region: str | None
    units: frozenset[str]
    own: bool

    def speaks_of(self, action: str, resource: str) -> bool:
        """Whether the line names this action on this kind of record."""
        return self.action in {action, "*"} and self.pattern.fullmatch(resource) is not None

    def reaches(self, login: str, facts: Facts) -> bool:
        """Whether the line's scope takes this row in."""
        if facts.grade > self.max_grade:
            return False
        if self.own:
            return facts.person == login
        if not facts.scoped:
            return self.region is not None or bool(self.units)
        if self.region is not None:
            return facts.region is not None and facts.region.startswith(self.region)
        return facts.unit is not None and facts.unit in self.units


def _rows(name: str) -> list[dict[str, str]]:
    with (CITY / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _glob(text: str) -> re.Pattern[str]:
    return re.compile(".*".join(re.escape(part) for part in text.split("*")), re.DOTALL)


@cache
def below(unit: str) -> frozenset[str]:
    """A unit's code and the codes of all units below it."""
    found = {unit}
    while True:
        more = {row["code"] for row in _rows("units.csv") if row["parent"] in found} - found
        if not more:
            return frozenset(found)
        found |= more


@cache
def rights() -> dict[str, tuple[Right, ...]]:
    """Login to the lines it holds."""
    lines: dict[str, list[dict[str, str]]] = {}
    for row in _rows("grants.csv"):
        lines.setdefault(row["role"], []).append(row)
    found = {}
    for person in _rows("people.csv"):
        scope = person["scope"]
        own = scope == "own"
        region = scope if scope.isdigit() else None
        units = below(scope.removeprefix("unit:")) if scope.startswith("unit:") else frozenset()
        found[person["login"]] = tuple(
            Right(line["action"], _glob(line["resource"]), int(line["max_grade"]), region, units, own)
            for role in person["roles"].split(";")
            for line in lines.get(role, ())
        )
    return found


def logins() -> list[str]:
    """All demo logins, in the file's order."""
    return [row["login"] for row in _rows("people.csv")]


def may_at_all(login: str, action: str, resource: str) -> bool:
    """Whether a login holds any line of this action on this kind of record."""
    return any(right.speaks_of(action, resource) for right in rights()[login])


def may(login: str, action: str, resource: str, facts: Facts) -> bool:
    """Whether a login may do this to this row."""
    return any(right.speaks_of(action, resource) and right.reaches(login, facts) for right in rights()[login])


def status(login: str, resource: str, facts: Facts) -> int:
    """What a door answers to somebody who wants to read one row: 200, 403 (no right to its kind), 404 (not his)."""
    if not may_at_all(login, "read", resource):
        return 403
    return 200 if may(login, "read", resource, facts) else 404


def refusal(login: str, action: str, resource: str, facts: Facts) -> str | None:
    """The code of the refusal of an operation on one row; None if it must not be refused by right."""
    if not may_at_all(login, action, resource):
        return "forbidden"
    if may(login, action, resource, facts):
        return None
    return "forbidden" if may(login, "read", resource, facts) else "not_found"

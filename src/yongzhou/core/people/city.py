"""People's part of `cities/<city>`: units, roles with their grants, the demo people."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Final

from django.contrib.auth.hashers import make_password

from yongzhou.core.people.models import Appointment, Login, Person, Role, RoleGrant, Unit

DEMO_PASSWORD: Final = "yongzhou-demo"  # noqa: S105 - printed at the start, for demo people only


def rows(path: Path) -> list[dict[str, str]]:
    """The rows of a csv file of the city; none where the city has no such file."""
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def load(folder: Path) -> None:
    """Load or renew what the files say; what people added in the house stays."""
    units = _units(rows(folder / "units.csv"))
    roles = {
        row["code"]: Role.objects.update_or_create(
            code=row["code"], defaults={"name": row["name"], "two_factors": row.get("two_factors") == "yes"}
        )[0]
        for row in rows(folder / "roles.csv")
    }
    RoleGrant.objects.filter(role__in=roles.values()).delete()
    RoleGrant.objects.bulk_create(
        RoleGrant(
            role=roles[row["role"]],
            action=row["action"],
            resource=row["resource"],
            max_grade=int(row["max_grade"]),
            purpose=row.get("purpose", ""),
        )
        for row in rows(folder / "grants.csv")
    )
    password = make_password(DEMO_PASSWORD)
    for row in rows(folder / "people.csv"):
        _person(row, units, roles, password)


def _units(listed: list[dict[str, str]]) -> dict[str, Unit]:
    units: dict[str, Unit] = {}
    for row in listed:
        units[row["code"]], _ = Unit.objects.update_or_create(
            code=row["code"],
            defaults={
                "name": row["name"],
                "parent": units.get(row["parent"]),
                "region": row["region"],
                "kind": row["kind"],
                "calendar": row.get("calendar", ""),
            },
        )
    return units


def _person(row: dict[str, str], units: dict[str, Unit], roles: dict[str, Role], password: str) -> None:
    login = Login.objects.filter(name=row["login"]).select_related("person").first()
    if login is not None:
        return
    unit = units.get(row["unit"])
    person = Person.objects.create(
        kind="person",
        name=row["name"],
        region=unit.region if unit else "",
        unit=unit,
        job=row["title"],
        phone=row["phone"],
        origin="synthetic",
    )
    Login.objects.create(name=row["login"], person=person, password=password)
    for code in filter(None, row["roles"].split(";")):
        scope = row["scope"]
        Appointment.objects.create(
            person=person,
            role=roles[code],
            region=scope if scope.isdigit() else "",
            unit=units.get(scope.removeprefix("unit:")) if scope != "own" and not scope.isdigit() else None,
            own=scope == "own" or code == "citizen",
        )

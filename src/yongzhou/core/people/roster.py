"""People with what they hold and how they sign in, for a list: a fixed number of queries, however many there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from yongzhou.core.people.actors import holding
from yongzhou.core.people.models import Appointment, Login, Person, SecondFactor


@dataclass(slots=True)
class Standing:
    """One person: appointments in force and past, and his login."""

    person: Person
    current: list[Appointment] = field(default_factory=list)
    past: list[Appointment] = field(default_factory=list)
    login: str = ""
    open: bool = False
    second: bool = False
    temporary: bool = False
    last: datetime | None = None


def standings(people: Sequence[Person], today: date) -> dict[UUID, Standing]:
    """What each of these people holds on a day, by id."""
    found = {person.pk: Standing(person) for person in people}
    rows = Appointment.objects.filter(person__in=found).select_related("role", "unit").order_by("role__name", "pk")
    current = set(Appointment.objects.filter(holding(today), person__in=found).values_list("pk", flat=True))
    for row in rows:
        standing = found[row.person_id]
        (standing.current if row.pk in current else standing.past).append(row)
    secured = set(
        SecondFactor.objects.filter(login__person__in=found, confirmed_at__isnull=False).values_list("login", flat=True)
    )
    for login in Login.objects.filter(person__in=found).order_by("-is_active", "pk"):
        standing = found[login.person_id]
        if standing.login:
            continue
        standing.login, standing.open, standing.last = login.name, login.is_active, login.last_login
        standing.second, standing.temporary = login.pk in secured, login.temporary_until is not None
    return found


def demo_logins() -> tuple[int, int]:
    """How many logins of synthetic persons are open, and how many there are."""
    rows = Login.objects.filter(person__origin="synthetic")
    return rows.filter(is_active=True).count(), rows.count()

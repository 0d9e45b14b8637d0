"""From a person's appointments to an `Actor`: the only place where rights are read from the database."""

from __future__ import annotations

import time
from datetime import date
from typing import Final
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from yongzhou.core.data.actor import NOBODY, Actor, Grant
from yongzhou.core.people.models import Appointment, Login, Person, RoleGrant, Unit

FRESH_SECONDS: Final = 3.0  # a revoked role loses access within 5 s in every process
_cache: dict[UUID, tuple[float, Actor]] = {}


def actor_of(person: UUID | None, *, fresh: bool = False) -> Actor:
    """The actor of a person, at most `FRESH_SECONDS` old; `NOBODY` for none or an unknown one."""
    if person is None:
        return NOBODY
    known = _cache.get(person)
    if known and not fresh and time.monotonic() - known[0] < FRESH_SECONDS:
        return known[1]
    actor = _load(person, timezone.localdate())
    if len(_cache) > 10_000:
        _cache.clear()
    _cache[person] = (time.monotonic(), actor)
    return actor


def forget() -> None:
    """Drop what is remembered, after rights were changed in this process."""
    _cache.clear()


def _load(person_id: UUID, today: date) -> Actor:
    person = Person.objects.filter(pk=person_id).select_related("unit").first()
    logins = list(Login.objects.filter(person=person_id).values_list("is_active", flat=True))
    if person is None or (logins and not any(logins)):  # a closed login ends sessions and tokens too
        return NOBODY
    current = Q(valid_from__isnull=True) | Q(valid_from__lte=today)
    current &= Q(valid_to__isnull=True) | Q(valid_to__gt=today)
    held = list(
        Appointment.objects.filter(current, person=person_id).values_list("role_id", "region", "unit_id", "own")
    )
    lines: dict[UUID, list[RoleGrant]] = {}
    for line in RoleGrant.objects.filter(role__in={role for role, *_ in held}).select_related("role"):
        lines.setdefault(line.role_id, []).append(line)
    trees = {unit: subtree(unit) for _, _, unit, _ in held if unit}
    grants = tuple(
        Grant(
            role=line.role.name,
            action=line.action,
            resource=line.resource,
            max_grade=line.max_grade,
            region=region or None,
            units=trees.get(unit, frozenset()) if unit else frozenset(),
            own=own,
            purpose=line.purpose or None,
        )
        for role, region, unit, own in held
        for line in lines.get(role, ())
    )
    return Actor(
        kind="person",
        id=person.pk,
        name=person.name,
        unit=person.unit_id,
        grants=grants,
        title=person.job,
        region=person.region,
    )


def subtree(unit: UUID) -> frozenset[UUID]:
    """A unit and everything below it."""
    children: dict[UUID | None, list[UUID]] = {}
    for key, parent in Unit.objects.values_list("pk", "parent_id"):
        children.setdefault(parent, []).append(key)
    found, queue = set(), [unit]
    while queue:
        current = queue.pop()
        if current not in found:
            found.add(current)
            queue.extend(children.get(current, ()))
    return frozenset(found)

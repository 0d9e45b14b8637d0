"""From a person's appointments to an `Actor`: the only place where rights are read from the database."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date
from typing import Final
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from yongzhou.core.data.actor import NOBODY, Actor, Grant
from yongzhou.core.people.domain.rights import narrowed
from yongzhou.core.people.models import Appointment, Delegation, Login, Person, RoleGrant, ServiceAccount, Unit
from yongzhou.core.people.policy import delegable, demo_accounts

FRESH_SECONDS: Final = 3.0  # a revoked role loses access within 5 s in every process
_cache: dict[tuple[str, UUID], tuple[float, Actor]] = {}


def actor_of(person: UUID | None, *, fresh: bool = False) -> Actor:
    """The actor of a person or a service account, at most `FRESH_SECONDS` old; `NOBODY` for none or an unknown one."""
    return NOBODY if person is None else _remembered("self", person, lambda: _load(person), fresh)


def on_behalf(agent: Actor, delegation: UUID, *, fresh: bool = False) -> Actor:
    """The agent in the place of his principal, as far as the delegation reaches; `NOBODY` when it does not hold.

    He has the principal's own rows only, never what the principal holds by an office, nor rights over accounts.
    """
    found = _remembered("behalf", delegation, lambda: _load_behalf(delegation), fresh)
    return found if found.by == agent.id else NOBODY


def _remembered(kind: str, key: UUID, load: Callable[[], Actor], fresh: bool) -> Actor:
    known = _cache.get((kind, key))
    if known and not fresh and time.monotonic() - known[0] < FRESH_SECONDS:
        return known[1]
    began = time.monotonic()  # as old as the first row that was read
    actor = load()
    if len(_cache) > 10_000:
        _cache.clear()
    _cache[kind, key] = (began, actor)
    return actor


def forget() -> None:
    """Drop what is remembered, after rights were changed in this process."""
    _cache.clear()


def holding(on: date) -> Q:
    """Rows whose `valid_from` and `valid_to` hold on a day."""
    current = Q(valid_from__isnull=True) | Q(valid_from__lte=on)
    return current & (Q(valid_to__isnull=True) | Q(valid_to__gt=on))


def _load(key: UUID) -> Actor:
    person = Person.objects.filter(pk=key).first()
    if person is None:
        return _service(key)
    logins = list(Login.objects.filter(person=key).values_list("is_active", "tokens_from"))
    if logins and not any(active for active, _ in logins):  # a closed login ends sessions and tokens too
        return NOBODY
    if logins and person.origin == "synthetic" and not demo_accounts():
        return NOBODY
    held = list(
        Appointment.objects.filter(holding(timezone.localdate()), person=key).values_list(
            "role_id", "region", "unit_id", "own"
        )
    )
    return Actor(
        kind="person",
        id=person.pk,
        name=person.name,
        unit=person.unit_id,
        grants=grants_of(held),
        title=person.job,
        region=person.region,
        since=max((moment.timestamp() for _, moment in logins if moment is not None), default=0.0),
    )


def grants_of(held: Iterable[tuple[UUID, str | None, UUID | None, bool]]) -> tuple[Grant, ...]:
    """The lines of roles held: (role, region, unit, own rows only)."""
    rows = list(held)
    lines: dict[UUID, list[RoleGrant]] = {}
    for line in RoleGrant.objects.filter(role__in={role for role, *_ in rows}).select_related("role"):
        lines.setdefault(line.role_id, []).append(line)
    trees = {unit: subtree(unit) for _, _, unit, _ in rows if unit}
    return tuple(
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
        for role, region, unit, own in rows
        for line in lines.get(role, ())
    )


def _service(key: UUID) -> Actor:
    account = ServiceAccount.objects.filter(pk=key, closed=False).first()
    if account is None:
        return NOBODY
    return Actor(
        kind="service",
        id=account.pk,
        name=f"{account.name}（服务账号）",
        unit=account.unit_id,
        grants=grants_of([(account.role_id, account.region, account.reach_id, False)]),
        region=account.region or None,
    )


def _load_behalf(key: UUID) -> Actor:
    row = (
        Delegation.objects.filter(holding(timezone.localdate()), pk=key, ended_at__isnull=True)
        .select_related("agent", "principal")
        .first()
    )
    matters = delegable().get(row.matters) if row is not None else None
    if row is None or matters is None:
        return NOBODY
    principal, agent = actor_of(row.principal_id, fresh=True), actor_of(row.agent_id, fresh=True)
    if "anonymous" in (principal.kind, agent.kind):
        return NOBODY
    return replace(
        principal,
        name=f"{principal.name}（由{agent.name}代办）",
        unit=None,
        title="代办",
        grants=narrowed((grant for grant in principal.grants if grant.own), matters.patterns),
        by=agent.id,
        since=0.0,
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

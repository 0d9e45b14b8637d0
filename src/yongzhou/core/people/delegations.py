"""Who acts for whom: both sides of a delegation see it, and either ends it."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from yongzhou.core.people.models import Delegation


def given_by(person: UUID) -> list[Delegation]:
    """What a person has delegated, the newest first."""
    return list(Delegation.objects.filter(principal=person).select_related("agent").order_by("-created_at")[:50])


def held_by(person: UUID) -> list[Delegation]:
    """What others have delegated to a person, the newest first."""
    return list(Delegation.objects.filter(agent=person).select_related("principal").order_by("-created_at")[:50])


def holds(row: Delegation, on: date) -> bool:
    """Whether a delegation can be used on a day."""
    return row.ended_at is None and row.valid_from <= on < row.valid_to

"""Choices that are kept for a person."""

from __future__ import annotations

from uuid import UUID

from pydantic import JsonValue

from yongzhou.core.desk.models import Choice


def kept(person: UUID, name: str) -> JsonValue:
    """What was kept under a name; None for nothing."""
    found: JsonValue = Choice.objects.filter(person=person, name=name[:200]).values_list("value", flat=True).first()
    return found


def keep(person: UUID, name: str, value: JsonValue) -> None:
    """Keep a choice; None forgets it."""
    if value is None:
        Choice.objects.filter(person=person, name=name[:200]).delete()
        return
    Choice.objects.update_or_create(person=person, name=name[:200], defaults={"value": value})

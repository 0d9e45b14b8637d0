"""What the head of a printed page says."""

from __future__ import annotations

from uuid import UUID

from django.core.cache import cache

from yongzhou.core.people.models import Unit


def unit_name(id: UUID | None) -> str:
    """The name of one's own unit, at most five minutes old; empty for none."""
    if id is None:
        return ""
    key = f"unit-name:{id}"
    name = cache.get(key)
    if name is None:
        name = str(Unit.objects.filter(pk=id).values_list("name", flat=True).first() or "")
        cache.set(key, name, 300)
    return str(name)

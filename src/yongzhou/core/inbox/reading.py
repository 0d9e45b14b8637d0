"""One's own messages: to the person, or to his unit. No role is asked for; nobody reads those of others here."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from yongzhou.core.data.actor import Actor
from yongzhou.core.inbox.models import Message


def messages_of(actor: Actor) -> QuerySet[Message]:
    """Messages to this person or to his unit, the newest first."""
    to = Q(person=actor.id)
    if actor.unit is not None:
        to |= Q(unit=actor.unit)
    return Message.objects.filter(to).order_by("-at", "-pk")


def unread_of(actor: Actor) -> QuerySet[Message]:
    """Those of them that nobody has read."""
    return messages_of(actor).filter(read_at__isnull=True)


def mark_read(actor: Actor, id: UUID | None = None) -> int:
    """Mark one of them, or all, as read; gives how many were not."""
    rows = unread_of(actor) if id is None else unread_of(actor).filter(pk=id)
    return rows.order_by().update(read_at=timezone.now())


def topics_of(actor: Actor) -> list[str]:
    """Live topics on which a screen hears that a message came."""
    return [f"inbox.{key}" for key in (actor.id, actor.unit) if key is not None]

"""Tell a person or a unit about something."""

from __future__ import annotations

from django.db import transaction

from yongzhou.core.bus.live import publish_live
from yongzhou.core.data.guard import resource_name
from yongzhou.core.data.record import Record
from yongzhou.core.inbox.models import Message
from yongzhou.core.operations.context import Context
from yongzhou.core.people.models import Person, Unit


def notify(ctx: Context, to: Person | Unit, text: str, *, about: Record) -> Message:
    """Leave a message in the transaction of what it is about."""
    message = Message(
        person=to if isinstance(to, Person) else None,
        unit=to if isinstance(to, Unit) else None,
        region=to.region,
        text=text[:300],
        at=ctx.now,
        resource=resource_name(type(about)),
        record=about.pk,
        origin=about.origin,
    )
    message.save()
    topic = f"inbox.{to.pk}"
    transaction.on_commit(lambda: publish_live(topic, {"key": str(message.pk)}))  # who hears it asks for the words
    return message

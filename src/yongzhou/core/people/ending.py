"""When rights end, every process knows within seconds: caches forget, live connections of the person are cut."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from django.db import transaction

from yongzhou.core.bus.live import ACCESS, publish_live
from yongzhou.core.people.actors import forget


def rights_changed(person: UUID) -> None:
    """After the commit: forget here, and cut the live connections whose tickets were made under the old rights."""
    forget()
    transaction.on_commit(partial(_tell, person))


def _tell(person: UUID) -> None:
    forget()
    publish_live(ACCESS, {"ended": str(person)}, key=str(person))

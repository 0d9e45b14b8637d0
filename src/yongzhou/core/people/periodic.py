"""Periodic duties of people and access."""

from __future__ import annotations

from django.utils import timezone

from yongzhou.core.jobs import every
from yongzhou.core.people import sessions, signing_in, tries


@every(3600, "people.prune")
def forget_old_traces() -> None:
    """Counters of wrong tries after a day, known devices and old sessions after half a year."""
    now = timezone.now()
    tries.prune(now)
    sessions.prune(now)
    signing_in.prune(now)

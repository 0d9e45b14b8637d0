"""Each minute the worker judges all places; each five minutes it looks whether the twin is whole."""

from __future__ import annotations

from django.utils import timezone

from yongzhou.core.jobs import every
from yongzhou.systems.governance.city_operations.compute import check_twin, compute_states, places_of_state


@every(60, "city_operations.states")
def states() -> None:
    """State of the city and every county in every domain."""
    compute_states(timezone.now(), places_of_state())


@every(300, "city_operations.twin")
def twin() -> None:
    """Links of the digital twin."""
    check_twin(timezone.now())

"""What runs by itself: the clocks each minute, bottlenecks, causes that come again and patrol routes each day."""

from __future__ import annotations

from yongzhou.core.data.actor import system
from yongzhou.core.jobs.periodic import every
from yongzhou.core.operations.run import run
from yongzhou.systems.governance.grid_governance.operations import (
    escalate,
    find_bottlenecks,
    find_causes,
    plan_patrols,
)

DAY = 24 * 3600


@every(60, "grid_governance-escalation")
def watch_clocks() -> None:
    """Remind, mark what is overdue, resume what has stood too long."""
    run(escalate, system("grid_governance-escalation"), {}, door="job")


@every(DAY, "grid_governance-bottlenecks")
def mine_histories() -> None:
    """Find where the time of the last 90 days went."""
    run(find_bottlenecks, system("grid_governance-mining"), {}, door="job")


@every(DAY, "grid_governance-causes")
def find_what_comes_again() -> None:
    """Find what came again in the last 90 days."""
    run(find_causes, system("grid_governance-causes"), {}, door="job")


@every(DAY, "grid_governance-patrols")
def plan_the_day() -> None:
    """Routes of the day, with the causes just found in them."""
    run(plan_patrols, system("grid_governance-patrols"), {}, door="job")

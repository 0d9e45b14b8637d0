"""What runs by itself: the watch over the clocks each minute, the search for bottlenecks each day."""

from __future__ import annotations

from yongzhou.core.data.actor import system
from yongzhou.core.jobs.periodic import every
from yongzhou.core.operations.run import run
from yongzhou.systems.governance.grid_governance.operations import escalate, find_bottlenecks


@every(60, "grid_governance-escalation")
def watch_clocks() -> None:
    """Remind, mark what is overdue, resume what has stood too long."""
    run(escalate, system("grid_governance-escalation"), {}, door="job")


@every(24 * 3600, "grid_governance-bottlenecks")
def mine_histories() -> None:
    """Find where the time of the last 90 days went."""
    run(find_bottlenecks, system("grid_governance-mining"), {}, door="job")

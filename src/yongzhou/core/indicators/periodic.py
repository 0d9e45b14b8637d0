"""The worker looks every few seconds which indicators are due."""

from __future__ import annotations

from yongzhou.core.indicators.compute import refresh_due
from yongzhou.core.jobs import every


@every(5, "core.indicators.refresh")
def refresh() -> None:
    """Compute what is due."""
    refresh_due()

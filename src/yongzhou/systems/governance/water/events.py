"""Facts of water: stages graded, flash-flood warnings raised, acknowledged, lifted."""

from __future__ import annotations

from uuid import UUID

from yongzhou.core.bus.events import Event


class FloodWarningRaised(Event):
    """A village is warned."""

    subject, version, key = "ev.water.flood_warning.raised", 1, "village"
    warning: UUID
    village: UUID
    level: str
    rain_mm: float
    window_h: int
    frame: str


class FloodWarningAcknowledged(Event):
    """Somebody answered for the village."""

    subject, version, key = "ev.water.flood_warning.acknowledged", 1, "village"
    warning: UUID
    village: UUID
    level: str


class FloodWarningLifted(Event):
    """The warning is over."""

    subject, version, key = "ev.water.flood_warning.lifted", 1, "village"
    warning: UUID
    village: UUID
    level: str


class StageGraded(Event):
    """A station crossed its warning or guarantee level."""

    subject, version, key = "ev.water.stage.graded", 1, "station"
    station: UUID
    grade: int
    before: int
    level_m: float
    over_m: float

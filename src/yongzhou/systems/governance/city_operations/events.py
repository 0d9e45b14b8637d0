"""Facts of the city's state: anomalies that hold, advice made and judged, supervision that is asked for."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from yongzhou.core.bus.events import Event


class AnomalyFired(Event):
    """A series has been off its baseline for two hours in a row."""

    subject, version, key = "ev.city_operations.anomaly.fired", 1, "anomaly"
    anomaly: UUID
    source: str
    series: str
    method: str
    value: float
    expected: float | None
    z: float | None
    since: datetime


class AnomalyResolved(Event):
    """It is normal again."""

    subject, version, key = "ev.city_operations.anomaly.resolved", 1, "anomaly"
    anomaly: UUID
    series: str
    hours: int


class AdviceMade(Event):
    """Options lie before a person."""

    subject, version, key = "ev.city_operations.advice.made", 1, "advice"
    advice: UUID
    indicator: str
    options: int


class AdviceDecided(Event):
    """A person has adopted or refused."""

    subject, version, key = "ev.city_operations.advice.decided", 1, "advice"
    advice: UUID
    adopted: bool


class AdviceJudged(Event):
    """The effect has been measured."""

    subject, version, key = "ev.city_operations.advice.judged", 1, "advice"
    advice: UUID
    verdict: str


class SupervisionRequested(Event):
    """The operation centre asks a place to do something, or to hurry with the matter `subject_matter`.

    The steward opens a matter with the key `supervision:<id>`, or moves the matter that is named.
    """

    subject, version, key = "ev.city_operations.supervision.requested", 1, "supervision"
    supervision: UUID
    number: str
    title: str
    demand: str
    level: int
    due: datetime
    about: str
    subject_matter: UUID | None


class ReportSigned(Event):
    """A daily or weekly report has been signed."""

    subject, version, key = "ev.city_operations.report.signed", 1, "report"
    report: UUID
    kind: str
    digest: str

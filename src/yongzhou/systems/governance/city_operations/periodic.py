"""Clockwork: states each minute (towns each five), twin, silent peers, baselines, scans, effects, reports."""

from __future__ import annotations

import logging
from datetime import timedelta

from django.utils import timezone

from yongzhou.core.data.actor import system
from yongzhou.core.jobs import every
from yongzhou.core.operations.problem import Problem
from yongzhou.core.operations.run import run
from yongzhou.systems.governance.city_operations.compute import check_twin, compute_states, places_of_state
from yongzhou.systems.governance.city_operations.models import Advice, Baseline, OperationReport, Scan
from yongzhou.systems.governance.city_operations.operations import (
    detect_anomaly,
    generate_report,
    measure_effect,
    train_baselines,
)
from yongzhou.systems.governance.city_operations.operations.federating import mark_silent
from yongzhou.systems.governance.city_operations.operations.reporting import Kind, span_of
from yongzhou.systems.governance.city_operations.series import HOUR, full_hour

logger = logging.getLogger(__name__)

_RELEARN = timedelta(hours=6)
_SETTLED = timedelta(minutes=3)  # late frames of an hour are in by then


@every(60, "city_operations.states")
def states() -> None:
    """State of the city and every county in every domain."""
    compute_states(timezone.now(), places_of_state("city", "county"))


@every(300, "city_operations.town_states")
def town_states() -> None:
    """State of every town and street in every domain."""
    compute_states(timezone.now(), places_of_state("town"))


@every(300, "city_operations.twin")
def twin() -> None:
    """Links of the digital twin, and peers that have fallen silent."""
    check_twin(timezone.now())
    mark_silent(timezone.now())


@every(600, "city_operations.learn")
def learn() -> None:
    """Baselines anew each six hours."""
    now = timezone.now()
    last = Baseline.objects.order_by("-trained_until").values_list("trained_until", flat=True).first()
    if last is None or now - last >= _RELEARN:
        run(train_baselines, system("city_operations.learn"), {}, door="house", now=now)


@every(60, "city_operations.scan")
def scan() -> None:
    """The last full hour, once it has settled and a baseline is there."""
    now = timezone.now()
    hour = full_hour(now - _SETTLED) - HOUR
    if Baseline.objects.exists() and not Scan.objects.filter(hour=hour).exists():
        run(detect_anomaly, system("city_operations.scan"), {"hour": hour}, door="house", now=now)


@every(3600, "city_operations.effects")
def effects() -> None:
    """Effects of what was adopted and is not yet judged."""
    for advice in Advice.objects.filter(state="adopted").values_list("pk", flat=True)[:200]:
        try:
            run(measure_effect, system("city_operations.effects"), {"advice": advice}, door="house")
        except Problem as problem:  # one advice never stops the others
            logger.warning("effect of advice %s: %s", advice, problem.title)


@every(600, "city_operations.reports")
def reports() -> None:
    """Drafts of yesterday's daily and last week's report of the city, if they are not there."""
    now = timezone.now()
    today = timezone.localdate(now)
    kinds: tuple[tuple[Kind, int], ...] = (("daily", 1), ("weekly", 7))
    for kind, back in kinds:
        day = today - timedelta(days=back)
        start, end = span_of(kind, day)
        if end <= now and not OperationReport.objects.filter(kind=kind, region="4311", starts=start).exists():
            run(generate_report, system("city_operations.reports"), {"kind": kind, "day": day}, door="house", now=now)

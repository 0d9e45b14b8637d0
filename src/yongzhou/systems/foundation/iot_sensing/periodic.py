"""Periodic duties: health of all things each 30 s; frames that waited for their registration."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.utils import timezone

from yongzhou.core.bus.models import Quarantine
from yongzhou.core.bus.quarantine import replay_station
from yongzhou.core.data.actor import system
from yongzhou.core.jobs import every
from yongzhou.core.operations.run import run
from yongzhou.core.things.models import Datastream
from yongzhou.systems.foundation.iot_sensing.commanding import OPEN
from yongzhou.systems.foundation.iot_sensing.models import Command
from yongzhou.systems.foundation.iot_sensing.operations import run_out_commands, watch_health
from yongzhou.systems.foundation.iot_sensing.watch import update_health, waiting

SETTLED_S: Final = 15  # telemetry looks for new datastreams every 5 s
_UNKNOWN: Final = "地址未登记"


@every(30, "iot_sensing.health")
def health() -> None:
    """One statement over all things; an operation only when something follows from it."""
    now = timezone.now()
    if update_health(now) or waiting(now):
        run(watch_health, system("iot_sensing"), {}, door="house")


@every(10, "iot_sensing.commands")
def commands() -> None:
    """Give up commands whose time is over."""
    if Command.objects.filter(state__in=OPEN, expires__lt=timezone.now()).exists():
        run(run_out_commands, system("iot_sensing"), {}, door="house")


@every(10, "iot_sensing.replay_registered")
def replay_registered() -> None:
    """Replay what was refused for an unknown address that has been registered since."""
    open_rows = Quarantine.objects.filter(state="open", reason__startswith=_UNKNOWN, source__startswith="telemetry.")
    waiting_for = set(open_rows.values_list("source", "station").distinct())
    if not waiting_for:
        return
    known = set(
        Datastream.objects.filter(
            active=True,
            created_at__lt=timezone.now() - timedelta(seconds=SETTLED_S),
            station__in=[s for _, s in waiting_for],
        ).values_list("door", "station")
    )
    for source, station in sorted(waiting_for):
        if (source.removeprefix("telemetry."), station) in known:
            replay_station(source, station)

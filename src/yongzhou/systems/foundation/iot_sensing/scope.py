"""Whose input that could not be read is: put-aside frames and parked events within a person's region or unit.

A frame names no region; it belongs where the thing at its address stands. What names no thing and no region (an unknown
address, junk before a frame) belongs to the city's level.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from django.db.models import Q, QuerySet

from yongzhou.core.bus.events import Envelope
from yongzhou.core.bus.inbox import CONTEXT
from yongzhou.core.bus.models import DeadLetter, Quarantine
from yongzhou.core.crypto import unseal
from yongzhou.core.data.actor import Actor, Grant
from yongzhou.core.operations.registry import Operation
from yongzhou.core.things.models import Datastream
from yongzhou.systems.foundation.iot_sensing.models import DeviceCredential

CITY_DIGITS: Final = 4  # GB/T 2260: province and city


def lines_of(actor: Actor, resource: str, op: Operation) -> list[Grant]:  # type: ignore[type-arg]
    """The grants by which somebody reads a machine's table or may mend what lies in it."""
    return actor.lines("read", resource) + actor.lines(op.action, op.resource)


def within(lines: Sequence[Grant]) -> QuerySet[Quarantine]:
    """The put-aside input that these grants reach."""
    reach = Q(pk__in=[])
    for line in lines:
        if line.own:
            continue
        if line.region is not None:
            if len(line.region) <= CITY_DIGITS:
                return Quarantine.objects.all()
            reach |= Q(region__gte=line.region, region__lt=line.region + ":")
            reach |= _at(Q(thing__region__gte=line.region, thing__region__lt=line.region + ":"))
        elif line.units:
            reach |= _at(Q(thing__owner__in=list(line.units)))
    return Quarantine.objects.filter(reach)


def _at(things: Q) -> Q:
    return Q(station__in=Datastream.objects.filter(things).values("station")) | Q(
        station__in=DeviceCredential.objects.filter(things).values("name")
    )


def letter_within(letter: DeadLetter, lines: Sequence[Grant]) -> bool:
    """Whether these grants reach a parked event, by the region in its envelope."""
    regions = [line.region for line in lines if line.region is not None and not line.own]
    if any(len(region) <= CITY_DIGITS for region in regions):
        return True
    if not regions:
        return False
    try:
        region = Envelope.model_validate_json(unseal(letter.payload, CONTEXT)).region
    except ValueError:
        return False
    return any(region.startswith(one) for one in regions)

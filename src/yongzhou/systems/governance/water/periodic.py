"""Water's periodic duty: rain goes on after its alarm, so villages are judged again each minute."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone
from pydantic import BaseModel

from yongzhou.core.data.actor import system
from yongzhou.core.jobs import every
from yongzhou.core.operations.context import Context
from yongzhou.core.operations.registry import operation
from yongzhou.core.operations.run import run
from yongzhou.core.things.models import Datastream, Latest
from yongzhou.systems.governance.water.events import FloodWarningRaised
from yongzhou.systems.governance.water.judge import RAIN, warn_villages
from yongzhou.systems.governance.water.models import FlashFloodVillage


class Nothing(BaseModel):
    """No input."""


class Judged(BaseModel):
    """How many warnings are new."""

    new: int


@operation(
    "water.judge_villages", title="按雨量研判山洪", on=FlashFloodVillage, action="judge", emits=[FloodWarningRaised]
)
def judge_villages(ctx: Context, data: Nothing) -> Judged:
    """Judge all villages by the rain of the last hours and the wetness of the ground."""
    return Judged(new=warn_villages(ctx))


@every(60, "water.judge_villages")
def judge_each_minute() -> None:
    """Judge all villages as the house, if it rained anywhere within the last hour."""
    streams = Datastream.objects.filter(observed__in=RAIN, active=True).values("number")
    since = timezone.now() - timedelta(hours=1)
    if not Latest.objects.filter(datastream__in=streams, phenomenon__gte=since, result__gt=0).exists():
        return
    run(judge_villages, system("water"), {}, door="house")

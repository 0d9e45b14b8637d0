"""Villages at risk, their warnings, whom to call."""

from __future__ import annotations

from uuid import UUID

from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from yongzhou.core.data.actor import Actor
from yongzhou.core.data.present import present
from yongzhou.core.pages import actor_of, reads
from yongzhou.systems.governance.water.models import LEVELS, FlashFloodVillage, FloodWarning
from yongzhou.systems.governance.water.operations import acknowledge_warning, lift_warning, raise_warning
from yongzhou.systems.governance.water.situation import Line, situation


@reads(FlashFloodVillage)
def villages(request: HttpRequest) -> HttpResponse:
    """Villages at risk: rain against their limits, open warnings, whom to call."""
    actor = actor_of(request)
    rows = list(FlashFloodVillage.visible_to(actor).select_related("station").order_by("station__code", "code"))
    rain = {line.station.pk: line for line in situation(actor, timezone.now())}
    warnings = list(
        FloodWarning.visible_to(actor)
        .filter(lifted_at__isnull=True)
        .select_related("village__station", "acknowledged_by")
        .order_by(F("acknowledged_at").asc(nulls_first=True), "level", "-raised_at")
    )
    past = list(
        FloodWarning.visible_to(actor)
        .filter(lifted_at__isnull=False)
        .select_related("village")
        .order_by("-lifted_at")[:10]
    )
    warned: dict[UUID, str] = {}
    for warning in warnings:
        if warned.get(warning.village_id) != "move":
            warned[warning.village_id] = warning.level
    table = [_village(village, actor, rain.get(village.station_id), warned.get(village.pk, "")) for village in rows]
    table.sort(key=lambda row: ("move", "prepare", "").index(str(row["warned"])))
    reach = [row for row in rows if row.pk in warned]
    return render(
        request,
        "water/villages.html",
        {
            "rows": table,
            "warnings": [_warning(warning, actor) for warning in warnings],
            "past": past,
            "levels": LEVELS,
            "waiting": sum(warning.acknowledged_at is None for warning in warnings),
            "households": sum(row.households for row in reach),
            "people": sum(row.people for row in reach),
            "may_warn": raise_warning.open_to(actor),
            "may_answer": acknowledge_warning.open_to(actor),
            "may_lift": lift_warning.open_to(actor),
            "purposes": ("防汛叫应", "核对责任人", "转移安置"),
        },
    )


def _village(village: FlashFloodVillage, actor: Actor, line: Line | None, warned: str) -> dict[str, object]:
    shown = present(village, actor, names=("contact", "phone"))
    fallen = line.rain_1h if line else None
    return {
        "village": village,
        "contact": shown["contact"],
        "phone": shown["phone"],
        "rain_1h": fallen,
        "warned": warned,
        "rain_3h": line.rain_3h if line else None,
        "share": None if fallen is None else min(fallen / village.move_1h, 1.0),
        "reveal": f"/desk/water/flashfloodvillage/{village.pk}/reveal/",
        "seen": line.seen if line else None,
    }


def _warning(warning: FloodWarning, actor: Actor) -> dict[str, object]:
    shown = present(warning.village, actor, names=("contact", "phone"))
    return {
        "warning": warning,
        "village": warning.village,
        "contact": shown["contact"],
        "phone": shown["phone"],
        "reveal": f"/desk/water/flashfloodvillage/{warning.village_id}/reveal/",
        "tone": 1 if warning.level == "move" else 2,
    }

"""The page of one advice: options with the weights in the open, the decision, and the effect as it is measured."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone

from yongzhou.core.data.actor import Actor
from yongzhou.core.data.codes import label
from yongzhou.core.indicators.definition import indicators
from yongzhou.core.operations.problem import not_found
from yongzhou.core.pages import actor_of, reads
from yongzhou.systems.governance.city_operations.anomaly_desk import band, place_names
from yongzhou.systems.governance.city_operations.models import Advice, Supervision
from yongzhou.systems.governance.city_operations.series import full_hour


def _one(who: Actor, id: UUID) -> Advice:
    row = Advice.visible_to(who).select_related("anomaly").filter(pk=id).first()
    if row is None:
        raise not_found("决策建议")
    return row


@reads(Advice)
def advice(request: HttpRequest, id: UUID) -> HttpResponse:
    """Options, decision, effect."""
    who = actor_of(request)
    row = _one(who, id)
    indicator = indicators().get(row.indicator)
    context = {
        "row": row,
        "indicator": indicator,
        "place": place_names(who, {row.region}).get(row.region, row.region),
        "state": label("advice state", row.state),
        "verdict": label("advice verdict", row.verdict) if row.verdict else "",
        "better": label("better way", row.better),
        "may": {
            "decide": row.state == "made" and bool(who.lines("decide", "city_operations.advice")),
            "judge": row.state in ("adopted", "judged") and bool(who.lines("judge", "city_operations.advice")),
            "supervise": row.state == "adopted" and bool(who.lines("supervise", "city_operations.supervision")),
        },
        "effect": row.effect or None,
        "tasks": list(Supervision.visible_to(who).filter(advice=row).order_by("-asked_at")[:20]),
        "live_ticket_url": "/desk/live-ticket",
    }
    return render(request, "city_operations/advice.html", context)


@reads(Advice)
def course(request: HttpRequest, id: UUID) -> HttpResponse:
    """The indicator of an advice beside its baseline, as chart data."""
    who = actor_of(request)
    row = _one(who, id)
    indicator = indicators().get(row.indicator)
    words: tuple[str, str] = (indicator.title, indicator.unit) if indicator else (row.indicator, "")
    data: dict[str, Any] = band(who, "indicator", row.indicator, row.region, *words, full_hour(timezone.now()))
    return JsonResponse(data)


urlpatterns = [path("advice/<uuid:id>/", advice), path("advice/<uuid:id>/course.json", course)]

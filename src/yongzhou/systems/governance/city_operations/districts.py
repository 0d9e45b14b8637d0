"""我的辖区 for the leader of a place (phone first), how whole the twin is, and frames answered item by item."""

from __future__ import annotations

from typing import Any, Final

from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone

from yongzhou.core.data.actor import Actor
from yongzhou.core.indicators.figures import values
from yongzhou.core.matters.life import CLOSED
from yongzhou.core.matters.models import Matter
from yongzhou.core.operations.problem import Problem
from yongzhou.core.operations.run import run
from yongzhou.core.pages import actor_of, reads, told
from yongzhou.core.places.models import Place
from yongzhou.systems.governance.city_operations import state
from yongzhou.systems.governance.city_operations.models import (
    DOMAINS,
    Anomaly,
    FrameItem,
    PeerCenter,
    StateVector,
    Supervision,
    TwinLink,
)
from yongzhou.systems.governance.city_operations.operations import score_frame
from yongzhou.systems.governance.city_operations.operations.federating import SOURCES

FIGURES: Final = (
    "city_operations.open_matters", "city_operations.overdue_matters", "city_operations.open_grave_matters",
    "city_operations.open_alarms", "city_operations.on_time_rate", "city_operations.fresh_datastreams",
)  # fmt: skip


def home_of(who: Actor) -> str:
    """The place that somebody answers for: the largest that his grants on the state reach."""
    regions = [g.region for g in who.lines("read", "city_operations.statevector") if g.region is not None]
    return min(regions, key=len, default="4311") or "4311"


@reads(StateVector)
def mine(request: HttpRequest) -> HttpResponse:
    """我的辖区: state, what is open, what is off, tasks, and the places below, the worst first."""
    who = actor_of(request)
    region = request.GET.get("region", "")[:9] or home_of(who)
    place = Place.visible_to(who).filter(code=region, valid_to__isnull=True).first()
    rows = list(StateVector.visible_to(who).filter(region=region).order_by("domain", "-at").distinct("domain"))
    if not rows:
        return told(request, Problem("no_state", "这个地方还没有态势，或不在您的管辖范围内", status=404,
                                     remedy="县区 6 位、乡镇 9 位代码；态势每分钟算一次"))  # fmt: skip
    last = {row.domain: row for row in rows}
    level = {4: ("county", 6), 6: ("town", 9)}.get(len(region))
    context = {
        "place": place.name if place is not None else region,
        "region_code": region,
        "up": region[:6] if len(region) == 9 else "4311" if len(region) == 6 else "",
        "domains": [_dial(last.get(code), code) for code in DOMAINS],
        "as_of": max(row.confirmed_at for row in rows),
        "figures": list(values(FIGURES, region=region).values()),
        "matters": list(
            Matter.visible_to(who).filter(region__startswith=region).exclude(state__in=CLOSED)
            .order_by("level", "due")[:6]
        ),
        "anomalies": list(
            Anomaly.visible_to(who).filter(region__startswith=region, state="firing").order_by("-z")[:6]
        ),
        "tasks": list(
            Supervision.visible_to(who).filter(region__startswith=region).exclude(state="closed").order_by("due")[:6]
        ),
        "below": _below(who, region, *level) if level else [],
        "live_ticket_url": "/desk/live-ticket",
    }  # fmt: skip
    return render(request, "city_operations/mine.html", context)


def _dial(row: StateVector | None, code: str) -> dict[str, Any]:
    known = row is not None and row.score is not None
    top = next((r for r in row.reasons if r["value"] is not None and r["share"]), None) if row is not None else None
    return {
        "code": code, "title": DOMAINS[code], "score": row.score if row is not None else None,
        "level": state.level_of(int(row.severity)) if row is not None and known else None,
        "why": f"{top['title']} {top['value']:,.{top['digits']}f} {top['unit']}" if top else "",
        "source": SOURCES[code],
    }  # fmt: skip


def _below(who: Actor, region: str, kind: str, size: int) -> list[dict[str, Any]]:
    names = dict(
        Place.visible_to(who).filter(kind=kind, region__startswith=region, valid_to__isnull=True)
        .values_list("code", "name")
    )  # fmt: skip
    rows = (
        StateVector.visible_to(who).filter(region__in=list(names), domain="safety").order_by("region", "-at")
        .distinct("region")
    )  # fmt: skip
    found = [
        {"code": row.region, "name": names[row.region], "score": row.score,
         "level": state.level_of(int(row.severity)) if row.score is not None else None}
        for row in rows
    ]  # fmt: skip
    return sorted(found, key=lambda one: (one["score"] is None, one["score"] or 0, one["code"]))


@reads(TwinLink)
def twin(request: HttpRequest) -> HttpResponse:
    """孪生完整: what the digital twin lacks, place by place, and the specialist centres beside us."""
    who = actor_of(request)
    rows = TwinLink.visible_to(who)
    parts = {
        "things": Count("pk"), "no_place": Count("pk", filter=Q(located=False)),
        "no_owner": Count("pk", filter=Q(owned=False)), "no_stream": Count("pk", filter=Q(watched=False)),
    }  # fmt: skip
    total = rows.aggregate(**parts)
    gaps = rows.filter(Q(located=False) | Q(owned=False) | Q(watched=False)).select_related("thing").order_by("pk")
    context = {
        "total": total,
        "gaps": list(gaps[:60]),
        "centers": list(PeerCenter.visible_to(who).select_related("unit").order_by("code")),
        "figures": values(["city_operations.twin_completeness", "city_operations.fresh_datastreams"]),
        "now": timezone.now(),
        "live_ticket_url": "/desk/live-ticket",
    }
    return render(request, "city_operations/twin.html", context)


@reads(FrameItem)
def frames(request: HttpRequest) -> HttpResponse:
    """指标体系: a published frame item by item, what is answered and who should supply the rest."""
    who = actor_of(request)
    names = list(FrameItem.visible_to(who).order_by("frame").values_list("frame", flat=True).distinct())
    chosen = request.GET.get("frame") or (names[0] if names else "")
    try:
        found = run(score_frame, who, {"frame": chosen}, door="form").output if chosen else None
    except Problem as problem:
        return told(request, problem)
    context = {"names": names, "chosen": chosen, "found": found, "live_ticket_url": "/desk/live-ticket"}
    return render(request, "city_operations/frames.html", context)


urlpatterns = [path("mine/", mine), path("twin/", twin), path("frames/", frames)]

"""Data to be mended and events to be handled again."""

from __future__ import annotations

from itertools import islice
from typing import Final
from uuid import UUID

from django.db.models import Count, Max, Min, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from yongzhou.core.bus.models import DeadLetter, Quarantine
from yongzhou.core.bus.quarantine import payload_of
from yongzhou.core.data.actor import Actor
from yongzhou.core.operations.problem import not_found
from yongzhou.core.pages import actor_of
from yongzhou.gateways.sl651.explain import explain
from yongzhou.systems.foundation.iot_sensing import operations
from yongzhou.systems.foundation.iot_sensing.pages.guards import carry_out, mends
from yongzhou.systems.foundation.iot_sensing.scope import letter_within, lines_of, within

PAGE: Final = 200
LOOKED_AT: Final = 1_000  # parked events; a county's are picked out of the newest


def _mine(actor: Actor) -> QuerySet[Quarantine]:
    return within(lines_of(actor, "bus.quarantine", operations.replay_quarantined))


@mends("bus.quarantine", operations.replay_quarantined)
def quarantine(request: HttpRequest) -> HttpResponse:
    """待修数据: input that could not be read or placed, by reason."""
    state = request.GET.get("state", "open")
    states = ("open", "mended") if state == "open" else (state,)
    rows = _mine(actor_of(request)).filter(state__in=states)
    groups = list(
        rows.values("source", "reason")
        .annotate(number=Count("pk"), first=Min("received"), last=Max("received"))
        .order_by("-number")[:40]
    )
    source, reason = request.GET.get("source", ""), request.GET.get("reason", "")
    if source:
        rows = rows.filter(source=source)
    if reason:
        rows = rows.filter(reason=reason)
    shown = [{"row": row, "hex": _short(payload_of(row))} for row in rows.order_by("-received")[:50]]
    return render(
        request,
        "iot_sensing/quarantine.html",
        {
            "groups": groups,
            "shown": shown,
            "state": state,
            "source": source,
            "reason": reason,
            "total": sum(group["number"] for group in groups),
            "states": [("open", "待处理"), ("replayed", "已重放"), ("dropped", "已丢弃")],
        },
    )


def _short(payload: bytes) -> str:
    return payload[:16].hex(" ").upper() + (f" … 共 {len(payload)} 字节" if len(payload) > 16 else "")


@mends("bus.quarantine", operations.replay_quarantined)
def quarantined(request: HttpRequest, id: UUID) -> HttpResponse:
    """One item: why, where, its bytes field by field, the form that mends it. POST replays or drops it."""
    row = _mine(actor_of(request)).filter(pk=id).first()
    if row is None:
        raise not_found("隔离件")
    here = f"/desk/iot_sensing/quarantine/{id}/"
    if request.method == "POST":
        if request.POST.get("drop"):
            given: dict[str, object] = {"item": id, "note": request.POST.get("note", "")}
            return carry_out(request, operations.drop_quarantined, given, here, "已丢弃，原文仍留存备查")
        text = request.POST.get("hex", "")
        same = "".join(text.split()).upper() == payload_of(row).hex().upper()
        given = {"item": id, "hex": None if same else text}
        return carry_out(request, operations.replay_quarantined, given, here, "已重放：按新收到的报文重新入库")
    payload = payload_of(row)
    is_frame = row.source.endswith("sl651") and row.source.startswith("gateway")
    actor = actor_of(request)
    return render(
        request,
        "iot_sensing/quarantined.html",
        {
            "row": row,
            "hex": _lines(payload),
            "size": len(payload),
            "parts": explain(payload)[:200] if is_frame else [],
            "open": row.state in ("open", "mended"),
            "may_replay": operations.replay_quarantined.open_to(actor),
            "may_drop": operations.drop_quarantined.open_to(actor),
        },
    )


def _lines(payload: bytes) -> str:
    return "\n".join(payload[at : at + 16].hex(" ").upper() for at in range(0, len(payload), 16))


@mends("bus.deadletter", operations.retry_letter)
def letters(request: HttpRequest) -> HttpResponse:
    """Events that a subscriber could not handle. POST retries or drops one."""
    if request.method == "POST":
        op = operations.drop_letter if request.POST.get("drop") else operations.retry_letter
        done = "已放弃" if request.POST.get("drop") else "已补办"
        return carry_out(request, op, {"letter": request.POST.get("letter", "")}, "/desk/iot_sensing/letters/", done)
    lines = lines_of(actor_of(request), "bus.deadletter", operations.retry_letter)
    newest = DeadLetter.objects.filter(state__in=("parked", "retrying")).order_by("state", "-last_at")[:LOOKED_AT]
    rows = list(islice((letter for letter in newest if letter_within(letter, lines)), PAGE))
    return render(
        request,
        "iot_sensing/letters.html",
        {
            "rows": [
                {"letter": row, "why": row.error.strip().splitlines()[-1][:300] if row.error.strip() else ""}
                for row in rows
            ],
            "may_retry": operations.retry_letter.open_to(actor_of(request)),
        },
    )

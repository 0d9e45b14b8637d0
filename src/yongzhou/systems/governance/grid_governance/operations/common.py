"""What the operations of an event share: locking, its clock, dispatching, telling people."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, Final
from uuid import UUID

from django.db.models import Q
from pydantic import BaseModel, Field

from yongzhou.core.calendar import SHANGHAI, Stop, WorkCalendar
from yongzhou.core.home import Home
from yongzhou.core.inbox.notify import notify
from yongzhou.core.matters.models import MatterStep
from yongzhou.core.matters.verbs import move_matter
from yongzhou.core.operations.context import Context
from yongzhou.core.operations.problem import Problem
from yongzhou.core.people.models import Person, Unit
from yongzhou.systems.governance.grid_governance import clock, responsible
from yongzhou.systems.governance.grid_governance.models import ClockStop, Event, Rejection, Report
from yongzhou.systems.governance.grid_governance.operations.ground import units_of, worker_of

OPEN: Final = ("reported", "accepted", "assigned", "handling", "done", "verified", "reopened", "suspended")
CO_OPEN: Final = ("assigned", "handling")  # joint units still at work
RUNNING: Final = ("reported", "accepted", "assigned", "handling", "reopened")  # the clock goes


class OnEvent(BaseModel):
    """An operation on one event; `row_version` is the version its sender saw (412 if it has changed)."""

    event: UUID = Field(title="事件")
    row_version: int | None = Field(default=None, title="所见版本")


class EventState(BaseModel):
    """An event after an operation."""

    event: UUID
    number: str
    state: str
    row_version: int


@cache
def calendar() -> WorkCalendar:
    """The city's working calendar."""
    return WorkCalendar.load(Home.here().city_folder)


def lock(ctx: Context, data: OnEvent) -> Event:
    """The event, locked and as it is now; 404, 403 or 412."""
    event = ctx.get(Event, data.event)
    ctx.expect(event, data.row_version)
    return event


def answer(event: Event) -> EventState:
    """What most operations answer."""
    return EventState(event=event.pk, number=event.number, state=event.state, row_version=event.row_version)


def stops_of(event: Event) -> list[Stop]:
    """The event's stops, oldest first."""
    rows = ClockStop.objects.filter(event=event).order_by("at").values_list("at", "until", "reason")
    return [Stop(*row) for row in rows]


def kind_of(event: Event) -> clock.Kind:
    """The event's own way of counting."""
    return "calendar" if event.clock == "calendar" else "work"


def retime(event: Event, ctx: Context) -> None:
    """Put limit, figures and the next rung where clock, stops and extension say."""
    start, stops = event.clock_from or event.opened_at, stops_of(event)
    shown = clock.read(calendar(), start, event.handle_hours, kind_of(event), ctx.now, stops)
    event.due, event.due_provisional = shown.due.at, shown.due.provisional
    event.used_s, event.left_s = shown.used_s, shown.left_s
    event.first_due = event.first_due or event.due
    event.next_rung_at = (
        clock.next_rung(calendar(), start, event.handle_hours, kind_of(event), event.rung, stops)
        if event.state in RUNNING
        else None
    )


def freeze(event: Event, ctx: Context) -> None:
    """The clock's figures at this moment; no further rungs."""
    retime(event, ctx)
    event.next_rung_at = None


def move(
    ctx: Context, event: Event, to: str, *, reason: str = "", files: Sequence[object] = (), **facts: object
) -> None:
    """Move along the life cycle; the first 签收 stays the first, and going back is no new assignment."""
    first, assigned, before = event.accepted_at, event.assigned_at, event.state
    move_matter(ctx, event, to, reason=reason[:300], files=list(files), **facts)
    back = before in ("suspended", "merged", "done", "verified")
    if (first is not None and event.accepted_at != first) or (back and event.assigned_at != assigned):
        event.accepted_at = first if first is not None else event.accepted_at
        event.assigned_at = assigned if back else event.assigned_at
        ctx.save(event)


def dispatch(
    ctx: Context, event: Event, *, rule: str = "", unit: Unit | None = None, clause: str = "", reason: str = ""
) -> bool:
    """Give the event to the one responsible unit and to its grid's worker; False where nobody can be found."""
    units = units_of(event.region)
    refused = refusing_units(event)
    basis = f"{event.type.legal_basis}；事件库 {event.type.code}" if event.type else "人工派单"
    decision = responsible.decide(
        rule or (event.type.unit_rule if event.type else responsible.FALLBACK),
        event.region,
        {code: one.name for code, one in units.items()},
        clause=basis,
        refused=refused,
    )
    event.candidates = [
        {"unit": one.unit, "name": one.name, "able": one.able, "why": one.why} for one in decision.candidates
    ]
    chosen = unit or (units[decision.unit] if decision.unit else None)
    if chosen is None:
        ctx.save(event)
        return False
    event.unit, event.clause = chosen, (clause or decision.clause)[:200]
    event.handler = worker_of(event.grid_id)
    event.accept_due = clock.limit(calendar(), ctx.now, event.accept_hours, kind_of(event)).at
    event.accept_late = False
    move(ctx, event, "assigned", reason=reason or f"派单：{chosen.name}（{event.clause}）", unit=chosen.code)
    retime(event, ctx)
    ctx.save(event)
    notify(ctx, chosen, f"新派单 {event.number}「{event.title}」，请在 {_clock(event)} 前签收", about=event)
    if event.handler:
        notify(ctx, event.handler, f"您网格内的事件「{event.title}」，请先到场查看", about=event)
    return True


def tell_reporters(ctx: Context, event: Event, text: str) -> None:
    """Answer everybody who reported it, also those whose report was merged."""
    seen: set[UUID] = set()
    rows = Report.objects.filter(Q(event=event) | Q(event__parent=event), reporter__isnull=False)
    for report in rows.select_related("reporter"):
        if report.reporter is not None and report.reporter.pk not in seen:
            seen.add(report.reporter.pk)
            notify(ctx, report.reporter, text, about=report)


def refusing_units(event: Event) -> list[str]:
    """Codes of the units that sent it back, in order."""
    return list(Rejection.objects.filter(event=event).order_by("at").values_list("unit__code", flat=True))


def centres(region: str, *, city: bool = False) -> list[Unit]:
    """The grid service centre of the county of a region, and the city's where asked or where there is no county."""
    codes = [f"{region[:6]}-WG"] if len(region) >= 6 else []
    return list(Unit.objects.filter(code__in=[*codes, *(["4311-WG"] if city or not codes else [])]))


def history_units(event: Event) -> list[str]:
    """Codes of the units it was assigned to, in order."""
    facts = (
        MatterStep.objects.filter(matter=event.pk, after="assigned")
        .order_by("at", "id")
        .values_list("facts", flat=True)
    )
    return [str(row["unit"]) for row in facts if "unit" in row]


def person_acting(ctx: Context) -> Person | None:
    """The acting person; None for a part of the house."""
    return Person.objects.filter(pk=ctx.actor.id).first() if ctx.actor.kind == "person" else None


def not_now(title: str, remedy: str = "请刷新，看看它现在走到了哪一步") -> Problem:
    """409 with a remedy."""
    return Problem("not_now", title, status=409, remedy=remedy)


def _clock(event: Event) -> str:
    at: Any = event.accept_due
    return f"{at.astimezone(SHANGHAI):%m-%d %H:%M}" if at else "时限"

"""What the page of an event tells: its steps, where its facts come from, its reports, the choices of its forms."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from yongzhou.core.data.actor import Actor
from yongzhou.core.data.geometry import lon_lat
from yongzhou.core.data.present import present
from yongzhou.core.matters.models import MatterStep
from yongzhou.core.people.models import Unit
from yongzhou.engines.telemetry.models import Alarm
from yongzhou.systems.governance.grid_governance import clock
from yongzhou.systems.governance.grid_governance.clock import RUNG_NAMES
from yongzhou.systems.governance.grid_governance.models import (
    Arbitration,
    CoTask,
    DutyItem,
    Event,
    EventType,
    Report,
    Supervision,
)
from yongzhou.systems.governance.grid_governance.operations.common import RUNNING, calendar, kind_of, stops_of
from yongzhou.systems.governance.grid_governance.operations.watching import words

_MARKS = {"closed": "dot-done", "suspended": "dot-hold", "done": "dot-done", "verified": "dot-done"}


def story(event: Event, who: Actor) -> dict[str, Any]:
    """Context of the event's page and panel, in a fixed number of queries."""
    steps = list(MatterStep.visible_to(who).filter(matter=event.pk).order_by("-at", "-id")[:100])
    reports = list(Report.visible_to(who).filter(event=event.pk).order_by("at")[:20])
    alarm = (
        Alarm.visible_to(who).filter(pk=event.evidence).select_related("rule", "thing").first()
        if event.evidence
        else None
    )
    return {
        "steps": [_step(step) for step in steps],
        "reports": [{"row": report, "shown": present(report, who), "photos": report.photos} for report in reports],
        "doubts": [doubt for report in reports for doubt in report.doubts],
        "lineage_steps": lineage(event, reports, alarm),
        "co_tasks": _co_tasks(event, who),
        "children": list(Event.visible_to(who).filter(parent=event.pk).only("number", "title", "state")[:20]),
        "used": _used(event),
        "rung_name": RUNG_NAMES[event.rung] if event.rung else "",
        "units": list(Unit.visible_to(who).filter(region__in=_chain(event.region)).order_by("code")),
        "types": list(EventType.visible_to(who).order_by("code")) if event.state == "reported" else [],
        "duties": _duties(event, who) if event.state == "assigned" else [],
        "pressed": list(Supervision.visible_to(who).filter(event=event.pk).select_related("unit").order_by("-at")[:5]),
        "rulings": list(Arbitration.visible_to(who).filter(event=event.pk).select_related("unit").order_by("-at")[:3]),
        "bounds": _bounds(event),
        "place_page": f"/desk/places/place/{event.grid_id}/" if event.grid_id else "",
    }


def _used(event: Event) -> str:
    """Time used on the event's own clock, with its share; as frozen where the clock no longer runs."""
    used, total = event.used_s, event.handle_hours * 3600
    if event.state in (*RUNNING, "suspended"):
        start = event.clock_from or event.opened_at
        shown = clock.read(calendar(), start, event.handle_hours, kind_of(event), timezone.now(), stops_of(event))
        used = shown.used_s
    return f"{words(used)}（{used / total:.0%}）"


def _step(step: MatterStep) -> dict[str, Any]:
    note = step.before == step.after
    return {
        "row": step,
        "mark": "dot-log" if note else _MARKS.get(step.after, "dot-log"),
        "note": note,
        "who": step.actor_name if step.actor_id or step.actor_name == "上报人" else "系统",
        "facts": [str(doubt) for doubt in step.facts.get("doubts", [])],
    }


def _co_tasks(event: Event, who: Actor) -> list[CoTask]:
    return list(CoTask.visible_to(who).filter(event=event.pk).select_related("unit").order_by("at"))


def _duties(event: Event, who: Actor) -> list[DutyItem]:
    """Lines of the duty list that speak of this type and name another office than the one that has it."""
    office = event.unit.code.partition("-")[2] if event.unit else ""
    rows = DutyItem.visible_to(who).order_by("code")
    return [row for row in rows if event.type and row.covers(event.type.code) and row.office != office]


def lineage(event: Event, reports: list[Report], alarm: Alarm | None) -> list[dict[str, Any]]:
    """From the first sign (a frame or a voice) to the indicator it moves; a missing link is shown as missing."""
    found: list[dict[str, Any]] = []
    if event.source == "alarm":
        stream = f"/desk/things/thing/{event.thing_id}/" if event.thing_id else ""
        found.append(
            {
                "name": "观测",
                "href": stream,
                "meta": event.thing.name if event.thing else "",
                "missing": not stream,
                "lines": [f"实测 {alarm.value:g}"] if alarm else [],
            }
        )
        if alarm is not None:
            found.append({"name": "规则", "href": alarm.rule.get_absolute_url(), "meta": alarm.rule.name})
            found.append(
                {"name": "报警", "href": alarm.get_absolute_url(), "meta": "", "lines": [f"级别 {alarm.level}"]}
            )
        else:
            found.append({"name": "报警", "meta": "无权查看或已归档", "missing": True})
    else:
        first = reports[0] if reports else None
        found.append(
            {
                "name": "线索",
                "href": first.get_absolute_url() if first else "",
                "missing": first is None,
                "meta": f"{event.report_count} 条",
                "lines": [first.text[:20]] if first else [],
            }
        )
        guess = event.guesses[0] if event.guesses else None
        found.append(
            {
                "name": "归类",
                "meta": f"把握 {guess['share']:.0%}" if guess else "人工",
                "missing": event.type is None,
                "lines": list(guess["words"])[:2] if guess else [],
            }
        )
    found.append(
        {
            "name": "责任",
            "meta": "权责规则",
            "lines": [event.clause] if event.clause else [],
            "missing": not event.clause,
        }
    )
    found.append(
        {
            "name": "事件",
            "href": event.get_absolute_url(),
            "meta": event.number,
            "lines": [event.unit.name if event.unit else "未派单"],
        }
    )
    found.append({"name": "指标", "href": "/desk/indicators/grid_governance.on_time_rate/", "meta": "按期办结率"})
    return found


def _chain(region: str) -> list[str]:
    return [region[:digits] for digits in (4, 6, 9) if len(region) >= digits]


def _bounds(event: Event) -> str:
    at = lon_lat(event.geometry)
    return f"{at[0] - 0.18:.4f},{at[1] - 0.12:.4f},{at[0] + 0.18:.4f},{at[1] + 0.12:.4f}" if at else ""

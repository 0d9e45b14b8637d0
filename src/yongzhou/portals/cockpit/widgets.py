"""What each widget shows: a name, the right it asks, and the context of its template."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from django.db.models import Q

from yongzhou.core.data.origin import worst
from yongzhou.core.indicators.figures import Figure, by_region, values
from yongzhou.portals.cockpit import happenings
from yongzhou.portals.cockpit.access import Screen
from yongzhou.portals.cockpit.gauges import gauges
from yongzhou.portals.cockpit.geometry import CITY, county_names, short
from yongzhou.systems.governance.city_operations import state
from yongzhou.systems.governance.city_operations.models import DOMAINS, Anomaly, StateVector

RAIN: Final = "water.area_rain_3h"
OPEN: Final = "city_operations.open_matters"
GRAVE: Final = "city_operations.open_grave_matters"
FRESH: Final = "city_operations.fresh_datastreams"
QUALITY: Final = (
    FRESH,
    "city_operations.twin_completeness",
    "city_operations.open_alarms",
    "city_operations.overdue_matters",
)
DONE: Final = ("city_operations.on_time_rate", "city_operations.closed_today")

Context = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Widget:
    """One cell of the screen."""

    name: str
    css: str
    title: str
    needs: str  # resource that must be readable
    href: str  # where it opens full
    fill: Callable[[Screen], Context]


def _bars(screen: Screen, name: str) -> Context:
    """A city figure and its counties, the highest first."""
    figure = values([name], at=screen.at)[name]
    counties = by_region(name, at=screen.at)
    names = county_names()
    rows = [
        (short(names[code]), number, code)
        for code, (number, _) in counties.items()
        if number is not None and code in names
    ]
    rows.sort(key=lambda row: (-row[1], row[2]))
    most = max((number for _, number, _ in rows), default=0.0)
    return {"figure": figure, "rows": rows[:6], "most": max(most, 1.0), "origin": figure.origin}


def rain(screen: Screen) -> Context:
    """Area rain of three hours."""
    return _bars(screen, RAIN)


def load(screen: Screen) -> Context:
    """Open matters by county."""
    return _bars(screen, OPEN)


def level(screen: Screen) -> Context:
    """The six gauges furthest above (or nearest below) their warning line."""
    rows = gauges(screen)
    known = [gauge for gauge in rows if gauge.level is not None]
    return {
        "rows": known[:6],
        "silent": len(rows) - len(known),
        "as_of": max((gauge.as_of for gauge in known if gauge.as_of), default=None),
        "origin": worst(gauge.origin for gauge in known),
    }


def quality(screen: Screen) -> Context:
    """How good the house's own senses and processes are."""
    figures = list(values(QUALITY, at=screen.at).values())
    return {
        "figures": figures,
        "origin": worst(f.origin for f in figures if f.value is not None),
        "as_of": _newest(figures),
    }


def vital(screen: Screen) -> Context:
    """The six domains of the whole city; one without signs says 无数据源."""
    rows = (
        StateVector.visible_to(screen.who)
        .filter(region=CITY, at__lte=screen.moment)
        .order_by("domain", "-at")
        .distinct("domain")
    )
    last = {row.domain: row for row in rows}
    cells = []
    for code, title in DOMAINS.items():
        row = last.get(code)
        known = row is not None and row.score is not None
        cells.append({
            "code": code, "title": title, "score": row.score if row is not None and known else None,
            "level": state.level_of(int(row.severity)) if row is not None and known else None,
            "confidence": row.confidence if row is not None else 0,
        })  # fmt: skip
    cells.sort(key=lambda cell: (cell["score"] is None, cell["score"] or 0))
    as_of = max((min(row.confirmed_at, screen.moment) for row in last.values()), default=None)
    return {
        "cells": cells,
        "as_of": as_of,
        "origin": worst(row.origin for row in last.values()),
        "odd": odd(screen) if screen.may("city_operations.anomaly") else None,
    }


def odd(screen: Screen) -> int:
    """How many series were off their baselines for two hours or more at the moment; one query."""
    rows = Anomaly.visible_to(screen.who).filter(since__lte=screen.moment, hours__gte=2)
    return rows.filter(~Q(state="over") | Q(last_at__gt=screen.moment - timedelta(hours=1))).count()


def now(screen: Screen) -> Context:
    """Open red and orange matters."""
    return {
        "grave": happenings.grave(screen),
        "url": f"/desk/indicators/{GRAVE}/",
        "may_ask": bool(screen.who.lines("supervise", "city_operations.supervision")),
        "origin": "",
        "as_of": screen.moment,
    }


def events(screen: Screen) -> Context:
    """The gravest open matters."""
    rows = happenings.worst_matters(screen)
    counts = happenings.by_level(screen)
    shown = [{"row": row, "href": happenings.href_of(row)} for row in rows]
    return {"rows": shown, "total": sum(counts.values()), "counts": counts, "origin": happenings.origin_of(rows)}


def reach(screen: Screen) -> Context:
    """Warnings answered, matters closed today, share done in time."""
    warned = happenings.reached(screen) if screen.may("water.floodwarning") else None
    figures = values(DONE, at=screen.at)
    origins = [f.origin for f in figures.values() if f.value is not None] + (
        [warned.origin] if warned and warned.raised else []
    )
    return {
        "warned": warned,
        "on_time": figures[DONE[0]],
        "closed": {"count": happenings.closed_today(screen), "url": figures[DONE[1]].url},
        "as_of": _newest(list(figures.values())),
        "origin": worst(origins),
    }


def _newest(figures: list[Figure]) -> Any:
    return max((figure.as_of for figure in figures if figure.as_of), default=None)


_ALL: Final = (
    Widget("rain", "c-rain", "雨情", "water.hydrostation", "/desk/water/", rain),
    Widget("load", "c-rain", "未结案事项", "matters.matter", "/desk/grid_governance/event/", load),
    Widget("level", "c-level", "水位与警戒线", "things.datastream", "/desk/water/", level),
    Widget("quality", "c-level", "运行质量", "things.datastream", "/desk/indicators/", quality),
    Widget("vital", "c-vital", "运行体征", "city_operations.statevector", "/desk/city_operations/domains/", vital),
    Widget("now", "c-now", "未闭环橙色以上", "matters.matter", "/desk/matters/matter/?level=1,2", now),
    Widget("events", "c-events", "事件与处置", "matters.matter", "/desk/grid_governance/event/", events),
    Widget("reach", "c-reach", "叫应与处置", "matters.matter", "/desk/water/floodwarning/", reach),
)
WIDGETS: Final = {widget.name: widget for widget in _ALL}
THEMES: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "flood": ("防汛", ("rain", "level", "vital", "now", "events", "reach")),
    "run": ("城市运行", ("load", "quality", "vital", "now", "events", "reach")),
}


def filled(widget: Widget, screen: Screen) -> Context:
    """Context of one widget; `denied` where this person may not see it."""
    common: Context = {"widget": widget, "now": screen.moment, "past": screen.at is not None}
    if not screen.may(widget.needs):
        return {**common, "denied": True, "origin": ""}
    return {**common, **widget.fill(screen)}

"""Two more faces of a list: a month as a calendar, starts and ends as a timeline; both from the same guarded query."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from django.db.models import Count, F, QuerySet
from django.db.models.functions import TruncDate
from django.http import QueryDict
from django.utils import timezone

from yongzhou.core.data.actor import Actor
from yongzhou.core.data.house import declaration
from yongzhou.core.data.present import called
from yongzhou.core.data.query import Query
from yongzhou.core.data.record import Record
from yongzhou.core.data.spec import spec_of
from yongzhou.portals.workbench.columns import spec_at, with_words

SHOWN: Final = 3  # records written out in one day's cell
BARS: Final = 60
PAIRS: Final = (
    ("start", "end"),
    ("starts_at", "ends_at"),
    ("start_at", "end_at"),
    ("begin", "end"),
    ("begins_at", "ends_at"),
    ("valid_from", "valid_to"),
    ("since", "until"),
    ("raised_at", "cleared_at"),
    ("raised_at", "lifted_at"),
    ("opened_at", "closed_at"),
    ("at", "until"),
)


def days(model: type[Record]) -> dict[str, str]:
    """The days and instants by which a calendar can show a record, the declared or first listed one first."""
    own = declaration(model)
    can = {
        column.name: spec_of(column).label
        for column in model._meta.concrete_fields
        if spec_of(column).kind in ("when", "day") and not spec_of(column).technical and spec_of(column).grade <= 2
    }
    first = [path for path in (own.calendar, *own.list, *own.sort) if path in can]
    return {name: can[name] for name in dict.fromkeys([*first, *can])} if first else {}


def span(model: type[Record]) -> tuple[str, str] | None:
    """Start and end of a record: declared, or a pair of the usual names."""
    own = declaration(model)
    if own.timeline:
        return own.timeline
    names = {column.name for column in model._meta.concrete_fields if spec_of(column).kind in ("when", "day")}
    return next((pair for pair in PAIRS if set(pair) <= names), None)


def faces(model: type[Record], words: QueryDict) -> list[dict[str, Any]]:
    """The faces that a list has, for the switch; none where it has only the table."""
    found = [("", "表格", "list")]
    if days(model):
        found.append(("calendar", "日历", "calendar"))
    if span(model):
        found.append(("timeline", "时间轴", "history"))
    now = words.get("face", "")
    return [
        {"title": title, "icon": icon, "href": with_words(words, face=name, after="", month=""), "current": now == name}
        for name, title, icon in found
    ] if len(found) > 1 else []  # fmt: skip


@dataclass(frozen=True, slots=True)
class Day:
    """One day's cell."""

    date: date
    inside: bool  # of the month that is shown
    today: bool
    rows: list[dict[str, Any]]
    count: int
    href: str  # its rows in the table


def month_of(asked: Query[Any], who: Actor, words: QueryDict) -> dict[str, Any]:
    """A month of a list: whole weeks from Monday, exact counts, the first rows of each day."""
    can = days(asked.model)
    on = words.get("on", "") if words.get("on", "") in can else next(iter(can))
    first = _month(words.get("month", ""))
    weeks = calendar.Calendar().monthdatescalendar(first.year, first.month)
    low, high = weeks[0][0], weeks[-1][-1]
    timed = spec_at(asked.model, on).kind == "when"
    begin: Any = _midnight(low) if timed else low
    end: Any = _midnight(high + timedelta(days=1)) if timed else high + timedelta(days=1)
    rows = asked.rows.filter(**{f"{on}__gte": begin, f"{on}__lt": end})
    day_of: Any = TruncDate(on, tzinfo=timezone.get_current_timezone()) if timed else F(on)
    counts = dict(rows.order_by().annotate(day_=day_of).values_list("day_").annotate(n=Count("pk")))
    listed = _first_of_each_day(rows, on, list(counts), timed)
    today = timezone.localdate()
    cells = [
        [
            Day(
                day,
                day.month == first.month,
                day == today,
                [_item(row, who, on, timed) for row in listed.get(day, [])],
                counts.get(day, 0),
                _day_address(words, on, day, timed) if _can_ask(asked.model, on) else "",
            )
            for day in week
        ]
        for week in weeks
    ]
    before, after = first - timedelta(days=1), first + timedelta(days=32)
    return {
        "weeks": cells,
        "month": first,
        "on": on,
        "days": [{"title": label, "href": with_words(words, on=name), "on": name == on} for name, label in can.items()],
        "before": with_words(words, month=f"{before:%Y-%m}"),
        "after": with_words(words, month=f"{after:%Y-%m}"),
        "now": with_words(words, month=""),
        "total": sum(counts.get(day.date, 0) for week in cells for day in week if day.inside),
    }


def _first_of_each_day(rows: QuerySet[Any], on: str, with_some: list[date], timed: bool) -> dict[date, list[Record]]:
    """The first rows of each day that has any: one query, a bounded branch a day."""
    found: dict[date, list[Record]] = {}
    branches = []
    for day in with_some:
        bounds: dict[str, Any] = {on: day}
        if timed:
            bounds = {f"{on}__gte": _midnight(day), f"{on}__lt": _midnight(day + timedelta(days=1))}
        branches.append(rows.order_by(on, "pk").filter(**bounds).values("pk")[:SHOWN])
    if not branches:
        return found
    keys = branches[0].union(*branches[1:], all=True) if len(branches) > 1 else branches[0]
    for row in rows.filter(pk__in=[key["pk"] for key in keys]).order_by(on, "pk"):
        value = getattr(row, on)
        found.setdefault(timezone.localtime(value).date() if timed else value, []).append(row)
    return found


def _item(row: Record, who: Actor, on: str, timed: bool) -> dict[str, Any]:
    clock = timezone.localtime(getattr(row, on)).strftime("%H:%M") if timed else ""
    title = called(row, who)
    return {
        "title": declaration(type(row)).title if " object (" in title else title,
        "href": row.get_absolute_url(),
        "clock": clock,
        "level": getattr(row, "level", None),
    }


def _can_ask(model: type[Record], on: str) -> bool:
    own = declaration(model)
    return on in (*own.filters, *own.sort, *own.list)


def _day_address(words: QueryDict, on: str, day: date, timed: bool) -> str:
    low, high = day.isoformat(), day.isoformat()
    if timed:
        low = _midnight(day).isoformat()
        high = (_midnight(day + timedelta(days=1)) - timedelta(microseconds=1)).isoformat()
    return with_words(words, **{f"{on}__gte": low, f"{on}__lte": high, "face": "", "month": "", "on": "", "after": ""})


def _month(text: str) -> date:
    try:
        first = datetime.strptime(text, "%Y-%m").date()
    except ValueError:
        return timezone.localdate().replace(day=1)
    return first if 1900 < first.year < 9000 else timezone.localdate().replace(day=1)


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))


def spans_of(asked: Query[Any], who: Actor, words: QueryDict) -> dict[str, Any]:
    """The newest rows of a list as bars between start and end; an open end runs on to now."""
    pair = span(asked.model)
    if pair is None:
        return {"bars": [], "ticks": []}
    start, end = pair
    rows = list(asked.rows.filter(**{f"{start}__isnull": False}).order_by(f"-{start}", "-pk")[:BARS])
    now = timezone.now()
    found = [(row, _instant(getattr(row, start)), _instant(getattr(row, end))) for row in rows]
    if not found:
        return {"bars": [], "ticks": [], "start": start, "end": end}
    low = min(begin for _, begin, _ in found if begin)
    high = max([now if low <= now else low, *(last for _, _, last in found if last)])
    high = max(high, low + timedelta(minutes=1))
    whole = (high - low).total_seconds()

    def at(moment: datetime) -> float:
        return round(1000 * (moment - low).total_seconds() / whole, 1)

    bars = []
    for row, begin, last in reversed(found):
        if begin is None:
            continue
        x, x2 = at(begin), at(min(max(last or max(now, begin), begin), high))
        item = _item(row, who, start, False)
        bars.append(
            {**item, "x": x, "width": max(round(x2 - x, 1), 3.0), "begin": begin, "end": last, "open": not last}
        )
    return {"bars": bars, "ticks": _ticks(low, high), "start": spec_at(asked.model, start).label, "pair": pair,
            "end": spec_at(asked.model, end).label, "now": at(now) if low <= now <= high else None}  # fmt: skip


def _instant(value: Any) -> datetime | None:
    if value is None or isinstance(value, datetime):
        return value
    return _midnight(value)


def _ticks(low: datetime, high: datetime, count: int = 5) -> list[dict[str, Any]]:
    whole = high - low
    form = "%m-%d %H:%M" if whole < timedelta(days=4) else "%Y-%m-%d"
    return [
        {"x": round(1000 * n / count, 1), "text": timezone.localtime(low + whole * n / count).strftime(form)}
        for n in range(count + 1)
    ]

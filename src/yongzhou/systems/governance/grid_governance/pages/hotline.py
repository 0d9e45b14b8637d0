"""热线台: who is to be called back, what came again, how fast the line is answered, how many seats an hour needs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final

from django.db.models import Avg, Count, F, Q
from django.db.models.functions import ExtractHour
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from yongzhou.core.calendar import SHANGHAI
from yongzhou.core.data.actor import Actor
from yongzhou.core.data.codes import options
from yongzhou.core.data.present import present
from yongzhou.core.data.sheets import SheetRefused, read_sheet
from yongzhou.core.home import Home
from yongzhou.core.operations.problem import Problem
from yongzhou.core.operations.run import run
from yongzhou.core.pages import actor_of, reads
from yongzhou.core.people.city import rows as read_rows
from yongzhou.systems.governance.grid_governance.erlang import TARGET, WITHIN_S, staff
from yongzhou.systems.governance.grid_governance.models import HotlineCall, HotlineOrder, Knowledge
from yongzhou.systems.governance.grid_governance.operations import take_order
from yongzhou.systems.governance.grid_governance.operations.hotline import gazetteer

ROWS: Final = 60
PAST: Final = timedelta(days=28)
SHRINKAGE: Final = 0.3  # breaks, training, leave; house default
VIEWS: Final = (
    ("callback", "待回访", Q(state="callback")),
    ("working", "办理中", Q(state="event")),
    ("again", "办结后重复", Q(after_close=True)),
    ("lost", "待定位", Q(placed__startswith="地址未能识别")),
    ("all", "全部", Q()),
)


@require_GET
@reads(HotlineOrder)
def hotline(request: HttpRequest) -> HttpResponse:
    """The seat's page."""
    return _page(request, actor_of(request))


def _page(request: HttpRequest, who: Actor, **more: Any) -> HttpResponse:
    name = request.GET.get("view", "callback")
    rows = HotlineOrder.visible_to(who)
    counts = rows.aggregate(**{view: Count("pk", filter=q) if q else Count("pk") for view, _, q in VIEWS})
    chosen = next((q for view, _, q in VIEWS if view == name), Q())
    shown = rows.filter(chosen).select_related("event__unit", "repeat_of")
    shown = shown.order_by(F("callback_due").asc(nulls_last=True), "-called_at")[:ROWS]
    asked = request.GET.get("q", "").strip()
    now = timezone.now()
    context = {
        "rows": [{"row": row, "shown": present(row, who)} for row in shown],
        "tabs": [
            {"name": view, "title": title, "count": counts[view], "current": view == name} for view, title, _ in VIEWS
        ],
        "view": name,
        "may_take": bool(who.lines("take", "grid_governance.hotlineorder")),
        "may_call": bool(who.lines("call_back", "grid_governance.hotlineorder")),
        "answers": _answers(who, asked) if asked else [],
        "asked": asked,
        "now": now,
        **line_figures(who, now),
        **more,
    }
    return render(request, "grid_governance/hotline.html", context)


def line_figures(who: Actor, now: datetime) -> dict[str, Any]:
    """Today's service on the line, and seats an hour from the calls of the last four weeks on such days."""
    calls = HotlineCall.visible_to(who).filter(line="12345")
    today = now.astimezone(SHANGHAI).replace(hour=0, minute=0, second=0, microsecond=0)
    quick = Q(answered_at__lte=F("queued_at") + timedelta(seconds=WITHIN_S))
    day = calls.filter(queued_at__gte=today, queued_at__lte=now).aggregate(
        all=Count("pk"), quick=Count("pk", filter=quick), lost=Count("pk", filter=Q(answered_at=None, ended_at__lt=now))
    )
    weekend = today.isoweekday() > 5
    past = calls.filter(queued_at__gte=today - PAST, queued_at__lt=today)
    past = past.filter(queued_at__iso_week_day__in=(6, 7) if weekend else (1, 2, 3, 4, 5))
    hours = list(
        past.annotate(hour=ExtractHour("queued_at", tzinfo=SHANGHAI))
        .values("hour")
        .order_by("hour")
        .annotate(calls=Count("pk"), talk=Avg(F("ended_at") - F("answered_at")))
    )
    days = 8 if weekend else 20
    seats = []
    for row in hours:
        talk = row["talk"].total_seconds() if row["talk"] else 180.0
        need = staff(row["calls"] / days, max(talk, 30.0), shrinkage=SHRINKAGE)
        seats.append({"hour": row["hour"], "calls": row["calls"] / days, "talk": talk, "need": need})
    peak = max((seat["need"].seats for seat in seats), default=0)
    return {
        "calls": day["all"],
        "quick": 100 * day["quick"] / day["all"] if day["all"] else None,
        "lost": day["lost"],
        "target": 100 * TARGET,
        "seats": [{**seat, "share": seat["need"].seats / peak if peak else 0} for seat in seats],
        "peak": peak,
        "weekend": weekend,
    }


def _answers(who: Actor, asked: str) -> list[Knowledge]:
    """Answers whose words the question shares, best first."""
    wanted = set("".join(asked.split()))
    rows = Knowledge.visible_to(who).all()[:500]
    scored = [(len(wanted & set(row.question + row.keywords)) / max(len(wanted), 1), row) for row in rows]
    return [row for share, row in sorted(scored, key=lambda one: -one[0]) if share >= 0.5][:5]


@cache
def fields_of(path: Path) -> Mapping[str, tuple[tuple[str, ...], bool]]:
    """Field -> (heads that other platforms use, needed), from `hotline_fields.csv`."""
    return {row["field"]: (tuple(row["heads"].split("|")), row["required"] == "yes") for row in read_rows(path)}


@require_POST
@reads(HotlineOrder)
def take_file(request: HttpRequest) -> HttpResponse:
    """Orders from a CSV or xlsx of the call centre: each row is one `take_order`, a bad one never stops the others."""
    who = actor_of(request)
    file = request.FILES.get("file")
    if file is None:
        return _page(request, who, refused="请选择文件")
    try:
        known = fields_of(Home.here().city_folder / "hotline_fields.csv")
        sheet = read_sheet(file.name or "工单", file.read(), [head for heads, _ in known.values() for head in heads])
    except SheetRefused as error:
        return _page(request, who, refused=str(error))
    at = {field: _column(sheet.heads, heads) for field, (heads, _) in known.items()}
    missing = [heads[0] for field, (heads, needed) in known.items() if needed and at[field] is None]
    if missing:
        return _page(request, who, refused=f"缺少必填列：{'、'.join(missing)}")
    taken, again, joined, faults = 0, 0, 0, []
    for line, cells in sheet.rows:
        try:
            given = values_of({field: cells[i].strip() for field, i in at.items() if i is not None and i < len(cells)})
            done = run(take_order, who, given, door="form").output
            taken, again, joined = taken + done.new, again + (not done.new), joined + done.joined
        except Problem as problem:
            why = problem.title if not problem.errors else "；".join(str(one["message"]) for one in problem.errors)
            faults.append({"line": line, "why": f"{why} {problem.remedy or ''}".strip()})
        except ValueError as error:
            faults.append({"line": line, "why": str(error)})
    return _page(request, who, result={"taken": taken, "again": again, "joined": joined, "faults": faults[:50]})


def _column(heads: tuple[str, ...], names: tuple[str, ...]) -> int | None:
    plain = ["".join(head.split()) for head in heads]
    return next((plain.index(name) for name in names if name in plain), None)


def values_of(row: Mapping[str, str]) -> dict[str, Any]:
    """A row of text as the input of `take_order`; raises `ValueError` in Chinese for what cannot be read."""
    given: dict[str, Any] = {name: value for name, value in row.items() if value}
    if "called_at" in given:
        given["called_at"] = _moment(given["called_at"])
    if "kind" in given:
        names = {label: code for code, label in options("grid appeal kind").items()}
        code = next((names[label] for label in names if label in given["kind"]), None)
        if code is None:
            raise ValueError(f"诉求类型「{given['kind']}」不认识；可填 {'、'.join(names)}")
        given["kind"] = code
    if "secret" in given:
        given["secret"] = given["secret"] in ("是", "1", "true", "True", "保密", "Y")
    if "region" in given and not given["region"].isdecimal():
        found = gazetteer().find(given["region"])
        given["region"] = found.code if found else ""
    if "lon" in given:
        given["crs"] = None  # not said: the house tells by where the point falls
    return given


def _moment(text: str) -> datetime:
    clean = text.replace("/", "-").replace("年", "-").replace("月", "-").replace("日", "").strip()
    for form in ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d"):
        try:
            return datetime.strptime(clean, form).replace(tzinfo=SHANGHAI)
        except ValueError:
            continue
    try:
        found = datetime.fromisoformat(clean)
    except ValueError:
        raise ValueError(f"来电时间「{text}」读不懂；请写成 {date.today().year}-06-18 09:30") from None
    return found if found.tzinfo else found.replace(tzinfo=SHANGHAI)

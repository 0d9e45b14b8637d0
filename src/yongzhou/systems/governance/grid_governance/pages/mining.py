"""难点堵点: the process as it really runs, where it waits, whose it is, what makes it long; the log for other tools."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final

import pyarrow as pa
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_GET

from yongzhou.core.data.actor import Actor
from yongzhou.core.operations.problem import Problem
from yongzhou.core.pages import actor_of, reads
from yongzhou.systems.governance.grid_governance import process_mining, xes
from yongzhou.systems.governance.grid_governance.models import Event, ProcessFinding
from yongzhou.systems.governance.grid_governance.operations.watching import read_log, words
from yongzhou.systems.governance.grid_governance.process_map import Edge, draw

NODES: Final = ("待受理", "已受理", "待签收", "处置中", "待核查", "已核查", "已结案")
ATTRIBUTES: Final = {"type": "类型", "hour": "开始时段", "county": "县区", "unit": "单位"}
DESIGNED: Final[process_mining.Net] = {
    name: (
        [process_mining.START if at == 0 else f"p{at}"],
        [process_mining.END if at == len(NODES) - 1 else f"p{at + 1}"],
    )
    for at, name in enumerate(NODES)
}


@require_GET
@reads(Event)
def bottlenecks(request: HttpRequest) -> HttpResponse:
    """Map, waits, owners, causes of the waits, rework and what each day found; `?unit=` narrows to one unit."""
    who, days = actor_of(request), _days(request)
    since = timezone.now() - timedelta(days=days)
    log, unit = _log(who, since, request.GET.get("unit", ""))
    follows = process_mining.directly_follows(log).to_pylist() if log.num_rows else []
    table = sorted(map(_waiting, follows), key=lambda row: -row["wait_total_s"])
    edges = [
        Edge(row["before"], row["after"], row["count"], row["share"], f"平均 {row['mean']}，中位 {row['median']}")
        for row in table
    ]
    variants = process_mining.variants(log) if log.num_rows else None
    names: dict[str, str] = dict(
        Event.visible_to(who).filter(unit__isnull=False).order_by().values_list("unit__code", "unit__name").distinct()
    )
    context = {
        "map": mark_safe(draw(NODES, edges)) if edges else "",  # noqa: S308 - draw() escapes every text
        "table": table[:10],
        "findings": list(ProcessFinding.visible_to(who).select_related("unit").order_by("-at", "-share")[:20]),
        "variants": [
            {"path": " → ".join(row["path"]), "cases": row["cases"]}
            for row in (variants.slice(0, 5).to_pylist() if variants else [])
        ],
        "days": days,
        "cases": sum(variants["cases"].to_pylist()) if variants else 0,
        "kinds": variants.num_rows if variants else 0,
        "fitness": f"{process_mining.replay(log, DESIGNED).value:.1%}" if log.num_rows else "",
        "unit": unit,
        "units": [(code, names[code]) for code in _codes(log) if code in names],
        "now": timezone.now(),
        **_deeper(log, table, names),
    }
    return render(request, "grid_governance/bottlenecks.html", context)


def _deeper(log: pa.Table, table: list[dict[str, Any]], names: dict[str, str]) -> dict[str, Any]:
    """Whose the waiting is, why it is long, what was done again, who passes work to whom."""
    if not log.num_rows or not table:
        return {}
    worst = table[0]
    lifts = process_mining.lifts(log, worst["before"], worst["after"], list(ATTRIBUTES)).to_pylist()
    renamed = log.rename_columns(["resource" if name == "unit" else name for name in log.column_names])
    stays = process_mining.stays_of(log)
    return {
        "worst": worst,
        "lifts": [
            {**row, "name": ATTRIBUTES[row["attribute"]], "value": names.get(row["value"], row["value"])}
            | {"mean": words(row["mean_s"])}
            for row in lifts
            if row["lift"] and row["lift"] > 1.2
        ][:6],
        "rework": process_mining.rework(log).to_pylist()[:6],
        "handovers": [
            {**row, "before": names.get(row["before"], row["before"]), "after": names.get(row["after"], row["after"])}
            for row in process_mining.handovers(renamed, 6).to_pylist()
        ],
        "little": [
            {**row, "name": names.get(row["unit"], row["unit"]), "wait": words((row["mean_h"] or 0) * 3600)}
            for row in process_mining.littles_law(stays).to_pylist()
            if row["unit"]
        ][:8],
    }


def _codes(log: pa.Table) -> list[str]:
    """Units of a log, in order."""
    return sorted({code for code in log["unit"].to_pylist() if code}) if log.num_rows else []


def _days(request: HttpRequest) -> int:
    asked = request.GET.get("days", "90")
    return min(max(int(asked) if asked.isdecimal() and len(asked) < 5 else 90, 1), 730)


def _log(who: Actor, since: datetime, unit: str) -> tuple[pa.Table, str]:
    """The log of the widest region and of the units that somebody may read."""
    reach = sorted(
        {line.region for line in who.lines("read", "grid_governance.event") if line.region is not None}, key=len
    )
    own = {key for line in who.lines("read", "grid_governance.event") for key in line.units}
    codes = set(Event.visible_to(who).filter(unit__in=own).order_by().values_list("unit__code", flat=True).distinct())
    if not reach and not codes:
        return read_log(timezone.now()), ""
    log = read_log(since, reach[0] if reach else "", detail=True)
    wanted = {unit} if unit and (reach or unit in codes) else (codes if not reach else set())
    if wanted:
        log = process_mining.cases_of(log, sorted(wanted))
    return log, unit


def _waiting(row: dict[str, Any]) -> dict[str, Any]:
    """A pair of states with its waiting in words."""
    mean, median = words(row["wait_mean_s"]), words(row["wait_median_s"])
    return {**row, "mean": mean, "median": median, "percent": 100 * row["share"]}


@require_GET
@reads(Event)
def history(request: HttpRequest, form: str) -> HttpResponse:
    """The same log for any process-mining tool: IEEE 1849 XES, or CSV."""
    if form not in ("xes", "csv"):
        raise Problem("not_found", "只有 xes 和 csv 两种", status=404, remedy="请用页面上的下载按钮")
    log, _ = _log(actor_of(request), timezone.now() - timedelta(days=_days(request)), request.GET.get("unit", ""))
    rows = process_mining.in_cases(log).to_pylist() if log.num_rows else []
    steps = (xes.Step(row["case"], row["activity"], row["time"], row["unit"] or "") for row in rows)
    pieces = xes.write(steps) if form == "xes" else _csv(rows)
    answer = HttpResponse(pieces, content_type="application/xml" if form == "xes" else "text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="grid_governance_history.{form}"'
    return answer


def _csv(rows: list[dict[str, Any]]) -> Iterator[str]:
    out = io.StringIO()
    writer = csv.writer(out)
    yield "\ufeffcase,activity,time,unit,type,county\r\n"
    for row in rows:
        writer.writerow([row[name] for name in ("case", "activity")] + [row["time"].isoformat(), *_rest(row)])
        yield out.getvalue()
        out.seek(0)
        out.truncate()


def _rest(row: dict[str, Any]) -> list[str]:
    return [row["unit"] or "", row["type"] or "", row["county"] or ""]

"""Pages of 辅助决策: scenarios and their archived runs, a form to try a case, two runs side by side."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path
from django.utils import timezone

from yongzhou.core.data.actor import Actor
from yongzhou.core.data.codes import label
from yongzhou.core.indicators.definition import indicators
from yongzhou.core.indicators.figures import values
from yongzhou.core.operations.problem import Problem, not_found
from yongzhou.core.operations.run import run
from yongzhou.core.pages import actor_of, reads, told
from yongzhou.systems.governance.city_operations.anomaly_desk import place_names
from yongzhou.systems.governance.city_operations.models import DOMAINS, SEVERITIES, Scenario, SimulationRun, VitalSign
from yongzhou.systems.governance.city_operations.operations import make_scenario, run_scenario
from yongzhou.systems.governance.city_operations.operations.comparing import compared
from yongzhou.systems.governance.city_operations.operations.scenarios import usual_calls

WORDS: Final = {
    "calls": ("求助总数", "件", 0), "waited": ("要等待的比例", "%", 1), "wait": ("平均等待", "分钟", 1),
    "wait_red": ("红色求助平均等待", "分钟", 1), "late": ("超过 30 分钟到达", "%", 1), "busy": ("队伍忙碌", "%", 1),
    "queue": ("平均排队", "件", 2),
}  # fmt: skip
NUMBERS: Final = (
    ("calls_per_hour", "每小时求助", 20, 0.1, 200, 0.1), ("teams", "白天队伍", 8, 1, 60, 1),
    ("night_teams", "夜间队伍", 4, 0, 60, 1), ("work_minutes", "处置分钟", 25, 1, 240, 1),
    ("road_minutes", "路途分钟", 12, 0, 120, 1), ("hours", "模拟小时", 48, 1, 336, 1),
)  # fmt: skip


def _may(who: Actor) -> bool:
    return bool(who.lines("simulate", "city_operations.scenario"))


@reads(Scenario)
def index(request: HttpRequest) -> HttpResponse:
    """推演: try a case, the scenarios kept, the runs archived."""
    return _page(request, None)


def _page(request: HttpRequest, problem: Problem | None) -> HttpResponse:
    who = actor_of(request)
    kind = "state" if request.GET.get("kind") == "state" else "response"
    runs = list(SimulationRun.visible_to(who).select_related("scenario").order_by("-at")[:40])
    names = sorted(set(VitalSign.visible_to(who).filter(valid_to__isnull=True).values_list("indicator", flat=True)))
    figures = values([name for name in names if name in indicators()])
    given = request.POST if request.method == "POST" else request.GET
    calls = usual_calls()
    first_values = {"calls_per_hour": round(calls, 1)} if calls else {}
    context = {
        "kind": kind,
        "problem": problem,
        "may": _may(who),
        "numbers": [
            {
                "name": n,
                "label": title,
                "value": given.get(n, first_values.get(n, first)),
                "low": low,
                "high": high,
                "step": step,
            }
            for n, title, first, low, high, step in NUMBERS
        ],
        "signs": [
            {"name": name, "figure": figure, "value": given.get(f"set.{name}", "")} for name, figure in figures.items()
        ],
        "title": given.get("title", ""),
        "seed": given.get("seed", "1"),
        "runs": [{"run": row, "kind": label("scenario kind", row.kind), "words": summary(row)} for row in runs],
        "live_ticket_url": "/desk/live-ticket",
    }
    return render(request, "city_operations/what_if.html", context, status=problem.status if problem else 200)


def kept(row: SimulationRun) -> bool:
    """Whether the archive holds the whole result; a run that was imported or cut short may hold none."""
    return {"state": {"changed", "worse", "better", "rows"}, "response": {"wait", "late"}}[row.kind] <= set(row.outputs)


def summary(row: SimulationRun) -> str:
    """One line of what came out."""
    if not kept(row):
        return "没有完整的结果"
    if row.kind == "state":
        return f"{row.outputs['changed']} 处得分变化，{row.outputs['worse']} 处升级，{row.outputs['better']} 处降级"
    wait, late = row.outputs["wait"], 100 * row.outputs["late"]["mean"]
    return f"平均等待 {wait['mean']:.1f} 分钟（{wait['low']:.1f} 至 {wait['high']:.1f}），超 30 分钟到达 {late:.0f}%"


@reads(Scenario)
def attempt(request: HttpRequest) -> HttpResponse:
    """Keep the case of the form as a scenario and run it."""
    if request.method != "POST":
        return HttpResponseRedirect("/desk/city_operations/what-if/")
    who = actor_of(request)
    try:
        case = _case(request)
        made = run(make_scenario, who, case, door="form").output
        ran = run(run_scenario, who, {"scenario": made.scenario}, door="form").output
    except Problem as problem:
        return told(request, problem) if problem.status == 403 else _page(request, problem)
    return HttpResponseRedirect(f"/desk/city_operations/simulationrun/{ran.run}/")


def _case(request: HttpRequest) -> dict[str, Any]:
    given, kind = request.POST, request.GET.get("kind", "response")
    title = (
        given.get("title", "").strip()
        or f"{'态势' if kind == 'state' else '响应能力'}推演 {timezone.localtime():%m-%d %H:%M}"
    )
    assumptions: dict[str, Any] = {}
    if kind == "state":
        marked = {key[4:]: given.get(key, "").strip() for key in given if key.startswith("set.")}
        marked = {name: text for name, text in marked.items() if text}
        if not marked:
            raise Problem("nothing", "还没有改任何指标", field="changes", remedy="至少给一个指标填上假设值")
        assumptions = {"changes": {name: {"set": _number(name, text)} for name, text in marked.items()}}
    else:
        assumptions = {name: _number(name, given.get(name, "")) for name, *_ in NUMBERS}
    return {
        "title": title,
        "kind": kind,
        "assumptions": assumptions,
        "seed": int(_number("seed", given.get("seed", "1"))),
    }


def _number(name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise Problem("number", f"「{name}」应为数字，现为「{text[:20]}」", field=name, remedy="填一个数") from None


def _run(who: Actor, id: object) -> SimulationRun:
    try:
        key = UUID(str(id))
    except ValueError:
        raise not_found("推演记录") from None
    row = SimulationRun.visible_to(who).select_related("scenario").filter(pk=key).first()
    if row is None:
        raise not_found("推演记录")
    return row


@reads(SimulationRun)
def one(request: HttpRequest, id: UUID) -> HttpResponse:
    """One archived run: assumptions, result with intervals, validation, fingerprints."""
    who = actor_of(request)
    row = _run(who, id)
    mates = SimulationRun.visible_to(who).filter(kind=row.kind).exclude(pk=row.pk).order_by("-at")[:20]
    context = {
        "run": row, "kind": label("scenario kind", row.kind), "words": summary(row), "mates": mates,
        "lines": _lines(row), "rows": _rows(who, row), "live_ticket_url": "/desk/live-ticket",
        "case": _told(row.inputs.get("case", {})), "may": _may(who), "kept": kept(row),
    }  # fmt: skip
    return render(request, "city_operations/run.html", context)


def _told(case: dict[str, Any]) -> list[tuple[str, str]]:
    if "changes" in case:
        named = indicators()
        return [
            (named[name].title if name in named else name,
             f"改为 {change['set']:g}" if change["set"] is not None else f"乘 {change['times']:g} 加 {change['add']:g}")
            for name, change in case["changes"].items()
        ]  # fmt: skip
    titles = {name: title for name, title, *_ in NUMBERS} | {"replications": "重复次数"}
    return [(titles.get(name, name), f"{value:g}") for name, value in case.items()]


def _shown(name: str, value: float) -> float:
    return 100 * value if WORDS[name][1] == "%" else value


def _lines(row: SimulationRun) -> list[dict[str, Any]]:
    if row.kind != "response":
        return []
    return [
        {"title": title, "unit": unit, "digits": digits,
         **{key: round(_shown(name, row.outputs[name][key]), digits) for key in ("mean", "low", "high")}}
        for name, (title, unit, digits) in WORDS.items() if name in row.outputs
    ]  # fmt: skip


def _rows(who: Actor, row: SimulationRun) -> list[dict[str, Any]]:
    if row.kind != "state":
        return []
    listed = row.outputs.get("rows", [])
    names = place_names(who, {one["region"] for one in listed})
    shown = [
        {"place": names[one["region"]], "code": one["region"], "domain": DOMAINS[one["domain"]], "score": one["score"],
         "before": SEVERITIES[one["severity"][0]], "after": SEVERITIES[one["severity"][1]],
         "worse": int(one["severity"][1]) > int(one["severity"][0])}
        for one in listed if one["region"] in names
    ]  # fmt: skip
    return sorted(shown, key=lambda one: (not one["worse"], len(one["code"]), one["code"]))[:120]


@reads(SimulationRun)
def compare(request: HttpRequest) -> HttpResponse:
    """Two archived runs side by side."""
    who = actor_of(request)
    first, second = _run(who, request.GET.get("first")), _run(who, request.GET.get("second"))
    found = compared(first, second)
    lines = [
        {"title": WORDS[line.name][0] if line.name in WORDS else line.name,
         "unit": WORDS[line.name][1] if line.name in WORDS else "分",
         "first": _pick(line.name, line.first), "second": _pick(line.name, line.second),
         "gap": _pick(line.name, line.gap),
         "apart": line.apart}
        for line in found.lines
    ]  # fmt: skip
    context = {
        "first": first, "second": second, "found": found, "lines": lines, "kept": kept(first) and kept(second),
        "live_ticket_url": "/desk/live-ticket",
    }  # fmt: skip
    return render(request, "city_operations/compare.html", context)


def _pick(name: str, value: float | None) -> str:
    if value is None:
        return "—"
    return f"{_shown(name, value):,.{WORDS[name][2]}f}" if name in WORDS else f"{value:,.1f}"


urlpatterns = [
    path("what-if/", index),
    path("what-if/run", attempt),
    path("what-if/compare/", compare),
    path("simulationrun/<uuid:id>/", one),
]

"""Pages of a bulk run: choose rows and an operation, fill in the rest, watch it, see what failed, try those again."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from yongzhou.core.crypto import uuid7
from yongzhou.core.data.actor import Actor
from yongzhou.core.data.guard import resource_name
from yongzhou.core.data.house import declaration
from yongzhou.core.data.present import called
from yongzhou.core.data.query import query
from yongzhou.core.data.record import Record
from yongzhou.core.data.registry import records
from yongzhou.core.desk.bulk import MOST, again, for_many, job_of, named, own_bulk, start, subject_of
from yongzhou.core.desk.models import Bulk, BulkRow
from yongzhou.core.jobs.queue import cancel
from yongzhou.core.operations.generic import change
from yongzhou.core.operations.problem import Problem, not_found
from yongzhou.core.operations.registry import Operation
from yongzhou.portals.gate.middleware import actor
from yongzhou.portals.workbench import filters
from yongzhou.portals.workbench.access import model_of, must_read, staff
from yongzhou.portals.workbench.inputs import Control, collect, controls
from yongzhou.portals.workbench.nav import path_of

SHOWN = 12
FAILED_SHOWN = 200
EXPORTS = ("csv", "xlsx", "parquet")


@require_POST
@staff
def choose(request: HttpRequest, app: str, name: str) -> HttpResponse:
    """From the list: what is selected, and what shall be done with it; the second sending starts it."""
    model, who = model_of(app, name), actor(request)
    must_read(who, model)
    keys = _keys(request, model, who)
    wanted = request.POST.get("op", "")
    if wanted.startswith("export.") and wanted.removeprefix("export.") in EXPORTS:
        if len(keys) > 100:
            raise Problem("too_many", "选中导出最多 100 条", remedy="要导出更多，用列表上的「导出」")
        return redirect(f"{path_of(model)}{wanted}?{urlencode({'id': ','.join(map(str, keys))})}")
    op = next((op for op in for_many(who, model) if op.name == wanted), None)
    if op is None:
        raise not_found("批量操作")
    if request.POST.get("step") != "run":
        return _draw(request, model, op, keys, {}, None)
    values: dict[str, Any] = {}
    try:
        values = collect(request, op.input, only=_asked(request, op, model))
        bulk = start(who, op, model, keys, values)
    except Problem as problem:
        if problem.status in (403, 404):
            raise
        return _draw(request, model, op, keys, {**request.POST.dict(), **values}, problem)
    return redirect(f"/desk/bulk/{bulk.pk}/")


def _keys(request: HttpRequest, model: type[Record], who: Actor) -> list[UUID]:
    """The selected rows, or all of the filter in the list's order."""
    if request.POST.get("all"):
        words = QueryDict(request.POST.get("words", ""), mutable=True)
        for word in ("after", "limit", "open", "face", "month", "on", "cols"):
            words.pop(word, None)
        asked = query(model, who, filters.plain(filters.from_fields(words)))
        order = f"{'-' if asked.descending else ''}{asked.sort}"
        return list(asked.rows.order_by(order).values_list("pk", flat=True)[: MOST + 1])
    texts = request.POST.get("ids", "").split(",") if request.POST.get("ids") else request.POST.getlist("id")
    try:
        return [UUID(text) for text in texts]
    except ValueError:
        raise Problem("invalid", "选中的编号不对", remedy="回到列表重新勾选") from None


def _fields(op: Operation[Any, Any], model: type[Record]) -> list[str]:
    """The inputs that a person fills in once for all rows."""
    return [name for name in op.input.model_fields if name not in (subject_of(op, model), "row_version")]


def _plain_change(op: Operation[Any, Any], model: type[Record]) -> bool:
    """Whether it is the derived change, in which each field is a wish of its own."""
    return declaration(model).api == "write" and op is change(model)


def _asked(request: HttpRequest, op: Operation[Any, Any], model: type[Record]) -> list[str]:
    """The inputs that were sent; in a change only those that are ticked, for an empty field may be meant."""
    names = _fields(op, model)
    if not _plain_change(op, model):
        return names
    ticked = request.POST.getlist("set")
    if not ticked:
        raise Problem("invalid", "没有选要改的字段", remedy="勾选要改的字段，再填新的值")
    return [name for name in names if name in ticked]


def _draw(
    request: HttpRequest,
    model: type[Record],
    op: Operation[Any, Any],
    keys: list[UUID],
    given: dict[str, Any],
    problem: Problem | None,
) -> HttpResponse:
    who, names = actor(request), _fields(op, model)
    shown = model.visible_to(who).filter(pk__in=keys[:SHOWN])
    fields: list[Control] = [one for one in controls(op.input, who, given, op.on) if one.name in names]
    by_name = {one.name: one for one in fields}
    for line in problem.errors if problem else []:
        if found := by_name.get(str(line["field"]).partition(".")[0]):
            found.error = line["message"]
    context = {
        "own": declaration(model),
        "base": path_of(model),
        "op": op,
        "controls": sorted(fields, key=lambda one: not one.required),
        "ticks": _plain_change(op, model),
        "ticked": request.POST.getlist("set"),
        "problem": problem,
        "count": len(keys),
        "more": max(0, len(keys) - SHOWN),
        "ids": "" if request.POST.get("all") else ",".join(map(str, keys)),
        "all": request.POST.get("all", ""),
        "words": request.POST.get("words", ""),
        "some": [{"title": called(row, who), "href": row.get_absolute_url()} for row in shown],
        "key": str(uuid7()),
        "has_photos": any(one.kind == "photos" for one in fields),
    }
    return render(request, "workbench/bulk.html", context, status=problem.status if problem else 200)


@staff
def watch(request: HttpRequest, id: UUID) -> HttpResponse:
    """One run: how far it is, what failed and why. `?part=1` gives the moving part alone."""
    who, bulk = actor(request), own_bulk(actor(request), id)
    if bulk is None:
        raise not_found("批量办理")
    context = _progress(who, bulk)
    return render(request, "workbench/_bulk.html" if request.GET.get("part") else "workbench/bulk_run.html", context)


def _progress(who: Actor, bulk: Bulk) -> dict[str, Any]:
    model = records()[bulk.resource]
    op = named(bulk.operation, bulk.resource)
    job = job_of(bulk)
    counts = {state: bulk.rows.filter(state=state).count() for state in BulkRow.State.values}
    failed = list(bulk.rows.filter(state=BulkRow.State.FAILED).order_by("id")[:FAILED_SHOWN])
    seen = {row.pk: row for row in model.visible_to(who).filter(pk__in=[row.record for row in failed])}
    return {
        "bulk": bulk,
        "job": job,
        "over": job is None or job.state in ("done", "failed", "cancelled"),
        "own": declaration(model),
        "base": path_of(model),
        "op_title": op.title if op else bulk.operation,
        "total": sum(counts.values()),
        "done": counts["done"],
        "waiting": counts["waiting"],
        "failed": counts["failed"],
        "lines": [
            {
                "title": called(seen[row.record], who) if row.record in seen else str(row.record),
                "href": seen[row.record].get_absolute_url() if row.record in seen else "",
                "reason": row.reason,
            }
            for row in failed
        ],
        "resource": resource_name(model),
    }


@require_POST
@staff
def retry(request: HttpRequest, id: UUID) -> HttpResponse:
    """The failed rows once more."""
    who, bulk = actor(request), own_bulk(actor(request), id)
    if bulk is None:
        raise not_found("批量办理")
    return redirect(f"/desk/bulk/{again(who, bulk).pk}/")


@require_POST
@staff
def stop(request: HttpRequest, id: UUID) -> HttpResponse:
    """Stop after the row that is being worked; what is done stays done."""
    bulk = own_bulk(actor(request), id)
    if bulk is None or bulk.job is None:
        raise not_found("批量办理")
    cancel(bulk.job)
    return redirect(f"/desk/bulk/{bulk.pk}/")

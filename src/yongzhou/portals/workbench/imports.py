"""Import a sheet into a record's list: upload, say which column is what, look, try, import, mend what was refused."""

from __future__ import annotations

import csv
import io
import json
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from yongzhou.core.bus.quarantine import ReplayError, drop, mend_and_replay, payload_of
from yongzhou.core.data.actor import Actor
from yongzhou.core.data.house import declaration
from yongzhou.core.data.record import Record
from yongzhou.core.data.sheets import MAX_BYTES, SheetRefused
from yongzhou.core.data.spec import spec_of
from yongzhou.core.desk.drafts import (
    begin,
    choose,
    job_of,
    own_draft,
    preview,
    refused_rows,
    submit_import,
)
from yongzhou.core.desk.models import ImportDraft
from yongzhou.core.operations.generic import create, inputs, must_be_writable
from yongzhou.core.operations.imports import heads
from yongzhou.core.operations.problem import Problem, forbidden, not_found
from yongzhou.portals.gate.middleware import actor
from yongzhou.portals.workbench.access import model_of, staff
from yongzhou.portals.workbench.nav import path_of

MENDED_AT_ONCE = 50
STEPS = ("上传", "对应列", "试导入", "导入")


def _model(request: HttpRequest, app: str, name: str) -> tuple[type[Record], Actor]:
    model, who = model_of(app, name), actor(request)
    if declaration(model).api != "write" or not create(model).open_to(who):
        raise forbidden(f"没有导入{declaration(model).title}的权限")
    must_be_writable(model)
    return model, who


def _draft(request: HttpRequest, app: str, name: str, id: UUID) -> tuple[type[Record], Actor, ImportDraft]:
    model, who = _model(request, app, name)
    draft = own_draft(who, id, model)
    if draft is None:
        raise not_found("导入")
    return model, who, draft


def _frame(model: type[Record], step: int, **more: Any) -> dict[str, Any]:
    own, base = declaration(model), path_of(model)
    return {"own": own, "base": base, "steps": list(enumerate(STEPS, start=1)), "step": step, **more}


@staff
def upload(request: HttpRequest, app: str, name: str) -> HttpResponse:
    """Step 1: the file; it is kept sealed for a day."""
    model, who = _model(request, app, name)
    context = _frame(model, 1, heads=list(dict.fromkeys(word for word in heads(model) if not word.isascii())))
    if request.method != "POST":
        return render(request, "workbench/import.html", context)
    try:
        file = request.FILES.get("file")
        if file is None:
            raise SheetRefused("请先选择一个文件")
        if (file.size or 0) > MAX_BYTES:
            raise SheetRefused("文件超过 50 MB；请分成几份再导入")
        draft = begin(who, model, (file.name or "表格")[:80], file.read())
    except SheetRefused as refused:
        context["problem"] = Problem("sheet", str(refused))
        return render(request, "workbench/import.html", context, status=422)
    return redirect(f"{path_of(model)}import/{draft.pk}/")


@staff
def template(request: HttpRequest, app: str, name: str) -> HttpResponse:
    """An empty csv with the heads that are known."""
    model, _ = _model(request, app, name)
    out = io.StringIO()
    csv.writer(out).writerow([spec_of(column).label or field for field, column in inputs(model).items()])
    response = HttpResponse(b"\xef\xbb\xbf" + out.getvalue().encode(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{model._meta.model_name}-template.csv"'
    return response


@staff
def mapping(request: HttpRequest, app: str, name: str, id: UUID) -> HttpResponse:
    """Step 2: which column is which field, with the first rows and what is wrong in them."""
    model, who, draft = _draft(request, app, name, id)
    if draft.job is not None:
        return redirect(f"{path_of(model)}import/{draft.pk}/run/")
    problem: Problem | None = None
    if request.method == "POST":
        given = dict(zip(request.POST.getlist("head"), request.POST.getlist("field"), strict=False))
        try:
            choose(draft, who, {head: field for head, field in given.items() if head and field})
            if request.POST.get("go"):
                submit_import(draft, who, dry=True)
                return redirect(f"{path_of(model)}import/{draft.pk}/run/")
            return redirect(f"{path_of(model)}import/{draft.pk}/")
        except Problem as found:
            problem = found
            draft.mapping = {head: field for head, field in given.items() if head and field in inputs(model)}
    try:
        seen = preview(draft, who)
    except SheetRefused as refused:
        raise Problem("sheet", str(refused), status=410) from refused
    labels = {field: spec_of(column).label for field, column in inputs(model).items()}
    required = [
        field
        for field, column in inputs(model).items()
        if not column.blank and not column.null and not column.has_default()
    ]
    rows = [
        {
            "number": number,
            "whole": faults.get("", ""),
            "cells": [
                {"text": cell, "fault": faults.get(field or "-", "") if field else "", "off": not field}
                for cell, field in zip(cells, seen["fields"], strict=False)
            ],
            "missing": "；".join(
                f"{labels.get(field, field)}：{text}"
                for field, text in faults.items()
                if field and field not in seen["fields"]
            ),
        }
        for (number, cells), faults in zip(seen["rows"], seen["faults"], strict=True)
    ]
    context = _frame(
        model,
        2,
        draft=draft,
        problem=problem,
        columns=list(enumerate(zip(seen["heads"], seen["fields"], strict=True))),
        count=len(seen["heads"]),
        fields=[(field, label, field in required) for field, label in labels.items()],
        rows=rows,
        bad=sum(bool(faults) for faults in seen["faults"]),
    )
    return render(request, "workbench/import_mapping.html", context, status=422 if problem else 200)


@staff
def running(request: HttpRequest, app: str, name: str, id: UUID) -> HttpResponse:
    """Steps 3 and 4: the dry run, then the import, with what was refused. `?part=1` gives the moving part alone."""
    model, who, draft = _draft(request, app, name, id)
    if request.method == "POST":
        submit_import(draft, who, dry=False)
        return redirect(f"{path_of(model)}import/{draft.pk}/run/")
    job = job_of(draft)
    over = job is None or job.state in ("done", "failed", "cancelled")
    real = draft.job is not None
    context = _frame(model, 4 if real else 3, draft=draft, job=job, over=over, real=real, report=draft.report)
    if over and real:
        context |= {"waiting": _waiting(model, draft)}
    page = "workbench/_import_run.html" if request.GET.get("part") else "workbench/import_run.html"
    return render(request, page, context)


def _waiting(model: type[Record], draft: ImportDraft) -> list[dict[str, Any]]:
    """The refused rows, each with its cells to mend."""
    labels = {field: spec_of(column).label for field, column in inputs(model).items()}
    order = [field for field in labels if field in draft.mapping.values()]
    found = []
    for row in refused_rows(draft)[:MENDED_AT_ONCE]:
        cells = json.loads(payload_of(row))["row"]
        fields = [*order, *(field for field in cells if field not in order)]
        found.append(
            {
                "row": row,
                "cells": [(field, labels.get(field, field), cells.get(field, "")) for field in fields],
                "reason": row.note.removeprefix("重放失败：") or row.reason,
            }
        )
    return found


@require_POST
@staff
def mend(request: HttpRequest, app: str, name: str, id: UUID, row: UUID) -> HttpResponse:
    """Put one mended row back, or give it up."""
    model, who, draft = _draft(request, app, name, id)
    found = next((one for one in refused_rows(draft) if one.pk == row), None)
    if found is None:
        raise not_found("待修正的行")
    if request.POST.get("drop"):
        drop(found.pk, note="导入人放弃", by=who.id)
        messages.success(request, "这一行已放弃")
    else:
        payload = json.loads(payload_of(found))
        payload["row"] = {
            field: value for field in inputs(model) if (value := request.POST.get(f"cell-{field}", "").strip())
        }
        try:
            mend_and_replay(found.pk, json.dumps(payload, ensure_ascii=False, indent=1).encode(), by=who.id)
            messages.success(request, "这一行已导入")
        except ReplayError as error:
            messages.error(request, f"还不行：{error.__cause__ or error}")
    return redirect(f"{path_of(model)}import/{draft.pk}/run/#waiting")


@staff
def refused(request: HttpRequest, app: str, name: str, id: UUID) -> HttpResponse:
    """The refused rows as csv, with the reason beside each, to mend in a spreadsheet and upload again."""
    model, _, draft = _draft(request, app, name, id)
    labels = {field: spec_of(column).label or field for field, column in inputs(model).items()}
    fields = [field for field in labels if field in draft.mapping.values()]
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([*(labels[field] for field in fields), "出错原因"])
    for row in refused_rows(draft):
        cells = json.loads(payload_of(row))["row"]
        texts = [*(cells.get(field, "") for field in fields), row.reason]
        writer.writerow([f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text for text in texts])
    response = HttpResponse(b"\xef\xbb\xbf" + out.getvalue().encode(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{model._meta.model_name}-refused.csv"'
    return response

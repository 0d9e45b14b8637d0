"""The form door: any operation, drawn from its input; create and change of plain records."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from yongzhou.core.data.record import Record
from yongzhou.core.desk.undo import remember
from yongzhou.core.operations.generic import change as change_operation
from yongzhou.core.operations.generic import create as create_operation
from yongzhou.core.operations.generic import inputs, must_be_writable
from yongzhou.core.operations.problem import Problem, forbidden
from yongzhou.core.operations.registry import Operation, find
from yongzhou.core.operations.run import run
from yongzhou.portals.gate.middleware import actor
from yongzhou.portals.workbench.access import model_of, one, staff
from yongzhou.portals.workbench.inputs import collect, controls
from yongzhou.portals.workbench.nav import path_of


@staff
def operation(request: HttpRequest, system: str, verb: str) -> HttpResponse:
    """Any operation by its name; what the address gives is filled in."""
    op = find(f"{system}.{verb.replace('-', '_')}")
    if op is None:
        raise Problem("not_found", "没有这个操作", status=404)
    return _serve(request, op, request.GET.dict())


@staff
def create(request: HttpRequest, app: str, name: str) -> HttpResponse:
    """A new record."""
    model = model_of(app, name)
    must_be_writable(model)
    return _serve(request, create_operation(model), request.GET.dict(), model=model)


@staff
def change(request: HttpRequest, app: str, name: str, id: UUID) -> HttpResponse:
    """Change a record at the version that is shown."""
    model = model_of(app, name)
    must_be_writable(model)
    row = one(actor(request), model, id)
    given: dict[str, Any] = {field: getattr(row, column.attname) for field, column in inputs(model).items()}
    return _serve(
        request, change_operation(model), {**given, "id": row.pk, "row_version": row.row_version}, model=model
    )


def _serve(
    request: HttpRequest, op: Operation[Any, Any], given: dict[str, Any], *, model: type[Record] | None = None
) -> HttpResponse:
    who = actor(request)
    if not op.open_to(who):
        raise forbidden(f"没有「{op.title}」的权限")
    if request.method != "POST":
        return _draw(request, op, given)
    values: dict[str, Any] = {}
    dry = request.POST.get("dry_run") == "1"
    try:
        values = collect(request, op.input)
        result = run(
            op, who, values, door="form", dry=dry, key=None if dry else request.POST.get("idempotency_key") or None
        )
    except Problem as problem:
        if problem.status in (403, 404) or dry:
            if dry:
                return render(request, "workbench/effect.html", {"problem": problem})
            raise
        return _draw(request, op, {**request.POST.dict(), **values}, problem)
    if dry:
        return render(request, "workbench/effect.html", {"result": result})
    if result.proposal is not None:
        messages.success(request, f"「{op.title}」已提出，等第二个人复核")
        return redirect(path_of(op.on) if op.on else "/desk/")
    row = _worked_on(op, values, result.output, model)
    undo = None if result.replayed else remember(who, op, result.op_id, row)
    messages.success(request, f"{op.title}：已办理", extra_tags=f"undo:{undo}" if undo else "")
    return redirect(_after(op, row, model))


def _draw(
    request: HttpRequest, op: Operation[Any, Any], given: dict[str, Any], problem: Problem | None = None
) -> HttpResponse:
    fields = sorted(controls(op.input, actor(request), given, op.on), key=lambda control: not control.required)
    errors = []
    if problem is not None:
        by_name = {control.name: control for control in fields}
        for line in problem.errors:
            control = by_name.get(str(line["field"]).partition(".")[0])
            if control is not None:
                control.error = line["message"]
            errors.append(
                {
                    "field": f"f-{control.name}" if control else "",
                    "label": control.label if control else "",
                    "message": line["message"],
                }
            )
    from yongzhou.core.crypto import uuid7

    context = {
        "op": op,
        "controls": fields,
        "problem": problem,
        "errors": errors,
        "key": request.POST.get("idempotency_key") or str(uuid7()),
        "has_photos": any(control.kind == "photos" for control in fields),
        "back": path_of(op.on) if op.on else "/desk/",
    }
    return render(request, "workbench/form.html", context, status=problem.status if problem else 200)


def _worked_on(
    op: Operation[Any, Any], values: dict[str, Any], output: Any, model: type[Record] | None
) -> Record | None:
    """The record that an operation made or changed."""
    target = model or op.on
    if target is None:
        return None
    names = {"id", *(str(cls._meta.model_name) for cls in (target, *target._meta.get_parent_list()))}
    for source in (output.model_dump() if output is not None else {}, values):
        for name in names:
            if name in source and (row := target._default_manager.filter(pk=source[name]).first()):
                return row
    return None


def _after(op: Operation[Any, Any], row: Record | None, model: type[Record] | None) -> str:
    """The record that was worked on, else its list."""
    target = model or op.on
    if row is not None:
        return row.get_absolute_url()
    return path_of(target) if target is not None else "/desk/"

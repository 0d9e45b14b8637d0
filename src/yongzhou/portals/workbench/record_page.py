"""The page of one record: its actions, what it is, what belongs to it, how it changed, where it comes from."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from yongzhou.core.audit.lines import append
from yongzhou.core.data.actor import Actor
from yongzhou.core.data.geometry import lon_lat
from yongzhou.core.data.guard import resource_name, why
from yongzhou.core.data.history import changes, past
from yongzhou.core.data.house import declaration
from yongzhou.core.data.personal import Sealed
from yongzhou.core.data.present import Shown, called, present, text_of
from yongzhou.core.data.query import moment
from yongzhou.core.data.record import Record
from yongzhou.core.data.registry import records
from yongzhou.core.data.spec import spec_of
from yongzhou.core.desk.bulk import subject_of
from yongzhou.core.desk.undo import open_undo
from yongzhou.core.matters.models import Matter, MatterStep
from yongzhou.core.operations.problem import Problem, forbidden
from yongzhou.core.operations.registry import operations
from yongzhou.core.people.models import Person
from yongzhou.portals.gate.middleware import actor
from yongzhou.portals.workbench.access import model_of, one, staff
from yongzhou.portals.workbench.nav import path_of

_HIDDEN = frozenset({"id", "row_version"})


@staff
def record(request: HttpRequest, app: str, name: str, id: UUID) -> HttpResponse:
    """The whole page, or the side panel with `?panel=1`."""
    model, who = model_of(app, name), actor(request)
    row = one(who, model, id)
    at = _moment(request.GET.get("at"))
    if at is not None:
        earlier = past(model, row.pk, at)
        if earlier is None:
            raise Problem("not_found", "那一刻还没有这条记录", status=404, remedy="把时间往后拉一些")
        row = earlier
    shown = present(row, who)
    context = {
        "row": row,
        "own": declaration(model),
        "resource": resource_name(model),
        "base": path_of(model),
        "title": called(row, who) if "object (" not in str(row) else declaration(model).title,
        "pairs": [(item, _url_of_reveal(row, item)) for item in shown.values() if _worth(item)],
        "technical": [item for item in shown.values() if item.spec.technical and item.name not in _HIDDEN],
        "actions": _actions(row, who),
        "change_href": f"{row.get_absolute_url()}change/"
        if declaration(model).api == "write" and who.lines("change", resource_name(model))
        else "",
        "place": lon_lat(shown[own_map].value) if (own_map := declaration(model).map) and own_map in shown else None,
        "verdict": why(who, "read", row).text,
        "steps": list(MatterStep.objects.filter(matter=row.pk).order_by("-at")[:60]) if isinstance(row, Matter) else [],
        "matter": row if isinstance(row, Matter) else None,
    }
    if request.GET.get("panel"):
        return render(request, "workbench/panel.html", context)
    context["history"] = _history(row, who)
    context["undo"] = open_undo(who, row) if at is None else None
    context["related"] = [*_related(row, who), *_proven(row, who)]
    context["kin"] = _kin(row, who)
    return render(request, "workbench/record.html", context)


@staff
def reveal(request: HttpRequest, app: str, name: str, id: UUID, field: str) -> HttpResponse:
    """Open one personal value for a purpose; the look leaves an audit line before the value leaves."""
    if request.method != "POST":
        raise Problem("method", "请从记录页查看", status=405)
    model, who = model_of(app, name), actor(request)
    row = one(who, model, id)
    purpose = request.POST.get("purpose", "").strip()[:80]
    if not purpose:
        raise Problem("purpose", "请先说明用途", status=422)
    spec = next((spec_of(column) for column in model._meta.concrete_fields if column.name == field), None)
    lines = [grant for grant in who.lines("unmask", resource_name(model)) if spec and grant.max_grade >= spec.grade]
    if spec is None or not spec.personal or not lines or not model.visible_to(who, "unmask").filter(pk=id).exists():
        raise forbidden("您的角色不能查看这一项的完整内容")
    append(
        actor=who,
        verb="core.reveal",
        resource=resource_name(model),
        record_id=row.pk,
        purpose=purpose,
        outcome="done",
        door="form",
        detail={"field": field},
    )
    value = getattr(row, field)
    text = value.open() if isinstance(value, Sealed) else str(value)
    return render(request, "workbench/revealed.html", {"text": text, "label": spec.label, "purpose": purpose})


def _moment(text: str | None) -> datetime | None:
    if not text:
        return None
    at = moment(text)
    if at is None:
        raise Problem("query", "at 应为带时区的时间", status=400)
    return at


def _worth(item: Shown) -> bool:
    return (
        bool(item.text)
        and not item.spec.technical
        and item.spec.kind not in ("geometry", "plain")
        and item.name not in _HIDDEN
    )


def _url_of_reveal(row: Record, item: Shown) -> str:
    return f"{row.get_absolute_url()}reveal/{item.name}/" if item.masked and item.spec.personal else ""


def _actions(row: Record, who: Actor) -> list[dict[str, str]]:
    """Operations on this row that the person may run; rights on the row itself are asked by the operation again."""
    found = []
    for op in operations().values():
        if op.on is None or not isinstance(row, op.on) or not op.open_to(who):
            continue
        field = subject_of(op, type(row))
        if field is not None:
            found.append({"title": op.title, "href": f"/desk/do/{op.path}/?{field}={row.pk}", "name": op.name})
    return found


def _history(row: Record, who: Actor) -> list[dict[str, Any]]:
    """Changes, newest first, each field with what it was; values above the person's grade stay masked."""
    grade = who.max_grade(resource_name(type(row)))
    by_column = {field.column: field for field in row._meta.concrete_fields}
    lines = changes(row, limit=60)
    names = dict(
        Person.objects.filter(pk__in={line["actor"] for line in lines if line["actor"]}).values_list("pk", "name")
    )
    after = {field.column: getattr(row, field.attname) for field in row._meta.concrete_fields}
    out = []
    for line in lines:
        differences = []
        for column, before in line["before"].items():
            field = by_column.get(column)
            if field is None or column in ("row_version", "updated_at") or column.endswith(("_blind", "_box")):
                continue
            spec = spec_of(field)
            hidden = spec.grade > grade or spec.personal
            differences.append(
                {
                    "label": spec.label or str(field.verbose_name),
                    "before": "****" if hidden else _text(field, before),
                    "after": "****" if hidden else _text(field, after.get(column)),
                }
            )
            after[column] = before
        out.append(
            {
                "at": line["at"],
                "op_id": line["op_id"],
                "kind": {"I": "新建", "U": "修改", "D": "删除"}.get(line["kind"], "批量"),
                "who": names.get(line["actor"], "系统"),
                "differences": differences,
            }
        )
    return out


def _text(field: models.Field[Any, Any], value: Any) -> str:
    if value is None or value == "":
        return "（空）"
    try:
        clear = field.to_python(value) if not field.is_relation and not isinstance(field, models.BinaryField) else value
    except Exception:
        clear = value
    return text_of(clear, spec_of(field)) or str(value)[:60]


def _related(row: Record, who: Actor) -> list[dict[str, Any]]:
    """Records that point to this one, by kind, as links to their filtered lists."""
    found = []
    kinds = {type(row), *row._meta.get_parent_list()}
    for name, model in records().items():
        if not who.lines("read", name):
            continue
        for field in model._meta.local_fields:
            if (
                field.many_to_one
                and field.related_model in kinds
                and field.name in declaration(model).filters + declaration(model).list
            ):
                rows = model.visible_to(who).filter(**{field.name: row.pk})
                top = list(rows.order_by("-pk")[:5])
                if top:
                    found.append(
                        {
                            "title": declaration(model).title,
                            "href": f"{path_of(model)}?{field.name}={row.pk}",
                            "rows": [_line(other, who) for other in top],
                            "more": len(top) == 5,
                        }
                    )
    return found


def _line(row: Record, who: Actor) -> dict[str, str]:
    name = called(row, who)
    return {
        "title": declaration(type(row)).title if " object (" in name else name,
        "get_absolute_url": row.get_absolute_url(),
    }


def _proven(row: Record, who: Actor) -> list[dict[str, Any]]:
    """Matters that were opened because of this record."""
    rows = list(Matter.visible_to(who).filter(evidence=row.pk).order_by("-pk")[:5])
    if not rows:
        return []
    seen = [kin["row"] for matter in rows for kin in _kin(matter, who)] or rows
    group = {"title": "由它引出的事项", "href": path_of(Matter), "rows": [_line(one, who) for one in seen]}
    return [{**group, "more": len(rows) == 5}]


def _kin(row: Record, who: Actor) -> list[dict[str, Any]]:
    """The same thing as the system that keeps it knows it, and that system's own page of it where it names one."""
    own_page = getattr(row, "own_page", "")
    found: list[dict[str, Any]] = [{"title": "专页", "href": own_page, "row": row}] if own_page else []
    for name, model in records().items():
        if type(row) in model._meta.get_parent_list() and who.lines("read", name):
            other = model.visible_to(who).filter(pk=row.pk).first()
            if other is not None:
                href = getattr(other, "own_page", "") or other.get_absolute_url()
                found.append({"title": f"{declaration(model).title}页", "href": href, "row": other})
    return found

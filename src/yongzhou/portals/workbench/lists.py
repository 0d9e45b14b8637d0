"""The list of any record: search, filters, sort, keyset pages, side panel, export."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render

from yongzhou.core.data import codes
from yongzhou.core.data.actor import Actor
from yongzhou.core.data.fields import spec_of
from yongzhou.core.data.guard import resource_name
from yongzhou.core.data.house import declaration
from yongzhou.core.data.present import Shown, present
from yongzhou.core.data.query import page, query
from yongzhou.core.data.record import Record
from yongzhou.core.data.registry import records
from yongzhou.core.operations.problem import not_found
from yongzhou.core.operations.registry import Operation, operations
from yongzhou.core.system import systems
from yongzhou.portals.gate.middleware import actor
from yongzhou.portals.workbench.access import model_of, must_read, staff
from yongzhou.portals.workbench.nav import path_of

_LEVEL_FIELDS = ("level",)


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: how it is drawn depends on what its column means."""

    shown: Shown
    form: str  # "title", "level", "state", "due", "when", "number", "text"

    @property
    def value(self) -> Any:
        """The clear value, None where masked."""
        return self.shown.value


@dataclass(frozen=True, slots=True)
class Column:
    """One column's head."""

    name: str
    label: str
    form: str
    sort: str  # address of this sort, "" if it cannot be sorted
    direction: str  # "ascending", "descending", ""


@staff
def listing(request: HttpRequest, app: str, name: str) -> HttpResponse:
    """A page of rows."""
    model, who = model_of(app, name), actor(request)
    must_read(who, model)
    own = declaration(model)
    words = request.GET.dict()
    asked = query(model, who, words)
    found = page(asked)
    columns = [_column(model, column, request.GET) for column in (own.list or ("id",))]
    rows = [{"row": row, "cells": _cells(row, who, columns), "href": row.get_absolute_url()} for row in found.rows]
    return render(
        request,
        "workbench/list.html",
        {
            "own": own,
            "model": resource_name(model),
            "columns": columns,
            "rows": rows,
            "page": found,
            "chips": _chips(model, request.GET),
            "filters": _filters(model, request.GET),
            "q": words.get("q", ""),
            "next_href": _with(request.GET, after=found.next) if found.next else "",
            "first_href": _with(request.GET, after="") if "after" in request.GET else "",
            "base": path_of(model),
            "export_words": _with(request.GET, after="").removeprefix("?"),
            "create_href": f"{path_of(model)}new/"
            if own.api == "write" and who.lines("create", resource_name(model))
            else "",
            "starters": _starters(who, model),
        },
    )


def _starters(who: Actor, model: type[Record]) -> list[Operation[Any, Any]]:
    """What a person may begin here, what makes something new first; what asks for a record belongs to its page."""
    found = [
        op
        for op in operations().values()
        if op.on is model and op.open_to(who) and subject_field(op, model) is None and not _asks_record(op)
    ]
    return sorted(found, key=lambda op: not op.emits)


def _asks_record(op: Operation[Any, Any]) -> bool:
    return any(field.is_required() and field.annotation is UUID for field in op.input.model_fields.values())


def subject_field(op: Any, model: type[Record]) -> str | None:
    """The input field that names the row: the record's own name, or `id`."""
    names = {"id", *(cls._meta.model_name for cls in (model, *model._meta.get_parent_list()))}
    return next((field for field in op.input.model_fields if field in names), None)


def form_of(model: type[Record], path: str, first: bool) -> str:
    """How a column is drawn."""
    spec = spec_of(_field(model, path))
    if path in _LEVEL_FIELDS:
        return "level"
    if path == "state" and spec.codes == "matter state":
        return "state"
    if path == "due":
        return "due"
    if path == "origin":
        return "origin"
    if spec.kind in ("when", "number", "count", "money"):
        return "when" if spec.kind == "when" else "number"
    return "title" if first else "text"


def _field(model: type[Record], path: str) -> models.Field[Any, Any]:
    current: Any = model
    field: Any = None
    for step in path.split("__"):
        field = current._meta.get_field(step)
        current = getattr(field, "related_model", None) or current
    found: models.Field[Any, Any] = field
    return found


def _column(model: type[Record], path: str, words: QueryDict) -> Column:
    own = declaration(model)
    title_at = next(
        (name for name in own.list if form_of(model, name, True) == "title"), own.list[0] if own.list else "id"
    )
    spec = spec_of(_field(model, path))
    now = words.get("sort", "")
    sort = ""
    if path in own.sort:
        sort = _with(words, sort=f"-{path}" if now == path else path, after="")
    direction = {"": ""}.get(now, "ascending" if now == path else "descending" if now == f"-{path}" else "")
    return Column(path, spec.label or "编号", form_of(model, path, path == title_at), sort, direction)


def _cells(row: Record, who: Actor, columns: list[Column]) -> list[Cell]:
    shown = present(row, who, names=tuple(column.name for column in columns))
    return [Cell(shown[column.name], column.form) for column in columns]


def _with(words: QueryDict, **changes: str | None) -> str:
    """This page's address words with some changed; an empty value goes away."""
    copy = words.copy()
    for name, value in changes.items():
        if value:
            copy[name] = value
        else:
            copy.pop(name, None)
    return f"?{copy.urlencode()}"


def _chips(model: type[Record], words: QueryDict) -> list[dict[str, str]]:
    chips: list[dict[str, str]] = []
    for word in words:
        value = str(words[word])
        if word in ("after", "limit", "sort", "at", "panel", "format", "view") or not value:
            continue
        if word == "q":
            label, text = "搜索", value
        elif word == "region":
            label, text = "地区", value
        else:
            path, _, suffix = word.partition("__") if word.endswith(("__gte", "__lte")) else (word, "", "")
            try:
                spec = spec_of(_field(model, path))
            except FieldDoesNotExist:  # a wrong word is told by the query itself
                continue
            label = spec.label + {"gte": " 起", "lte": " 止"}.get(suffix, "")
            text = "、".join(codes.label(spec.codes, part) if spec.codes else part for part in value.split(","))
        chips.append({"label": label, "text": text, "href": _with(words, **{word: "", "after": ""})})
    return chips


def _filters(model: type[Record], words: QueryDict) -> list[dict[str, Any]]:
    """The filters with few choices, as menus."""
    menus = []
    for path in declaration(model).filters:
        spec = spec_of(_field(model, path))
        choices: list[tuple[str, str]] = []
        if spec.codes:
            choices = list(codes.options(spec.codes).items())
        elif spec.kind == "flag":
            choices = [("true", "是"), ("false", "否")]
        elif path == "level":
            choices = list(codes.options("warning level").items())
        if choices:
            menus.append(
                {
                    "label": spec.label,
                    "options": [
                        {
                            "label": label,
                            "href": _with(words, **{path: code, "after": ""}),
                            "on": words.get(path) == code,
                        }
                        for code, label in choices
                    ],
                }
            )
    return menus


@staff
def system(request: HttpRequest, app: str) -> HttpResponse:
    """All records of one system that the person may read, with what each is for."""
    who = actor(request)
    kinds = [
        {"own": declaration(model), "href": path_of(model), "name": name}
        for name, model in records().items()
        if model._meta.app_label == app and who.lines("read", name)
    ]
    if not kinds:
        raise not_found("系统")
    found = systems().get(app)
    return render(request, "workbench/system.html", {"kinds": kinds, "system": found, "name": app})

"""The list of any record: search, filters, sort, columns, saved views, faces, keyset pages, side panel, bulk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from yongzhou.core.data.actor import Actor
from yongzhou.core.data.guard import resource_name
from yongzhou.core.data.house import declaration
from yongzhou.core.data.present import Shown, present_many
from yongzhou.core.data.query import Query, page, query
from yongzhou.core.data.record import Record
from yongzhou.core.data.registry import records
from yongzhou.core.desk.bulk import for_many, subject_field
from yongzhou.core.desk.saved import drop_view, save_view, views_of, words_of
from yongzhou.core.operations.problem import not_found
from yongzhou.core.operations.registry import Operation, operations
from yongzhou.core.system import systems
from yongzhou.portals.gate.middleware import actor
from yongzhou.portals.workbench import columns, faces, filters
from yongzhou.portals.workbench.access import model_of, must_read, staff
from yongzhou.portals.workbench.columns import Column, with_words
from yongzhou.portals.workbench.nav import path_of


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: how it is drawn depends on what its column means."""

    shown: Shown
    form: str  # as of its column

    @property
    def value(self) -> Any:
        """The clear value, None where masked."""
        return self.shown.value


@staff
def listing(request: HttpRequest, app: str, name: str) -> HttpResponse:
    """A page of rows, a month, or a timeline."""
    model, who = model_of(app, name), actor(request)
    must_read(who, model)
    words = filters.from_fields(request.GET)
    asked = query(model, who, filters.plain(words))
    face = (
        words.get("face", "") if any(words.get("face", "") and f["current"] for f in faces.faces(model, words)) else ""
    )
    context = {**_frame(model, who, words), "face": face}
    if face == "calendar":
        context["month"] = faces.month_of(asked, who, words)
    elif face == "timeline":
        context["spans"] = faces.spans_of(asked, who, words)
    else:
        context |= _table(asked, who, words)
    return render(request, "workbench/list.html", context)


def _frame(model: type[Record], who: Actor, words: QueryDict) -> dict[str, Any]:
    """What surrounds the rows, whatever the face."""
    own, resource, base = declaration(model), resource_name(model), path_of(model)
    names = columns.chosen(model, who, words)
    here = words_of(words.urlencode())
    writable = own.api == "write" and bool(who.lines("create", resource))
    return {
        "own": own,
        "model": resource,
        "base": base,
        "here": f"{base}?{words.urlencode()}",
        "words": here,
        "views": [
            {
                "view": view,
                "href": f"{base}?{view.words}",
                "current": view.words == here,
                "own": view.owner_id == who.id,
            }
            for view in views_of(who, resource)
        ],
        "names": names,
        "possible": [
            {"name": column, "label": label, "on": column in names}
            for column, label in columns.possible(model).items()
        ],
        "faces": faces.faces(model, words),
        "chips": filters.chips(model, who, words),
        "filters": filters.menus(model, who, words),
        "kept": [(word, value) for word, value in words.items() if word not in ("q", "after", "open")],
        "q": words.get("q", ""),
        "export_words": with_words(words, after="", open="").removeprefix("?"),
        "create_href": f"{base}new/" if writable else "",
        "starters": _starters(who, model),
        "has_map": bool(own.map),
    }  # fmt: skip


def _table(asked: Query[Any], who: Actor, words: QueryDict) -> dict[str, Any]:
    model = asked.model
    names = columns.chosen(model, who, words)
    related = [n for n in names if "__" not in n and model._meta.get_field(n).many_to_one]
    if related:
        asked = Query(
            model, asked.rows.select_related(*related), asked.sort, asked.descending, asked.cursor, asked.limit
        )
    found = page(asked)
    heads = columns.heads(model, names, words)
    rows = [
        {"row": row, "cells": _cells(shown, heads), "href": row.get_absolute_url()}
        for row, shown in zip(found.rows, present_many(found.rows, who, names=names), strict=True)
    ]
    return {
        "columns": heads,
        "rows": rows,
        "page": found,
        "next_href": with_words(words, after=found.next, open="") if found.next else "",
        "first_href": with_words(words, after="", open="") if "after" in words else "",
        "bulk": for_many(who, model),
    }


def _cells(shown: dict[str, Shown], heads: list[Column]) -> list[Cell]:
    return [Cell(shown[column.name], column.form) for column in heads]


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


def _back(request: HttpRequest, model: type[Record]) -> str:
    """The list as it was, from the form that was sent."""
    target = request.POST.get("back", "")
    if url_has_allowed_host_and_scheme(target, allowed_hosts=None) and target.startswith(path_of(model)):
        return target
    return path_of(model)


@require_POST
@staff
def choose_columns(request: HttpRequest, app: str, name: str) -> HttpResponse:
    """Keep this person's columns of a list."""
    model, who = model_of(app, name), actor(request)
    must_read(who, model)
    if request.POST.get("default"):
        columns.choose(model, who, list(declaration(model).list or ("id",)))
    else:
        columns.choose(model, who, request.POST.getlist("names"))
    path, _, words = _back(request, model).partition("?")
    kept = QueryDict(words, mutable=True)
    kept.pop("cols", None)
    return redirect(f"{path}?{kept.urlencode()}" if kept else path)


@require_POST
@staff
def keep_view(request: HttpRequest, app: str, name: str) -> HttpResponse:
    """Save the list as it stands under a name; own columns go with it, so that the link shows them to everybody."""
    model, who = model_of(app, name), actor(request)
    must_read(who, model)
    words = QueryDict(_back(request, model).partition("?")[2], mutable=True)
    names = columns.chosen(model, who, words)
    if names != declaration(model).list:
        words["cols"] = ",".join(names)
    view = save_view(who, model, request.POST.get("name", ""), words.urlencode(), share=bool(request.POST.get("share")))
    messages.success(request, f"已存为视图「{view.name}」")
    return redirect(f"{path_of(model)}?{view.words}")


@require_POST
@staff
def remove_view(request: HttpRequest, id: UUID) -> HttpResponse:
    """Delete an own view."""
    resource = drop_view(actor(request), id)
    messages.success(request, "视图已删去")
    return redirect(path_of(records()[resource]) if resource in records() else "/desk/")


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

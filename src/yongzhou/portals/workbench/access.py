"""The door of every workbench page: signed in, allowed, and problems as pages that say why."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render

from yongzhou.core.data.actor import Actor
from yongzhou.core.data.guard import resource_name, why
from yongzhou.core.data.query import QueryError
from yongzhou.core.data.record import Record
from yongzhou.core.data.registry import records
from yongzhou.core.operations.problem import Problem, forbidden, not_found
from yongzhou.portals.gate.middleware import actor

View = Callable[..., HttpResponseBase]


def staff(view: View) -> View:
    """Only for somebody signed in; a `Problem` becomes the page of its status."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        who = actor(request)
        if who.kind == "anonymous":
            return redirect(f"/login/?next={quote(request.get_full_path())}")
        try:
            return view(request, *args, **kwargs)
        except Problem as problem:
            return refuse(request, problem)
        except QueryError as error:
            return refuse(request, Problem("query", str(error), status=400, remedy="去掉地址里的这个条件再试"))

    return wrapped


def refuse(request: HttpRequest, problem: Problem) -> HttpResponse:
    """The page of a problem, inside the workbench."""
    context = {"title": problem.title, "remedy": problem.remedy, "code": problem.code}
    return render(request, "workbench/refused.html", {**context, "problem": problem}, status=problem.status)


def model_of(app: str, name: str) -> type[Record]:
    """The record of an address; 404 for an unknown one."""
    model = records().get(f"{app}.{name}")
    if model is None:
        raise not_found("资源")
    return model


def must_read(who: Actor, model: type[Record]) -> None:
    """403 with its reason for somebody who may not read any row of a record."""
    if not who.lines("read", resource_name(model)):
        raise forbidden(why(who, "read", model).text)


def one(who: Actor, model: type[Record], id: Any) -> Record:
    """One row that this person may see; 404 else."""
    must_read(who, model)
    related = [field.name for field in model._meta.concrete_fields if field.many_to_one]
    row = model.visible_to(who).select_related(*related).filter(pk=id).first()
    if row is None:
        raise not_found()
    return row

"""The views of the REST door."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse

from yongzhou.core.data.actor import Actor
from yongzhou.core.data.guard import resource_name, why
from yongzhou.core.data.history import past
from yongzhou.core.data.present import plain, present
from yongzhou.core.data.query import moment, page, query
from yongzhou.core.data.record import Record
from yongzhou.core.data.registry import records
from yongzhou.core.operations.generic import change, create, must_be_writable
from yongzhou.core.operations.problem import Problem, forbidden, not_found
from yongzhou.core.operations.registry import Operation, find
from yongzhou.core.operations.run import Result, countersign, run
from yongzhou.portals.api import openapi
from yongzhou.portals.api.answers import answer, body, door, token
from yongzhou.portals.gate.views import check_login, note_sign_in


@door("GET")
def schema(request: HttpRequest, actor: Actor, system: str | None = None) -> HttpResponse:
    """OpenAPI 3.1 of the house, or of one system."""
    return answer(openapi.document(system))


@door("POST")
def sign_in(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Name and password for a bearer token."""
    given = body(request)
    name = str(given.get("name", ""))[:60]
    found = check_login(name, str(given.get("password", ""))[:200])
    note_sign_in(name, found, door="rest")
    if found is None:
        raise Problem("login", "登录名或密码不对，或该账号暂时锁定", status=401, remedy="连续错 5 次锁定 10 分钟")
    return answer({"token": token(found.person_id), "expires_in": 12 * 3600})


@door("GET")
def me(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Who asks, with his grants."""
    if actor.kind != "person":
        raise Problem("login", "请先登录", status=401)
    grants = [
        {
            "role": g.role,
            "action": g.action,
            "resource": g.resource,
            "max_grade": g.max_grade,
            "region": g.region,
            "own": g.own,
        }
        for g in actor.grants
    ]
    return answer({"id": str(actor.id), "name": actor.name, "title": actor.title, "grants": grants})


@door("GET", "POST")
def rows(request: HttpRequest, actor: Actor, resource: str) -> HttpResponse:
    """GET a guarded page of records; POST creates one where the record allows it."""
    model = _model(resource)
    if request.method == "POST":
        must_be_writable(model)
        return _operate(request, actor, create(model), status=201)
    _may_read(actor, model)
    asked = query(model, actor, request.GET.dict())
    links = [column.name for column in model._meta.concrete_fields if column.many_to_one]  # every row tells all of them
    found = page(replace(asked, rows=asked.rows.select_related(*links)) if links else asked)
    return answer(
        {
            "rows": [_row(row, actor) for row in found.rows],
            "next": found.next,
            "count": found.count,
            "more_than_count": found.more_than_count,
        }
    )


@door("GET", "PATCH")
def row(request: HttpRequest, actor: Actor, resource: str, id: UUID) -> HttpResponse:
    """GET one record, now or `?at=` an instant; PATCH changes it."""
    model = _model(resource)
    if request.method == "PATCH":
        must_be_writable(model)
        return _operate(request, actor, change(model), extra={"id": str(id)})
    _may_read(actor, model)
    found = model.visible_to(actor).filter(pk=id).first()
    if found is None:
        raise not_found()
    if text := request.GET.get("at"):
        at = moment(text)
        if at is None:
            raise Problem("query", "at 应为带时区的时间，例如 2026-06-18T03:12:00+08:00")
        found = past(model, id, at)
        if found is None:
            raise Problem("not_found", "那一刻还没有这条记录", status=404)
    return answer(_row(found, actor))


@door("POST")
def operate(request: HttpRequest, actor: Actor, system: str, verb: str) -> HttpResponse:
    """Run one operation."""
    op = find(f"{system}.{verb.replace('-', '_')}")
    if op is None:
        raise Problem("not_found", f"没有操作 {system}/{verb}", status=404, remedy="见 /developer/")
    return _operate(request, actor, op)


@door("POST")
def second(request: HttpRequest, actor: Actor, system: str, verb: str, proposal: UUID) -> HttpResponse:
    """Countersign a proposed operation as the second person."""
    op = find(f"{system}.{verb.replace('-', '_')}")
    if op is None:
        raise Problem("not_found", "没有这个操作", status=404)
    return _answer(countersign(op, actor, proposal), 200)


@door("GET", "POST", "PUT", "PATCH", "DELETE")
def nowhere(request: HttpRequest, actor: Actor, rest: str = "") -> HttpResponse:
    """Anything else below `/api/`."""
    raise Problem("not_found", "没有这个地址", status=404, remedy="见 /api/openapi.json")


def _operate(
    request: HttpRequest,
    actor: Actor,
    op: Operation[Any, Any],
    *,
    extra: dict[str, Any] | None = None,
    status: int = 200,
) -> HttpResponse:
    dry = bool(request.META.get("QUERY_STRING")) and request.GET.get("dry_run") in ("1", "true")
    key = request.META.get("HTTP_IDEMPOTENCY_KEY") or None
    said = request.META.get("HTTP_PURPOSE") or ""
    purpose = said.encode("latin-1", "replace").decode("utf-8", "replace")[:80] or None
    given = body(request) | extra if extra else body(request)
    result = run(op, actor, given, door="rest", key=key, dry=dry, purpose=purpose)
    return _answer(result, status)


def _answer(result: Result, status: int) -> HttpResponse:
    if result.proposal is not None:
        return answer({"proposal": str(result.proposal), "state": "proposed"}, 202)
    if result.effect:
        output = result.output.model_dump(mode="json") if result.output is not None else {}
        return answer({"dry_run": True, "output": output, "effect": result.effect}, status)
    document = result.output.model_dump_json() if result.output is not None else "{}"
    response = HttpResponse(document, status=status, content_type="application/json")
    if result.replayed:
        response["Idempotent-Replayed"] = "true"
    return response


def _model(resource: str) -> type[Record]:
    model = records().get(resource)
    if model is None:
        raise Problem("not_found", f"没有资源 {resource}", status=404, remedy="见 /api/openapi.json")
    return model


def _may_read(actor: Actor, model: type[Record]) -> None:

    if actor.lines("read", resource_name(model)):
        return
    if actor.kind == "anonymous":
        raise Problem("login", "请先登录", status=401, remedy="POST /api/sign-in 取得令牌")
    raise forbidden(why(actor, "read", model).text)


def _row(record: Record, actor: Actor) -> dict[str, Any]:
    return {name: plain(shown) for name, shown in present(record, actor).items()}

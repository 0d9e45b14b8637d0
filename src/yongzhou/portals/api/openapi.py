"""OpenAPI 3.1 of records and operations, made from their declarations on first use."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

from django.db import models
from pydantic.json_schema import models_json_schema

from yongzhou import __version__
from yongzhou.core.data import codes
from yongzhou.core.data.house import declaration
from yongzhou.core.data.record import Record
from yongzhou.core.data.registry import records
from yongzhou.core.data.spec import spec_of
from yongzhou.core.operations.generic import change, create
from yongzhou.core.operations.registry import Operation, operations

_KINDS: Final[dict[str, dict[str, Any]]] = {
    "number": {"type": ["number", "null"]},
    "count": {"type": ["integer", "null"]},
    "flag": {"type": "boolean"},
    "when": {"type": ["string", "null"], "format": "date-time"},
    "day": {"type": ["string", "null"], "format": "date"},
    "facts": {"type": ["object", "array", "null"]},
    "attachments": {"type": ["array", "null"], "items": {"type": "object"}},
    "geometry": {"type": ["array", "null"], "items": {"type": "number"}},
}
_DRY_RUN: Final[dict[str, Any]] = {
    "type": "object",
    "description": "试算（dry_run=1）：会得到的结果，和会改动的记录、会发出的事件；什么都没有保存",
    "required": ["dry_run", "output", "effect"],
    "properties": {
        "dry_run": {"const": True},
        "output": {"type": "object"},
        "effect": {"type": "array", "items": {"type": "object"}},
    },
}
_PROBLEM: Final = {
    "type": "object",
    "required": ["type", "code", "title", "status"],
    "properties": {
        "type": {"type": "string"},
        "code": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {"type": "array", "items": {"type": "object"}},
    },
}
_REFUSALS: Final = {
    "400": "内容不是有效的 JSON",
    "401": "未登录",
    "403": "没有权限",
    "404": "没有这条记录",
    "405": "方法不对",
    "409": "与现状冲突",
    "412": "已被别人修改",
    "413": "内容太大",
    "415": "内容类型不对",
    "422": "内容有误",
    "429": "太频繁",
}


@cache
def document(system: str | None = None) -> dict[str, Any]:
    """The OpenAPI document of the house, or of one system."""
    paths: dict[str, Any] = {}
    schemas: dict[str, Any] = {"Problem": _PROBLEM, "DryRun": _DRY_RUN}
    for name, model in records().items():
        if system is None or model._meta.app_label == system:
            paths |= _record_paths(name, model)
            schemas[name] = _row_schema(model)
            if declaration(model).api == "write":
                _add_operation(paths, schemas, create(model), path=f"/api/records/{name}", method="post", created=True)
                _add_operation(paths, schemas, change(model), path=f"/api/records/{name}/{{id}}", method="patch")
    for op in operations().values():
        if system is None or op.system == system:
            _add_operation(paths, schemas, op, path=f"/api/{op.path}", method="post")
    if system is None:
        paths["/api/me"] = {
            "get": {"summary": "我是谁", "operationId": "me", "responses": _responses({"type": "object"})}
        }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "数字永州",
            "version": __version__,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "session": {"type": "apiKey", "in": "cookie", "name": "yz_session"},
            },
        },
        "security": [{"bearer": []}, {"session": []}],
    }


def _responses(schema: dict[str, Any], status: str = "200") -> dict[str, Any]:
    good = {status: {"description": "成功", "content": {"application/json": {"schema": schema}}}}
    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return good | {code: {"description": text, "content": problem} for code, text in _REFUSALS.items()}


def _record_paths(name: str, model: type[Record]) -> dict[str, Any]:
    own = declaration(model)
    words = [("q", "搜索"), ("sort", "排序，前加 - 为倒序"), ("after", "下一页游标"), ("limit", "每页行数")]
    words += [(word, f"筛选：{word}") for word in own.filters]
    parameters = [
        {"name": word, "in": "query", "description": text, "schema": {"type": "string"}} for word, text in words
    ]
    page = {
        "type": "object",
        "required": ["rows", "count", "more_than_count"],
        "properties": {
            "rows": {"type": "array", "items": {"$ref": f"#/components/schemas/{name}"}},
            "next": {"type": ["string", "null"]},
            "count": {"type": "integer"},
            "more_than_count": {"type": "boolean"},
        },
    }
    key = {"name": "id", "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}}
    tag = [model._meta.app_label]
    return {
        f"/api/records/{name}": {
            "get": {
                "summary": f"列出{own.title}",
                "operationId": f"list_{name}",
                "tags": tag,
                "parameters": parameters,
                "responses": _responses(page),
            },
        },
        f"/api/records/{name}/{{id}}": {
            "parameters": [key],
            "get": {
                "summary": f"读取{own.title}",
                "operationId": f"read_{name}",
                "tags": tag,
                "responses": _responses({"$ref": f"#/components/schemas/{name}"}),
            },
        },
    }


def _row_schema(model: type[Record]) -> dict[str, Any]:
    properties: dict[str, Any] = {}
    for field in model._meta.concrete_fields:
        if isinstance(field, models.OneToOneField):
            continue
        spec = spec_of(field)
        kind = (
            {"type": "string"}
            if spec.grade > 1 or spec.personal
            else dict(_KINDS.get(spec.kind, {"type": ["string", "null", "integer"]}))
        )
        if spec.grade > 1 or spec.personal:
            kind = {}  # masked text, or its own type, by right
        properties[field.name] = {**kind, "title": spec.label or str(field.verbose_name)}
        if spec.codes:
            properties[field.name]["description"] = "；".join(
                f"{code} {label}" for code, label in codes.options(spec.codes).items()
            )
    return {"type": "object", "title": declaration(model).title, "properties": properties}


def _add_operation(
    paths: dict[str, Any],
    schemas: dict[str, Any],
    op: Operation[Any, Any],
    *,
    path: str,
    method: str,
    created: bool = False,
) -> None:
    names, definitions = models_json_schema(
        [(op.input, "validation"), (op.output, "serialization")], ref_template="#/components/schemas/{model}"
    )
    schemas |= definitions.get("$defs", {})
    output = {"anyOf": [names[op.output, "serialization"], {"$ref": "#/components/schemas/DryRun"}]}
    responses = _responses(output, "201" if created else "200")
    responses["202"] = {
        "description": "已受理（任务，或等待第二人复核）",
        "content": {"application/json": {"schema": {"type": "object"}}},
    }
    paths.setdefault(path, {})[method] = {
        "summary": op.title,
        "description": op.summary,
        "operationId": op.name.replace(".", "_"),
        "tags": [op.system],
        "parameters": [
            {"name": "Idempotency-Key", "in": "header", "schema": {"type": "string", "maxLength": 100}},
            {"name": "dry_run", "in": "query", "schema": {"type": "string", "enum": ["1"]}},
        ],
        "requestBody": {"required": True, "content": {"application/json": {"schema": names[op.input, "validation"]}}},
        "responses": responses,
    }

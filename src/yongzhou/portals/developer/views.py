"""Pages for engineers; nothing here needs a login, since nothing here is data."""

from __future__ import annotations

import json
from typing import Any, Final

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from yongzhou.core.bus.events import registered
from yongzhou.core.catalogue.resources import resources
from yongzhou.core.data.house import declaration
from yongzhou.core.data.registry import records
from yongzhou.core.data.spec import spec_of
from yongzhou.core.indicators.definition import indicators
from yongzhou.core.operations.registry import operations
from yongzhou.core.system import WINGS, systems

SITE: Final = "数字永州 开发者"
PROBLEMS: Final = {
    "login": ("401", "没有登录，或令牌过期", "POST /api/sign-in 取得令牌，放进 Authorization: Bearer"),
    "forbidden": ("403", "没有这项权限", "错误里写明缺哪一条；请联系本单位系统管理员"),
    "not_found": ("404", "没有这条记录，或不在管辖范围内", "两种情形给同样的回答"),
    "conflict": ("409", "与现状冲突", "刷新后再办"),
    "key_reused": ("409", "幂等键已用于另一份内容", "换一个 Idempotency-Key"),
    "not_now": ("409", "现在的状态不能这样办", "看事项走到了哪一步"),
    "stale": ("412", "别人刚改过", "取最新的 row_version 再提交"),
    "invalid": ("422", "输入不对", "errors 里逐个字段写明原因"),
    "query": ("422", "筛选或排序的写法不对", "错误里列出可用的写法"),
    "same_person": ("403", "处置人不能核查自己办的事", "换一位同事"),
}


def home(request: HttpRequest) -> HttpResponse:
    """How to begin, and everything there is."""
    groups = [
        {"wing": title, "systems": [system for system in systems().values() if system.wing == wing]}
        for wing, title in WINGS.items()
    ]
    kernel = sorted({model._meta.app_label for model in records().values()} - set(systems()))
    context = {
        "groups": [group for group in groups if group["systems"]],
        "kernel": kernel,
        "counts": {
            "records": len(records()),
            "operations": len(operations()),
            "indicators": len(indicators()),
            "events": len(registered()),
        },
        "host": request.build_absolute_uri("/").rstrip("/"),
        "site": SITE,
    }
    return render(request, "developer/home.html", context)


def problems(request: HttpRequest) -> HttpResponse:
    """Every problem code with its remedy."""
    rows = [
        {"code": code, "status": status, "title": title, "remedy": remedy}
        for code, (status, title, remedy) in PROBLEMS.items()
    ]
    return render(request, "developer/problems.html", {"rows": rows, "site": SITE})


def system(request: HttpRequest, name: str) -> HttpResponse:
    """One system (or kernel part): records with fields, operations with a runnable call, events, indicators."""
    own_records = [_record(key, model) for key, model in records().items() if model._meta.app_label == name]
    own_operations = [_operation(op, request) for op in operations().values() if op.system == name]
    if not own_records and not own_operations:
        raise Http404
    context = {
        "site": SITE,
        "name": name,
        "system": systems().get(name),
        "records": own_records,
        "operations": own_operations,
        "events": [
            {"subject": subject, "version": version}
            for subject, version in registered()
            if subject.split(".")[1] == name
        ],
        "indicators": [indicator for indicator in indicators().values() if indicator.name.startswith(f"{name}.")],
        "resources": [resource for resource in resources().values() if resource.steward == name],
    }
    return render(request, "developer/system.html", context)


def _record(key: str, model: Any) -> dict[str, Any]:
    fields = [
        {"name": field.name, "spec": spec_of(field)}
        for field in model._meta.concrete_fields
        if not field.one_to_one and spec_of(field).label
    ]
    return {"name": key, "own": declaration(model), "fields": fields}


def _operation(op: Any, request: HttpRequest) -> dict[str, Any]:
    sample = {name: _sample(info) for name, info in op.input.model_fields.items() if info.is_required()}
    body = json.dumps(sample, ensure_ascii=False)
    curl = (
        f"curl -X POST {request.build_absolute_uri('/api/' + op.path)} -H 'Authorization: Bearer '\"$TOKEN\" "
        f"-H 'Content-Type: application/json' -d '{body}'"
    )
    return {"op": op, "fields": op.input.model_fields, "curl": curl}


def _sample(info: Any) -> Any:
    if info.examples:
        return info.examples[0]
    return {"UUID": "01900000-0000-7000-8000-000000000000", "int": 1, "float": 1.0, "bool": True}.get(
        getattr(info.annotation, "__name__", ""), ""
    )

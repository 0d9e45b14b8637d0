"""The smallest valid-looking input of an operation, from its schema: only the right decides what is answered."""

from __future__ import annotations

import types
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal, Union, get_args, get_origin
from uuid import UUID

from django.utils import timezone
from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from tests.security.rows import Sides, samples
from yongzhou.core.data.record import Record
from yongzhou.core.operations.registry import Operation


def subject(op: Operation[Any, Any]) -> str | None:
    """The input field that names the row an operation works on."""
    if op.on is None:
        return None
    kinds = [str(kind._meta.model_name) for kind in (op.on, *op.on._meta.get_parent_list())]
    rows = [
        name for name, info in op.input.model_fields.items() if info.is_required() and _bare(info.annotation) is UUID
    ]
    named = [name for name in rows if _resource(op.input.model_fields[name]) == op.resource]
    named += [name for name in rows if name == "id" or any(kind.endswith(name.replace("_", "")) for kind in kinds)]
    named += [name for name in rows if _stands_for(op.on, name)]
    return named[0] if named else None


def body(op: Operation[Any, Any], sides: Sides, side: str) -> dict[str, Any]:
    """Required fields with plausible values; the subject is the row of that side.

    Where fields hang together (a gate asks for its opening), the values that the system's own sample shows.
    """
    shown = samples(op.system).get(op.name.partition(".")[2], {})
    given = {
        name: _value(name, info, sides, side, shown.get(name))
        for name, info in op.input.model_fields.items()
        if info.is_required()
    }
    if (name := subject(op)) is not None and op.on is not None:
        row = row_of(op.on, sides, side)
        given[name] = str(getattr(row, f"{name}_id") if _stands_for(op.on, name) else row.pk)
    if "owner" in op.input.model_fields:
        given["owner"] = str(getattr(sides, side)["things.thing"].owner_id)  # type: ignore[attr-defined]
    if "region" in op.input.model_fields and ("owner" in given or {"lon", "lat"} <= set(op.input.model_fields)):
        given["region"] = {"near": "431181107", "far": "431122100"}[side]
    return given if _valid(op, given) else {**{name: it for name, it in shown.items() if not _links(it)}, **given}


def row_of(model: type[Record], sides: Sides, side: str) -> Record:
    """The row of one kind on one side."""
    return next(row for row in getattr(sides, side).values() if type(row) is model)


def _stands_for(model: type[Record], name: str) -> bool:
    """Whether a row is named by what it is the only one of: a grid's profile by its grid."""
    column = next((column for column in model._meta.concrete_fields if column.name == name), None)
    return column is not None and column.is_relation and column.unique


def _resource(info: FieldInfo) -> object:
    """The kind of record that an input field says it names."""
    extra = info.json_schema_extra
    return extra.get("resource") if isinstance(extra, dict) else None


def _valid(op: Operation[Any, Any], given: dict[str, Any]) -> bool:
    try:
        op.input.model_validate(given)
    except ValidationError:
        return False
    return True


def _links(sample: object) -> bool:
    return "$" in str(sample)


def _bare(annotation: Any) -> Any:
    if get_origin(annotation) in (Union, types.UnionType):
        return next(part for part in get_args(annotation) if part is not type(None))
    return annotation


def _value(name: str, info: FieldInfo, sides: Sides, side: str, shown: object = None) -> Any:
    annotation = _bare(info.annotation)
    rules: dict[str, Any] = {}
    for rule in info.metadata:
        rules |= {key: getattr(rule, key) for key in ("ge", "le", "min_length", "pattern") if hasattr(rule, key)}
    if get_origin(annotation) is Literal:
        return get_args(annotation)[0]
    if annotation is UUID:
        rows = getattr(sides, side)
        row = rows.get(_resource(info)) or next(
            (row for row in rows.values() if shown == f"${type(row).__name__}"), None
        )
        row = row or next((row for key, row in rows.items() if key.endswith(f".{name}")), None)
        return str((row or sides.second[side]).pk)
    if annotation is bool:
        return True
    if annotation in (int, float, Decimal):
        return rules.get("ge") or 1
    if annotation is datetime:
        return timezone.now().isoformat()
    if annotation is date:
        return timezone.localdate().isoformat()
    if get_origin(annotation) is list:
        return []
    if get_origin(annotation) is dict:
        return {}
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return {
            key: _value(key, inner, sides, side)
            for key, inner in annotation.model_fields.items()
            if inner.is_required()
        }
    if rules.get("pattern"):
        return "431181107" if "d{" in str(rules["pattern"]) else "level"
    return "测试" + "文" * max(0, rules.get("min_length") or 0)

"""Fields as rows of a table: those of pydantic models (inputs, outputs, events) and those of records."""

from __future__ import annotations

import types
from collections.abc import Iterator
from datetime import date, datetime
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin
from uuid import UUID

from django.db import models
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from yongzhou.core.data import codes
from yongzhou.core.data.guard import resource_name
from yongzhou.core.data.record import Record
from yongzhou.core.data.spec import spec_of
from yongzhou.house.reference.markdown import code, plain

_SIMPLE: Final = {
    str: "text",
    int: "integer",
    float: "number",
    bool: "true/false",
    datetime: "time",
    date: "day",
    UUID: "id",
    type(None): "null",
}
_CHECKS: Final = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<", "min_length": "length ≥", "max_length": "length ≤"}
MANY: Final = 12  # codes shown of a list before it is cut


def model_rows(model: type[BaseModel], known: dict[type[Record], str] | None = None) -> Iterator[tuple[str, ...]]:
    """(field, title, type, required, limits) of each field of a pydantic model."""
    for name, info in model.model_fields.items():
        needed = "是 yes" if info.is_required() else f"否 no{_default(info)}"
        yield code(name), plain(info.title or ""), kind(info.annotation), needed, _limits(info)


def kind(annotation: Any) -> str:
    """A type in plain words: `text`, `number`, `list of id`, `one of a, b`."""
    if annotation in _SIMPLE:
        return _SIMPLE[annotation]
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return kind(arguments[0])
    if origin is Literal:
        return "one of " + ", ".join(code(value) for value in arguments)
    if origin in (Union, types.UnionType):
        return " or ".join(dict.fromkeys(kind(each) for each in arguments))
    if origin in (list, tuple, set, frozenset):
        inner = dict.fromkeys(kind(each) for each in arguments if each is not Ellipsis)
        return f"list of {', '.join(inner)}" if inner else "list"
    if origin is dict or annotation is dict:
        return "object"
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        inner_fields = ", ".join(annotation.model_fields)
        return f"object ({inner_fields})"
    return getattr(annotation, "__name__", "any")


def record_rows(model: type[Record]) -> Iterator[tuple[str, ...]]:
    """(field, label, kind, unit, code list, grade, personal) of each field of a record, inherited ones too."""
    for field in model._meta.concrete_fields:
        spec = spec_of(field)
        if field.one_to_one or not spec.label:
            continue
        words = spec.kind
        if isinstance(field, models.ForeignKey) and issubclass(field.related_model, Record):
            words = f"link to {code(resource_name(field.related_model))}"
        unit = code(spec.unit) if spec.unit not in (None, "1") else ""
        yield (
            code(field.name),
            plain(spec.label),
            words,
            unit,
            code_list(spec.codes),
            str(spec.grade),
            spec.personal or "",
        )


def code_list(name: str | None) -> str:
    """The codes of a list with their labels, cut after `MANY`; its name where a standard holds it."""
    if not name:
        return ""
    known = list(codes.options(name).items())
    shown = "、".join(f"{key} {label}" for key, label in known[:MANY])
    return f"{code(name)}:{shown}{' …' if len(known) > MANY else ''}" if known else code(name)


def _default(info: FieldInfo) -> str:
    value = info.default
    return "" if value is None or value == "" or info.default_factory is not None else f",{code(value)}"


def _limits(info: FieldInfo) -> str:
    found = []
    for item in info.metadata:
        found += [
            f"{sign} {getattr(item, name)}" for name, sign in _CHECKS.items() if getattr(item, name, None) is not None
        ]
        if (pattern := getattr(item, "pattern", None)) is not None:
            found.append(code(pattern))
    return ", ".join(found)

"""An operation's input as form controls: from its pydantic schema to what a person fills in, and back."""

from __future__ import annotations

import types
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal, Union, get_args, get_origin
from uuid import UUID

from django.http import HttpRequest
from django.utils import timezone
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from yongzhou.core.data import codes
from yongzhou.core.data.actor import Actor
from yongzhou.core.data.files import FileRefused, keep_photo
from yongzhou.core.data.present import called
from yongzhou.core.data.record import Record
from yongzhou.core.data.registry import records
from yongzhou.core.operations.problem import Problem

MAX_OPTIONS = 200


@dataclass
class Control:
    """One control of a form."""

    name: str
    label: str
    kind: Literal[
        "text", "long", "number", "whole", "flag", "when", "day", "choice", "record", "photos", "facts", "hidden"
    ]
    required: bool
    value: Any = ""
    help: str = ""
    options: list[tuple[str, str]] = field(default_factory=list)
    low: float | None = None
    high: float | None = None
    max_length: int | None = None
    error: str = ""
    text: str = ""  # what a hidden record is called


def controls(schema: type[BaseModel], who: Actor, given: Mapping[str, Any], on: type[Record] | None) -> list[Control]:
    """The controls of a schema with the values given so far."""
    return [_control(name, info, who, given.get(name), on) for name, info in schema.model_fields.items()]


def _control(name: str, info: FieldInfo, who: Actor, value: Any, on: type[Record] | None) -> Control:
    annotation, optional = _bare(info.annotation)
    extra = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
    control = Control(
        name=name,
        label=info.title or name,
        kind="text",
        required=info.is_required() and not optional,
        help=info.description or "",
        value=value if value is not None else _default(info),
    )
    for rule in info.metadata:
        control.low = getattr(rule, "ge", getattr(rule, "gt", control.low))
        control.high = getattr(rule, "le", getattr(rule, "lt", control.high))
        control.max_length = getattr(rule, "max_length", control.max_length)
    if get_origin(annotation) is Literal:
        list_name = str(extra.get("codes", ""))
        control.kind = "choice"
        control.options = [
            (str(option), codes.label(list_name, str(option)) if list_name else str(option))
            for option in get_args(annotation)
        ]
    elif annotation is bool and optional:  # neither yes nor no until somebody says so
        control.kind, control.options = "choice", [("true", "是"), ("false", "否")]
        control.value = {True: "true", False: "false"}.get(control.value, control.value)
    elif annotation is bool:
        control.kind = "flag"
    elif annotation is int:
        control.kind = "whole"
    elif annotation in (float, Decimal):
        control.kind = "number"
    elif annotation is datetime:
        control.kind = "when"
    elif annotation is date:
        control.kind = "day"
    elif annotation is UUID:
        _record_control(control, str(extra.get("resource", "")), who, on)
    elif get_origin(annotation) is list:
        control.kind = "photos" if "photo" in name or "file" in name else "facts"
    elif get_origin(annotation) is dict or annotation is dict:
        control.kind = "facts"
    elif extra.get("codes"):
        control.kind = "choice"
        control.options = list(codes.options(str(extra["codes"])).items())
    elif (control.max_length or 0) > 120 or extra.get("long"):
        control.kind = "long"
    return control


def _default(info: FieldInfo) -> Any:
    if info.is_required() or info.default_factory is not None:
        return ""
    return "" if info.default is None else info.default


def _bare(annotation: Any) -> tuple[Any, bool]:
    """The type without `| None`, and whether it had it."""
    if get_origin(annotation) in (Union, types.UnionType):
        parts = [part for part in get_args(annotation) if part is not type(None)]
        return parts[0], len(parts) < len(get_args(annotation))
    return annotation, False


def _record_control(control: Control, resource: str, who: Actor, on: type[Record] | None) -> None:
    """A choice among the rows that the person may see; a row given by address is fixed."""
    model = records().get(resource) or _target(control.name, on)
    if model is None:
        control.kind = "text"
        return
    if control.value:
        row = model.visible_to(who).filter(pk=key).first() if (key := _key(control.value)) else None
        if row is not None:
            control.kind, control.text = "hidden", called(row, who)
            return
    control.kind = "record"
    control.options = [(str(row.pk), called(row, who)) for row in model.visible_to(who).order_by("-pk")[:MAX_OPTIONS]]


def _key(value: Any) -> UUID | None:
    """The id that an address or a form gives; None for anything else."""
    try:
        return UUID(str(value))
    except ValueError:
        return None


def _target(name: str, on: type[Record] | None) -> type[Record] | None:
    """The record that a UUID field means: the operation's own, a link of it, or a record of that name."""
    if on is None:
        return next((model for key, model in records().items() if key.endswith(f".{name}")), None)
    if name in {"id", *(cls._meta.model_name for cls in (on, *on._meta.get_parent_list()))}:
        return on
    for column in on._meta.concrete_fields:
        if column.name == name and column.many_to_one:
            found: type[Record] | None = column.related_model  # type: ignore[assignment]
            return found
    return next((model for key, model in records().items() if key.endswith(f".{name}")), None)


def collect(request: HttpRequest, schema: type[BaseModel], *, only: Sequence[str] | None = None) -> dict[str, Any]:
    """What a form sent (for the fields of `only`), ready for the operation's own validation; photographs are kept."""
    given: dict[str, Any] = {}
    for name, info in schema.model_fields.items():
        if only is not None and name not in only:
            continue
        annotation, optional = _bare(info.annotation)
        if get_origin(annotation) is list:
            given[name] = _photos(request, name)
            if not given[name]:
                del given[name]
            continue
        raw = request.POST.get(name, "")
        if annotation is bool and not (optional and raw == ""):
            given[name] = raw in ("on", "true", "1")
        elif raw == "":
            continue
        elif annotation is datetime:
            given[name] = _instant(raw)
        else:
            given[name] = raw
    return given


def _photos(request: HttpRequest, name: str) -> list[dict[str, object]]:
    kept = []
    for upload in request.FILES.getlist(name)[:6]:
        try:
            kept.append(keep_photo(upload, name=upload.name or "照片").row())
        except FileRefused as error:
            raise Problem("photo", str(error), field=name, status=413 if "MB" in str(error) else 422) from error
    return kept


def _instant(raw: str) -> Any:
    try:
        moment = datetime.fromisoformat(raw)
    except ValueError:
        return raw
    return moment if moment.tzinfo else timezone.make_aware(moment)

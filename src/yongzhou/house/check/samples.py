"""`samples.yaml`: one example of each record and operation, in the values that people type; `$Name` is a link.

Records stand under their class name, operations under their verb; `$Name` or `$verb.field` stands for a record made
before. A record whose fields all carry a sample of their own need not be listed. The examples feed forms, API pages
and tests, so each must pass the checks of its fields or of its input model.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import Enum
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import yaml
from django.core.exceptions import ValidationError as FieldError
from django.db import models
from pydantic import BaseModel, ValidationError

from yongzhou.core.data import codes
from yongzhou.core.data.record import Record
from yongzhou.core.data.registry import records
from yongzhou.core.data.spec import spec_of
from yongzhou.core.operations.generic import inputs
from yongzhou.core.operations.registry import Operation, operations
from yongzhou.house.check.finding import Finding, Tree

RULE: Final = "samples"
PLACE: Final = UUID("01900000-0000-7000-8000-000000000001")  # stands for a linked record
_CLOSED: Final = {"link", "ref", "personal", "attachments", "geometry"}  # not judged by the field itself


def check(tree: Tree) -> Iterator[Finding]:
    """Yield records and operations without a sample, and samples that do not pass."""
    for folder in tree.systems:
        path = folder / "samples.yaml"
        if path.exists():
            yield from faults(path, tree.name(path), folder.name)


def faults(path: Path, name: str, system: str) -> Iterator[Finding]:
    """What is wrong with one file."""
    try:
        given = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except yaml.YAMLError as error:
        yield Finding(RULE, name, f"读不懂:{error}", "按 YAML 改正")
        return
    own_records, own_operations = parts_of(system)
    needed = {key for key, model in own_records.items() if not has_own_samples(model)} | set(own_operations)
    for key in sorted(needed - set(given)):
        yield Finding(RULE, name, f"没有 {key} 的样例", f"补一行 {key}: {{字段: 值}}")
    all_records = {model.__name__: model for model in records().values()} | own_records  # kernel nouns may be shown too
    for key, values in given.items():
        if not isinstance(values, Mapping):
            yield Finding(RULE, name, f"{key} 应为字段与值的表", "例:FloodWarning: {level: move}")
        elif key in all_records:
            yield from (_finding(name, key, text) for text in _record_faults(all_records[key], values))
        elif key in own_operations:
            yield from (_finding(name, key, text) for text in _operation_faults(own_operations[key], values))
        else:
            yield Finding(
                RULE, name, f"{key} 不是本系统的记录或操作", "用模型类名(如 FloodWarning)或操作动词(如 raise_warning)"
            )


def parts_of(system: str) -> tuple[dict[str, type[Record]], dict[str, Operation[Any, Any]]]:
    """Records by class name and operations by verb of one system."""
    return (
        {model.__name__: model for model in records().values() if model._meta.app_label == system},
        {op.name.partition(".")[2]: op for op in operations().values() if op.system == system},
    )


def has_own_samples(model: type[Record]) -> bool:
    """Whether each field that must be filled in carries a sample, or links to another record."""
    return all(
        field.blank or field.null or field.has_default() or field.is_relation or spec_of(field).sample not in (None, "")
        for field in inputs(model).values()
    )


def draft(system: str) -> str:
    """A samples file from the samples of the fields; what cannot be guessed is left for a person."""
    own_records, own_operations = parts_of(system)
    rows: dict[str, dict[str, object]] = {}
    for name, model in own_records.items():
        if has_own_samples(model):
            continue
        fields = {
            key: field
            for key, field in inputs(model).items()
            if spec_of(field).sample not in (None, "", []) or field.is_relation
        }
        rows[name] = {key: _plain(field) for key, field in fields.items()}
    for name, op in own_operations.items():
        rows[name] = {key: _guess(info, op) for key, info in op.input.model_fields.items() if info.is_required()}
    return yaml.safe_dump(rows, allow_unicode=True, sort_keys=False, default_flow_style=None, width=120)


def _finding(name: str, key: str, text: str) -> Finding:
    return Finding(RULE, name, f"{key}:{text}", "改成用户真会填的值")


def _record_faults(model: type[Record], values: Mapping[str, object]) -> Iterator[str]:
    known = inputs(model)
    columns = {field.name for field in model._meta.concrete_fields}
    for key in values:
        if key not in columns:
            yield f"没有字段 {key}"
    for key, field in known.items():
        spec = spec_of(field)
        if key not in values:
            if not field.blank and not field.has_default() and not field.null:
                yield f"缺字段 {key}({spec.label})"
            continue
        value = values[key]
        if spec.kind in _CLOSED or value is None:
            continue
        try:
            field.clean(value, None)
        except FieldError as error:
            yield f"{key} = {value!r} 不对:{'、'.join(error.messages)}"
        listed = codes.options(spec.codes) if spec.codes else {}
        if spec.kind == "coded" and listed and value and str(value) not in listed:
            yield f"{key} 没有代码 {value}"


def _operation_faults(op: Operation[Any, Any], values: Mapping[str, object]) -> Iterator[str]:
    try:
        op.input.model_validate({key: _linked(value) for key, value in values.items()})
    except ValidationError as error:
        for fault in error.errors():
            yield f"{'.'.join(map(str, fault['loc']))} 不对:{fault['msg']}"


def _linked(value: object) -> object:
    if isinstance(value, str) and value.startswith("$"):
        return PLACE
    if isinstance(value, list):
        return [_linked(item) for item in value]
    return value


def _plain(field: models.Field[Any, Any]) -> object:
    if field.is_relation and field.related_model is not None:
        return f"${getattr(field.related_model, '__name__', field.name)}"
    sample = spec_of(field).sample
    return sample if isinstance(sample, str | int | float | bool | list | dict) else str(sample)


def _guess(info: Any, op: Operation[Any, Any]) -> object:
    if info.examples:
        return info.examples[0]
    kind = info.annotation
    if kind is UUID:
        return f"${op.on.__name__}" if op.on is not None else "$Record"
    if isinstance(kind, type) and issubclass(kind, Enum):
        return next(iter(kind)).value
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return {}
    arguments = getattr(kind, "__args__", ())
    if arguments and isinstance(arguments[0], str):  # Literal
        return arguments[0]
    return {int: 1, float: 1.0, bool: True, str: "样例"}.get(kind, "样例")

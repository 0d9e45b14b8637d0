"""What the cells of an imported row mean: labels become codes, names become records, a key says which row it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import models

from yongzhou.core.data import codes
from yongzhou.core.data.actor import Actor
from yongzhou.core.data.house import declaration
from yongzhou.core.data.record import Record
from yongzhou.core.data.spec import spec_of
from yongzhou.core.operations.generic import inputs
from yongzhou.core.operations.problem import Problem

Row = tuple[int, tuple[str, ...]]  # line number, cells


def unique(model: type[Record]) -> str | None:
    """The column by which a row is the same row again."""
    return next(
        (
            column.name
            for column in model._meta.concrete_fields
            if column.unique and not column.primary_key and column.editable
        ),
        None,
    )


def key_of(model: type[Record], given: dict[str, str]) -> str | None:
    """The value of that column, None where the record has none."""
    name = unique(model)
    return given.get(name) if name else None


def known_keys(model: type[Record], fields: Sequence[str | None], chunk: list[Row]) -> set[str]:
    """The keys among these rows that are there already."""
    name = unique(model)
    if name is None or name not in fields:
        return set()
    at = list(fields).index(name)
    wanted = [cells[at] for _, cells in chunk if at < len(cells)]
    return {
        str(value) for value in model._default_manager.filter(**{f"{name}__in": wanted}).values_list(name, flat=True)
    }


def decoded(
    model: type[Record], given: dict[str, str], links: dict[tuple[str, str], UUID | Problem], actor: Actor
) -> dict[str, Any]:
    """Field values of a row; links are looked up once (`links`). Raises `Problem` for a link that is not one record."""
    values: dict[str, Any] = dict(given)
    for name, column in inputs(model).items():
        if name not in values:
            continue
        spec, text = spec_of(column), given[name]
        if spec.kind == "coded" and spec.codes:
            values[name] = next((code for code, label in codes.options(spec.codes).items() if label == text), text)
        elif spec.kind == "flag":
            values[name] = text in ("是", "1", "true", "True", "TRUE", "√")
        elif spec.kind == "link" and isinstance(column, models.ForeignKey):
            if (name, text) not in links:
                links[name, text] = _linked(column, text, name, actor)
            found = links[name, text]
            if isinstance(found, Problem):
                raise found.with_traceback(None)
            values[name] = found
        elif spec.kind in ("number", "count", "money"):
            values[name] = text.replace(",", "").replace("，", "")
    return values


def _linked(column: models.ForeignKey[Any, Any], text: str, name: str, actor: Actor) -> UUID | Problem:
    """The one record of this code or name among those that the importer may see: no row is tied to a hidden one."""
    target: Any = column.related_model
    for by in ("code", "name"):
        if any(field.name == by for field in target._meta.concrete_fields):
            found = list(target.visible_to(actor).filter(**{by: text}).values_list("pk", flat=True)[:2])
            if len(found) == 1:
                key: UUID = found[0]
                return key
    title = declaration(target).title
    return Problem("link", f"没有找到唯一的「{text}」", field=name, remedy=f"请填您能看到的{title}的编码，或先登记它")

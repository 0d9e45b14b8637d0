"""Create and change a plain record: derived operations for every record that declares `api = "write"`."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any, Final
from uuid import UUID

from django.db import models
from pydantic import BaseModel, ConfigDict, Field, create_model

from yongzhou.core.data.house import declaration
from yongzhou.core.data.record import Record
from yongzhou.core.data.spec import spec_of
from yongzhou.core.operations.context import Context
from yongzhou.core.operations.problem import Problem
from yongzhou.core.operations.registry import Operation

_TYPES: Final[dict[str, Any]] = {
    "text": str,
    "long": str,
    "region": str,
    "coded": str,
    "personal": str,
    "number": float,
    "count": int,
    "money": Decimal,
    "when": datetime,
    "day": date,
    "flag": bool,
    "facts": dict[str, Any],
    "ref": UUID,
    "link": UUID,
    "attachments": list[dict[str, Any]],
}


class Written(BaseModel):
    """The record that was written, with its new version."""

    id: UUID
    row_version: int


def must_be_writable(model: type[Record]) -> None:
    """405 for a record that changes by its own operations only (`api` is not "write"), whatever rights somebody has."""
    own = declaration(model)
    if own.api != "write":
        raise Problem(
            "read_only", f"{own.title}只能通过专门的操作改变", status=405, remedy="见 /developer/ 里这个系统的操作"
        )


def inputs(model: type[Record]) -> dict[str, models.Field[Any, Any]]:
    """The columns that people fill in."""
    return {
        field.name: field
        for field in model._meta.concrete_fields
        if field.editable and spec_of(field).kind in _TYPES and not spec_of(field).technical
    }


@cache
def create(model: type[Record]) -> Operation[Any, Written]:
    """The operation that adds one record."""

    def function(ctx: Context, data: Any) -> Written:
        row = model(**values_of(model, data.model_dump(exclude_unset=True)))
        ctx.save(row)
        _inside(ctx, model, row)
        return Written(id=row.pk, row_version=row.row_version)

    function.__doc__ = f"Add one record: {declaration(model).title}."
    return Operation(
        name=f"{model._meta.app_label}.create_{model._meta.model_name}",
        title=f"新建{declaration(model).title}",
        on=model,
        action="create",
        function=function,
        input=_schema(model, new=True),
        output=Written,
    )


@cache
def change(model: type[Record]) -> Operation[Any, Written]:
    """The operation that changes some fields of one record, at the version that the editor saw."""

    def function(ctx: Context, data: Any) -> Written:
        row = ctx.get(model, data.id)
        ctx.expect(row, data.row_version)
        for name, value in values_of(model, data.model_dump(exclude_unset=True, exclude={"id", "row_version"})).items():
            setattr(row, name, value)
        ctx.save(row)
        _inside(ctx, model, row)
        return Written(id=row.pk, row_version=row.row_version)

    function.__doc__ = f"Change one record: {declaration(model).title}."
    return Operation(
        name=f"{model._meta.app_label}.change_{model._meta.model_name}",
        title=f"修改{declaration(model).title}",
        on=model,
        action="change",
        function=function,
        input=_schema(model, new=False),
        output=Written,
    )


def _inside(ctx: Context, model: type[Record], row: Record) -> None:
    """What somebody writes must lie where he may write: a row cannot be pushed out of, or into, another's scope."""
    if not model.visible_to(ctx.actor, ctx.action).filter(pk=row.pk).exists():
        raise outside()


def outside() -> Problem:
    """403: somebody would write where he may not."""
    return Problem("forbidden", "这条记录会落在您的授权范围之外", status=403, remedy="请检查所在地区与单位")


def values_of(model: type[Record], given: dict[str, Any]) -> dict[str, Any]:
    """Input by field name to arguments of the model."""
    fields = inputs(model)
    return {fields[name].attname: value for name, value in given.items()}


def _schema(model: type[Record], *, new: bool) -> type[BaseModel]:
    columns: dict[str, Any] = {}
    for name, field in inputs(model).items():
        spec = spec_of(field)
        kind: Any = _TYPES[spec.kind]
        if field.null:
            kind = kind | None
        required = new and not field.blank and not field.has_default()
        text = kind is str
        columns[name] = (
            kind if required else kind | None if field.null else kind,
            Field(
                ... if required else None,
                title=spec.label,
                description=spec.help or None,
                max_length=field.max_length if text else None,
            ),
        )
    if not new:
        columns |= {"id": (UUID, Field(title="编号")), "row_version": (int, Field(title="版本", ge=1))}
    return create_model(
        f"{'New' if new else 'Changed'}{model.__name__}", __config__=ConfigDict(extra="forbid"), **columns
    )

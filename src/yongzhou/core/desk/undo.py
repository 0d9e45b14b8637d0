"""Undo: by the inverse that an operation names, or, for plain edits, by the history; only if nothing changed since."""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from typing import Any, Final
from uuid import UUID

from django.db import models, transaction
from django.db.models import ProtectedError
from django.utils import timezone
from pydantic import BaseModel, ConfigDict, Field

from yongzhou.core.crypto.identity import uuid7
from yongzhou.core.data.actor import Actor
from yongzhou.core.data.guard import resource_name
from yongzhou.core.data.history import changes
from yongzhou.core.data.house import declaration
from yongzhou.core.data.personal import Personal
from yongzhou.core.data.record import Record
from yongzhou.core.data.registry import records
from yongzhou.core.desk.bulk import subject_of
from yongzhou.core.desk.models import Undoable
from yongzhou.core.operations.context import Context
from yongzhou.core.operations.generic import change, create, inputs
from yongzhou.core.operations.problem import Problem, not_found
from yongzhou.core.operations.registry import Operation, find
from yongzhou.core.operations.run import Result, run

KEEP: Final = timedelta(hours=24)


def remember(actor: Actor, op: Operation[Any, Any], op_id: UUID | None, row: Record | None) -> UUID | None:
    """Note that an operation on a row may be taken back; its id, or None where there is no way back."""
    if row is None or op_id is None or not _reversible(op, type(row)):
        return None
    Undoable.objects.create(
        op_id=op_id,
        operation=op.name,
        inverse=op.inverse,
        resource=resource_name(type(row)),
        record=row.pk,
        version=row.row_version,
        person=actor.id,
        at=timezone.now(),
    )
    return op_id


def _reversible(op: Operation[Any, Any], model: type[Record]) -> bool:
    if op.inverse:
        return find(op.inverse) is not None
    return declaration(model).api == "write" and op in (create(model), change(model))


def open_undo(actor: Actor, row: Record) -> UUID | None:
    """The operation on a row that this person may take back now; None for none."""
    entry = (
        Undoable.objects.filter(
            record=row.pk,
            resource=resource_name(type(row)),
            person=actor.id,
            version=row.row_version,
            undone_at__isnull=True,
            at__gt=timezone.now() - KEEP,
        )
        .order_by("-at")
        .first()
    )
    return entry.op_id if entry is not None else None


def undo(actor: Actor, op_id: UUID) -> tuple[str, Record | None]:
    """Take an operation back; gives its resource, and the row unless it is gone with it.

    Raises `Problem` 404 for an operation that this person did not do, 409 when it was undone before or is too old,
    412 when the row has changed since, and what the inverse itself refuses.
    """
    with transaction.atomic():
        entry = Undoable.objects.select_for_update().filter(pk=op_id, person=actor.id).first()
        if entry is None:
            raise not_found("可撤销的操作")
        if entry.undone_at is not None:
            raise Problem("conflict", "这一步已经撤销过了", status=409)
        if entry.at < timezone.now() - KEEP:
            raise Problem("conflict", "超过一天的操作不能撤销", status=409, remedy="请到记录里改")
        model = records()[entry.resource]
        row = model.visible_to(actor).filter(pk=entry.record).first()
        if row is None:
            raise not_found(declaration(model).title)
        if row.row_version != entry.version:
            raise Problem("stale", "之后又有人改过，不能撤销", status=412, remedy="请看过历史，再到记录里改")
        _invert(actor, entry, model, row)
        entry.undone_at = timezone.now()
        entry.save(update_fields=["undone_at"])
    return entry.resource, model.visible_to(actor).filter(pk=entry.record).first()


def _invert(actor: Actor, entry: Undoable, model: type[Record], row: Record) -> Result:
    context = Context(actor=actor, now=timezone.now(), op_id=uuid7(), notes={"undoes": str(entry.op_id)})
    if entry.inverse:
        op = find(entry.inverse)
        subject = subject_of(op, model) if op is not None else None
        if op is None or subject is None:
            raise Problem("not_found", "这个操作的反操作已经没有了", status=404)
        data: dict[str, Any] = {subject: row.pk}
        if "row_version" in op.input.model_fields:
            data["row_version"] = row.row_version
        return run(op, actor, data, door="form", context=context)
    target = {"id": row.pk, "row_version": row.row_version}
    if entry.operation == create(model).name:
        return run(take_back(model), actor, target, door="form", context=context)
    return run(change(model), actor, {**target, **_before(entry, model, row)}, door="form", context=context)


def _before(entry: Undoable, model: type[Record], row: Record) -> dict[str, Any]:
    """What the operation overwrote, as the input of a change."""
    lines = [line for line in changes(row, limit=20) if line["op_id"] == entry.op_id]
    if not lines:
        raise Problem("conflict", "历史里没有这一步以前的值，不能撤销", status=409, remedy="请到记录里改")
    before = {column: value for line in lines for column, value in line["before"].items()}
    fields = {field.column: (name, field) for name, field in inputs(model).items()}
    return {name: _clear(field, before[column]) for column, (name, field) in fields.items() if column in before}


def _clear(field: models.Field[Any, Any], value: Any) -> Any:
    if isinstance(field, Personal):
        sealed = field.from_db_value(value)
        return sealed.open() if sealed else ""
    return value


class Taken(BaseModel):
    """A record that is taken back, at the version that was created."""

    model_config = ConfigDict(extra="forbid")

    id: UUID = Field(title="编号")
    row_version: int = Field(title="版本", ge=1)


class Gone(BaseModel):
    """What is gone."""

    id: UUID


@cache
def take_back(model: type[Record]) -> Operation[Taken, Gone]:
    """The inverse of creating a plain record: it goes again, if nothing points to it; its history stays."""

    def function(ctx: Context, data: Taken) -> Gone:
        row = ctx.get(model, data.id)
        ctx.expect(row, data.row_version)
        try:
            row.delete()
        except ProtectedError as error:
            raise Problem(
                "conflict", "已有别的记录用到它，不能撤销", status=409, remedy="先改掉那些记录，或把它停用"
            ) from error
        return Gone(id=data.id)

    function.__doc__ = f"Take back one record just created: {declaration(model).title}."
    return Operation(
        name=f"{model._meta.app_label}.take_back_{model._meta.model_name}",
        title=f"撤销新建{declaration(model).title}",
        on=model,
        action="create",
        function=function,
        input=Taken,
        output=Gone,
    )

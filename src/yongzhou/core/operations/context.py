"""What an operation works with: who, when, guarded rows, events; everything it does is one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from itertools import islice
from random import Random
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import IntegrityError

from yongzhou.core.bus.events import Event
from yongzhou.core.data import codes
from yongzhou.core.data.actor import Actor
from yongzhou.core.data.house import declaration
from yongzhou.core.data.record import Record
from yongzhou.core.data.spec import spec_of
from yongzhou.core.operations.problem import Problem, not_found

if TYPE_CHECKING:
    from yongzhou.core.operations.jobs import JobHandle

R = TypeVar("R", bound=Record)
T = TypeVar("T")


@dataclass
class Context:
    """The one argument beside the input. `now` is the platform clock; nothing inside calls a clock of its own."""

    actor: Actor
    now: datetime
    op_id: UUID
    purpose: str | None = None
    action: str = "read"
    events: list[Event] = field(default_factory=list)
    saved: list[Record] = field(default_factory=list)
    notes: dict[str, Any] = field(default_factory=dict)  # goes into the audit line
    job: JobHandle | None = None

    @cached_property
    def rng(self) -> Random:
        """Chance of this operation's own."""
        return Random()

    def get(self, model: type[R], id: UUID, *, lock: bool = True, action: str | None = None) -> R:
        """The row, if this actor may act on it; 404 if he may not even see it, 403 if only that; locked by default."""
        rows = model.visible_to(self.actor, action or self.action)
        if lock:
            # the parent's row too: its state may change while we wait for the child's
            links = [link.name for link in model._meta.parents.values() if link is not None]
            rows = rows.select_for_update(of=("self", *links))
        row = rows.filter(pk=id).first()
        if row is None:
            if action is None and self.action != "read" and model.visible_to(self.actor).filter(pk=id).exists():
                title = declaration(model).title
                raise Problem(
                    "forbidden", f"您可以查看这条{title}，但不能办理这一步", status=403, remedy="请联系主办单位"
                )
            raise not_found(declaration(model).title)
        return row

    def save(self, *rows: Record) -> None:
        """Validate and write rows; each change of an existing row raises its version."""
        for row in rows:
            check(row)
            if not row._state.adding:
                row.row_version += 1
            try:
                row.save()
            except IntegrityError as error:
                raise Problem(
                    "conflict", f"{declaration(type(row)).title}已存在或正被引用", status=409, remedy="请刷新后再试"
                ) from error
            self.saved.append(row)

    def expect(self, row: Record, version: int | None) -> None:
        """412 unless the row still has the version that the editor saw."""
        if version is not None and row.row_version != version:
            raise Problem("stale", "这条记录刚被别人修改过", status=412, remedy="请刷新，看过对方的修改后再提交")

    def emit(self, event: Event) -> None:
        """Publish a fact when, and only when, this transaction commits."""
        self.events.append(event)

    def chunks(self, items: Iterable[T], size: int = 1000) -> Iterator[list[T]]:
        """Work through many items: in a job each chunk is its own transaction with progress, cancel and resume."""
        if self.job is not None:
            yield from self.job.chunks(self, items, size)
            return
        rest = iter(items)
        while chunk := list(islice(rest, size)):
            yield chunk


def check(row: Record) -> None:
    """Fields and codes of a row, without a query; `Problem` 422 names each that does not hold."""
    try:
        row.clean_fields(exclude=[field.name for field in row._meta.concrete_fields if not field.editable])
    except ValidationError as error:
        lines = [
            {"field": name, "message": "；".join(messages), "remedy": ""}
            for name, messages in error.message_dict.items()
        ]
        raise Problem("invalid", f"请检查：{'、'.join(line['field'] for line in lines)}", errors=lines) from error
    for column in row._meta.concrete_fields:
        spec = spec_of(column)
        value = getattr(row, column.attname)
        if (
            spec.kind == "coded"
            and spec.codes
            and value
            and (known := codes.options(spec.codes))
            and value not in known
        ):
            raise Problem(
                "invalid",
                f"「{spec.label}」没有代码 {value}",
                field=column.name,
                remedy=f"可选：{'、'.join(known.values())}",
            )

"""One operation for many rows: a job in which each row has its own right check, transaction, audit line and outcome."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from pydantic import JsonValue, ValidationError

from yongzhou.core.data.actor import Actor
from yongzhou.core.data.guard import resource_name
from yongzhou.core.data.house import declaration
from yongzhou.core.data.record import Record
from yongzhou.core.data.registry import records
from yongzhou.core.desk.models import Bulk, BulkRow
from yongzhou.core.jobs.models import JobRun
from yongzhou.core.jobs.queue import submit
from yongzhou.core.jobs.registry import Run
from yongzhou.core.operations.generic import change
from yongzhou.core.operations.keeping import opened, sealed
from yongzhou.core.operations.problem import Problem, forbidden, invalid
from yongzhou.core.operations.registry import Operation, find, operations
from yongzhou.core.operations.run import run as run_operation
from yongzhou.core.people.actors import actor_of

MOST: Final = 10_000  # rows of one bulk run
TELL_EVERY: Final = 20

log = logging.getLogger(__name__)


def subject_field(op: Operation[Any, Any], model: type[Record]) -> str | None:
    """The input field that names the row: the record's own name, or `id`."""
    names = {"id", *(cls._meta.model_name for cls in (model, *model._meta.get_parent_list()))}
    return next((field for field in op.input.model_fields if field in names), None)


def subject_of(op: Operation[Any, Any], model: type[Record]) -> str | None:
    """`subject_field` of a record or of the kernel noun that the operation is declared on."""
    return subject_field(op, model) or (subject_field(op, op.on) if op.on is not None else None)


def for_many(actor: Actor, model: type[Record]) -> list[Operation[Any, Any]]:
    """Operations that somebody may run over many rows of a record; what needs two persons goes one by one."""
    found = [
        op
        for op in operations().values()
        if op.on is not None
        and issubclass(model, op.on)
        and not op.two_persons
        and not op.job
        and op.open_to(actor)
        and subject_of(op, model) is not None
    ]
    if declaration(model).api == "write" and change(model).open_to(actor):
        found.append(change(model))
    return found


def named(name: str, resource: str) -> Operation[Any, Any] | None:
    """An operation by its name; the derived change of a record too."""
    model = records().get(resource)
    if model is not None and declaration(model).api == "write" and change(model).name == name:
        return change(model)
    return find(name)


def start(
    actor: Actor, op: Operation[Any, Any], model: type[Record], keys: Sequence[UUID], data: Mapping[str, Any]
) -> Bulk:
    """Queue a bulk run over rows, given in the order in which they shall be worked.

    `data` are the operation's other inputs; they are checked before anything is queued. Raises `Problem` 422 for none
    or more than 10,000 rows and for inputs that do not hold, 403 without any right to the operation.
    """
    subject = subject_of(op, model)
    if op not in for_many(actor, model) or subject is None:
        raise forbidden(f"「{op.title}」不能这样批量办理")
    if not keys:
        raise Problem("invalid", "没有选中任何一条", remedy="回到列表，勾选几条再办")
    if len(keys) > MOST:
        raise Problem("too_many", f"一次最多办 {MOST:,} 条", remedy="先用条件分成几批")
    versions: dict[UUID, int] = {}
    if "row_version" in op.input.model_fields:
        versions = dict(model.visible_to(actor).filter(pk__in=keys).values_list("pk", "row_version"))
    try:
        given = op.input.model_validate({**data, subject: keys[0], **({"row_version": 1} if versions else {})})
    except ValidationError as error:
        raise invalid(error) from None
    document = json.loads(given.model_dump_json(exclude_unset=True))
    document = {name: value for name, value in document.items() if name not in (subject, "row_version")}
    with transaction.atomic():
        bulk = Bulk.objects.create(
            person=actor.id,
            resource=resource_name(model),
            operation=op.name,
            subject=subject,
            data=sealed(document),
            at=timezone.now(),
        )
        BulkRow.objects.bulk_create(
            [BulkRow(bulk=bulk, record=key, version=versions.get(key)) for key in dict.fromkeys(keys)], batch_size=2000
        )
        bulk.job = submit("desk.bulk", {"bulk": str(bulk.pk)}, actor_id=actor.id, actor_name=actor.name)
        bulk.save(update_fields=["job"])
    return bulk


def again(actor: Actor, bulk: Bulk) -> Bulk:
    """The failed rows of a run once more, as a run of its own, at today's versions."""
    op, model = named(bulk.operation, bulk.resource), records()[bulk.resource]
    if op is None:
        raise Problem("not_found", "这个操作已经没有了", status=404)
    failed = bulk.rows.filter(state=BulkRow.State.FAILED).order_by("id").values_list("record", flat=True)
    return start(actor, op, model, list(failed), opened(bulk.data))


def own_bulk(actor: Actor, id: UUID) -> Bulk | None:
    """A run that this person started; None for any other."""
    return Bulk.objects.filter(pk=id, person=actor.id).first()


def job_of(bulk: Bulk) -> JobRun | None:
    """The job of a run."""
    return JobRun.objects.filter(pk=bulk.job).first() if bulk.job else None


def work(running: Run, given: dict[str, JsonValue]) -> JsonValue:
    """The job: rows that wait, one by one; a killed one goes on with the rows that still wait."""
    bulk = Bulk.objects.get(pk=UUID(str(given["bulk"])))
    op = named(bulk.operation, bulk.resource)
    if op is None:
        raise LookupError(f"没有操作 {bulk.operation}：所属系统未加载。")
    data, total = opened(bulk.data), bulk.rows.count()
    waiting = list(bulk.rows.filter(state=BulkRow.State.WAITING).order_by("id"))
    done = total - len(waiting)
    running.progress(done, total)
    for number, row in enumerate(waiting):
        if number % TELL_EVERY == 0:
            running.progress(done + number, total)  # raises where somebody cancelled
        _one(op, actor_of(bulk.person), bulk, row, data)
    running.progress(total, total)
    return {"failed": bulk.rows.filter(state=BulkRow.State.FAILED).count(), "total": total}


def _one(op: Operation[Any, Any], actor: Actor, bulk: Bulk, row: BulkRow, data: dict[str, Any]) -> None:
    values = {**data, bulk.subject: row.record}
    if row.version is not None:
        values["row_version"] = row.version
    try:
        run_operation(op, actor, values, door="job", key=f"{bulk.pk}:{row.record}")
    except Problem as problem:
        row.state = BulkRow.State.FAILED
        row.reason = "；".join(filter(None, (problem.title, problem.remedy)))[:500]
    except Exception:
        log.exception("bulk %s: row %s", bulk.pk, row.record)
        row.state, row.reason = BulkRow.State.FAILED, "系统出错，这一条没有改动；可以重试"
    else:
        row.state, row.reason = BulkRow.State.DONE, ""
    row.save(update_fields=["state", "reason"])

"""Sheets on their way in: kept sealed, mapped, tried without effect, then imported as a job that survives a kill."""

from __future__ import annotations

import os
from dataclasses import asdict
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from pydantic import JsonValue

from yongzhou.core.bus.models import Quarantine
from yongzhou.core.crypto import seal_bytes, unseal_bytes
from yongzhou.core.data.actor import Actor
from yongzhou.core.data.guard import resource_name
from yongzhou.core.data.record import Record
from yongzhou.core.data.registry import records
from yongzhou.core.data.sheets import Sheet, SheetRefused, read_sheet
from yongzhou.core.desk.choices import keep, kept
from yongzhou.core.desk.models import ImportDraft
from yongzhou.core.home import Home
from yongzhou.core.jobs.models import JobRun
from yongzhou.core.jobs.queue import submit
from yongzhou.core.jobs.registry import Run
from yongzhou.core.operations.generic import inputs
from yongzhou.core.operations.imports import ImportReport, checked_rows, guess, heads, import_file
from yongzhou.core.operations.problem import Problem
from yongzhou.core.people.actors import actor_of

KEEP: Final = timedelta(days=1)
SEEN: Final = 20  # rows of the preview
CONTEXT: Final = "core.desk.import"
JOB: Final = "desk.import"


def begin(actor: Actor, model: type[Record], name: str, data: bytes) -> ImportDraft:
    """Keep an uploaded sheet with a guessed mapping; `SheetRefused` for a file that is no table."""
    sheet = read_sheet(name, data, heads(model), strict=False)
    known = kept(actor.id, _source(model, sheet.heads))
    mapping = guess(model, sheet.heads, known if isinstance(known, dict) else None)  # type: ignore[arg-type]
    draft = ImportDraft(
        person=actor.id,
        resource=resource_name(model),
        name=name[:80],
        size=len(data),
        mapping=mapping,
        at=timezone.now(),
    )
    path = _path(draft.pk)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write(seal_bytes(data, CONTEXT))
    draft.save(force_insert=True)
    return draft


def own_draft(actor: Actor, id: UUID, model: type[Record]) -> ImportDraft | None:
    """A sheet that this person has brought; None for any other."""
    return ImportDraft.objects.filter(pk=id, person=actor.id, resource=resource_name(model)).first()


def sheet_of(draft: ImportDraft) -> Sheet:
    """The table; `SheetRefused` when its day is over."""
    return read_sheet(draft.name, _data(draft), draft.mapping or heads(records()[draft.resource]), strict=False)


def preview(draft: ImportDraft, actor: Actor) -> dict[str, Any]:
    """The heads with their fields, and the first rows with what is wrong in each cell."""
    model = records()[draft.resource]
    sheet = sheet_of(draft)
    rows = list(islice(sheet.rows, SEEN))
    fields = [draft.mapping.get(head) for head in sheet.heads]
    faults = checked_rows(model, actor, rows, fields) if draft.mapping else [{} for _ in rows]
    return {"heads": sheet.heads, "fields": fields, "rows": rows, "faults": faults}


def choose(draft: ImportDraft, actor: Actor, mapping: dict[str, str]) -> None:
    """Take a person's mapping, and keep it for the next sheet with these heads; `Problem` 422 where it cannot be."""
    model = records()[draft.resource]
    known = inputs(model)
    mapping = {head: name for head, name in mapping.items() if name in known}
    if len(set(mapping.values())) < len(mapping):
        raise Problem("invalid", "两列对到了同一个字段", remedy="每个字段只能选一列")
    missing = [
        str(column.verbose_name)
        for name, column in known.items()
        if not column.blank and not column.null and not column.has_default() and name not in mapping.values()
    ]
    if missing:
        raise Problem("invalid", f"必填的字段还没有对应的列：{'、'.join(missing)}", remedy="选好这些列再继续")
    draft.mapping, draft.report, draft.tried = mapping, None, None
    draft.save(update_fields=["mapping", "report", "tried"])
    keep(actor.id, _source(model, sheet_of(draft).heads), dict(mapping))


def submit_import(draft: ImportDraft, actor: Actor, *, dry: bool) -> UUID:
    """Queue the dry run or the import; `Problem` 409 for a sheet that was imported."""
    if draft.job is not None:
        raise Problem("conflict", "这个文件已经导入", status=409, remedy="要再导一次，请重新上传")
    with transaction.atomic():
        id = submit(JOB, {"draft": str(draft.pk), "dry": dry}, actor_id=actor.id, actor_name=actor.name)
        draft.tried, draft.job = (id, None) if dry else (draft.tried, id)
        draft.save(update_fields=["tried", "job"])
    return id


def job_of(draft: ImportDraft) -> JobRun | None:
    """The job of the import, else of the last dry run."""
    id = draft.job or draft.tried
    return JobRun.objects.filter(pk=id).first() if id else None


def work(running: Run, given: dict[str, JsonValue]) -> JsonValue:
    """The job: chunk by chunk with progress; a killed import goes on behind its last chunk."""
    draft = ImportDraft.objects.get(pk=UUID(str(given["draft"])))
    model, dry = records()[draft.resource], bool(given["dry"])
    before = running.resume()
    report = ImportReport(**before) if isinstance(before, dict) else ImportReport()  # type: ignore[arg-type]
    done = report.received

    def told(part: ImportReport) -> None:
        if not dry:
            running.checkpoint(asdict(_sum(report, part)))
        running.progress(done + part.received)

    part = import_file(
        model,
        actor_of(draft.person, fresh=True),
        draft.name,
        _data(draft),
        mapping=draft.mapping,
        dry=dry,
        skip=done,
        batch=str(draft.pk),
        chunk_done=told,
    )
    whole = asdict(_sum(report, part))
    ImportDraft.objects.filter(pk=draft.pk).update(report={**whole, "dry": dry})
    if not dry:
        _path(draft.pk).unlink(missing_ok=True)
    return {name: whole[name] for name in ("received", "accepted", "quarantined", "duplicate")}


def refused_rows(draft: ImportDraft) -> list[Quarantine]:
    """The rows of this person's import that wait in the quarantine, oldest first."""
    found = Quarantine.objects.filter(
        source=f"import.{draft.resource}", station=str(draft.pk), state__in=("open", "mended")
    )
    return list(found.order_by("id")[:500])


def forget_old() -> None:
    """Delete sheets whose day is over."""
    old = ImportDraft.objects.filter(at__lt=timezone.now() - KEEP)
    for id in list(old.values_list("pk", flat=True)):
        _path(id).unlink(missing_ok=True)
    old.filter(job__isnull=True).delete()


def _sum(one: ImportReport, other: ImportReport) -> ImportReport:
    return ImportReport(
        received=one.received + other.received,
        accepted=one.accepted + other.accepted,
        quarantined=one.quarantined + other.quarantined,
        duplicate=one.duplicate + other.duplicate,
        problems=[*one.problems, *other.problems][:50],
    )


def _source(model: type[Record], sheet_heads: tuple[str, ...]) -> str:
    """The name under which the mapping of sheets with these heads is kept."""
    import hashlib

    mark = hashlib.sha256("\x1f".join(sheet_heads).encode()).hexdigest()[:24]
    return f"import:{resource_name(model)}:{mark}"


def _path(id: UUID) -> Path:
    return Home.here().data / "imports" / str(id)


def _data(draft: ImportDraft) -> bytes:
    path = _path(draft.pk)
    if not path.exists():
        raise SheetRefused("这个文件已经导入或过期（保留一天）；请重新上传")
    return unseal_bytes(path.read_text(encoding="ascii"), CONTEXT)

"""Import rows of a record: good rows in, each bad row aside with line, column and reason; again is harmless.

Invariant: received = accepted + quarantined + duplicate.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final
from uuid import UUID

from django.db import DataError, IntegrityError, transaction
from pydantic import BaseModel, ValidationError

from yongzhou.core.bus.models import Quarantine
from yongzhou.core.bus.quarantine import CONTEXT, quarantine, replay_handler
from yongzhou.core.crypto import unseal_bytes
from yongzhou.core.data.actor import Actor
from yongzhou.core.data.bulk import copy_in
from yongzhou.core.data.guard import resource_name
from yongzhou.core.data.personal import scrub
from yongzhou.core.data.record import Record
from yongzhou.core.data.registry import records
from yongzhou.core.data.sheets import read_sheet
from yongzhou.core.data.spec import spec_of
from yongzhou.core.operations.cells import Row, decoded, key_of, known_keys
from yongzhou.core.operations.context import check
from yongzhou.core.operations.generic import create, inputs, outside, values_of
from yongzhou.core.operations.problem import Problem, forbidden, invalid
from yongzhou.core.operations.run import run
from yongzhou.core.people.actors import actor_of

CHUNK: Final = 2000
SHOWN: Final = 50


@dataclass
class ImportReport:
    """What became of the rows; `problems` are the first 50 bad ones."""

    received: int = 0
    accepted: int = 0
    quarantined: int = 0
    duplicate: int = 0
    problems: list[dict[str, str]] = field(default_factory=list)


def heads(model: type[Record]) -> dict[str, str]:
    """Chinese label and field name of each column that can be imported, to the field's name."""
    return {word: name for name, column in inputs(model).items() for word in (spec_of(column).label, name) if word}


def guess(model: type[Record], sheet_heads: Sequence[str], known: Mapping[str, str] | None = None) -> dict[str, str]:
    """The field of each head: as it was last time (`known`), else by label or name; heads without one are left out."""
    by_head = {_fold(word): name for word, name in heads(model).items()}
    columns = inputs(model)
    found: dict[str, str] = {}
    for head in sheet_heads:
        name = (known or {}).get(head, by_head.get(_fold(head), ""))
        if head and name in columns and name not in found.values():
            found[head] = name
    return found


def import_file(
    model: type[Record],
    actor: Actor,
    name: str,
    data: bytes,
    *,
    mapping: Mapping[str, str] | None = None,
    dry: bool = False,
    skip: int = 0,
    batch: str = "",
    chunk_done: Callable[[ImportReport], None] | None = None,
) -> ImportReport:
    """Import a csv or xlsx for an actor who may create this record.

    `mapping` says which head is which field (default: by label or name); `skip` rows were taken by an earlier try;
    `batch` is the key by which the refused rows are found again; `chunk_done` is called inside each chunk's
    transaction. A `dry` run does everything and undoes it.
    Raises `Problem` 403 without that right and `SheetRefused` for a file that is no table.
    """
    op = create(model)
    if not op.open_to(actor):
        raise forbidden(f"没有「{op.title}」的权限")
    sheet = read_sheet(name, data, list(mapping) if mapping else heads(model))
    chosen = dict(mapping) if mapping is not None else guess(model, sheet.heads)
    fields = [chosen.get(head) for head in sheet.heads]
    reading = _Reading(model, actor, name, batch)
    try:
        with transaction.atomic() if dry else nullcontext():
            for chunk in _chunks(islice(sheet.rows, skip, None)):
                with transaction.atomic():
                    reading.take(fields, chunk)
                    if chunk_done is not None:
                        chunk_done(reading.report)
            if dry:
                raise _UndoError
    except _UndoError:
        pass
    return reading.report


def checked_rows(
    model: type[Record], actor: Actor, rows: Iterable[Row], fields: Sequence[str | None]
) -> list[dict[str, str]]:
    """What is wrong with each row of a preview: field name to message ("" for the whole row); nothing is written."""
    reading, found = _Reading(model, actor, ""), []
    for number, cells in rows:
        given = {field: cell for field, cell in zip(fields, cells, strict=False) if field and cell}
        try:
            reading.checked(number, given)
        except Problem as problem:
            lines = problem.errors or [{"field": "", "message": problem.title}]
            found.append({str(line["field"]): str(line["message"]) for line in lines})
        else:
            found.append({})
    return found


class _UndoError(Exception):
    """Rolls a dry run back."""


@dataclass(frozen=True, slots=True)
class _Line:
    """One sound row: its line number, its cells, the values of its columns."""

    number: int
    given: dict[str, str]
    id: UUID
    values: dict[str, Any]


class _OutsideError(Exception):
    """Some rows of a batch lie outside the importer's scope; they undo the batch."""

    def __init__(self, ids: set[UUID]) -> None:
        super().__init__()
        self.ids = ids


class _Reading:
    """One import under way: each row is checked alone, the sound ones of a chunk are stored as one batch."""

    def __init__(self, model: type[Record], actor: Actor, name: str, batch: str = "") -> None:
        self.model, self.actor, self.name, self.batch = model, actor, name, batch
        self.op = create(model)
        self.links: dict[tuple[str, str], UUID | Problem] = {}
        self.report = ImportReport()

    def take(self, fields: Sequence[str | None], chunk: list[Row]) -> None:
        """One chunk of rows."""
        known = known_keys(self.model, fields, chunk)
        sound: list[_Line] = []
        for number, cells in chunk:
            self.report.received += 1
            given = {field: cell for field, cell in zip(fields, cells, strict=False) if field and cell}
            key = key_of(self.model, given)
            if key is not None and key in known:
                self.report.duplicate += 1
                continue
            try:
                sound.append(self.checked(number, given))
            except Problem as problem:
                self.aside(number, given, problem)
            else:
                if key is not None:
                    known.add(key)
        self.store(sound)

    def checked(self, number: int, given: dict[str, str]) -> _Line:
        """The row as it would be stored; `Problem` 422 names what is wrong."""
        try:
            data = self.op.input.model_validate(decoded(self.model, given, self.links, self.actor))
        except ValidationError as error:
            raise invalid(error) from None  # its text quotes the row
        row = self.model(**values_of(self.model, data.model_dump(exclude_unset=True)))
        check(row)
        values = {field.attname: getattr(row, field.attname) for field in inputs(self.model).values()}
        return _Line(number, given, row.id, {**values, "id": row.id})  # pk is empty before a child is saved

    def store(self, lines: list[_Line]) -> None:
        """COPY a batch; rows outside the importer's scope go aside; a batch that is disturbed is stored row by row."""
        while lines:
            try:
                with transaction.atomic():
                    rows = [line.values for line in lines]
                    source = scrub(f"import {self.name}")[:100]
                    copy_in(self.model, rows, actor=self.actor, origin="measured", source=source)
                    ids = {line.id for line in lines}
                    seen = self.model.visible_to(self.actor, self.op.action).filter(pk__in=ids)
                    if hidden := ids - set(seen.values_list("pk", flat=True)):
                        raise _OutsideError(hidden)
            except _OutsideError as found:
                for line in lines:
                    if line.id in found.ids:
                        self.aside(line.number, line.given, outside())
                lines = [line for line in lines if line.id not in found.ids]
            except (IntegrityError, DataError):
                self._one_by_one(lines)
                return
            else:
                self.report.accepted += len(lines)
                return

    def _one_by_one(self, lines: list[_Line]) -> None:
        for line in lines:
            try:
                run(self.op, self.actor, decoded(self.model, line.given, self.links, self.actor), door="house")
            except Problem as problem:
                self.aside(line.number, line.given, problem)
            else:
                self.report.accepted += 1

    def aside(self, number: int, given: dict[str, str], problem: Problem) -> None:
        """Put one row into the quarantine with line, column and reason."""
        self.report.quarantined += 1
        _aside(self.model, self.actor, self.name, self.batch, number, given, problem, self.report)


def _fold(text: str) -> str:
    return "".join(text.split()).replace("（", "(").partition("(")[0].lower()


def _chunks(rows: Iterator[Row]) -> Iterator[list[Row]]:
    chunk: list[Row] = []
    for row in rows:
        chunk.append(row)
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _aside(
    model: type[Record],
    actor: Actor,
    name: str,
    batch: str,
    number: int,
    given: dict[str, str],
    problem: Problem,
    report: ImportReport,
) -> None:
    labels = {field: spec_of(column).label for field, column in inputs(model).items()}
    lines = problem.errors or [{"field": "", "message": problem.title}]
    reason = "；".join(
        f"『{labels.get(str(line['field']), line['field'] or '整行')}』{line['message']}" for line in lines
    )
    reason, where = scrub(reason), scrub(f"{name} 第 {number} 行")  # a cell in the wrong column may be a person's
    payload = {"resource": resource_name(model), "actor": str(actor.id), "row": given}
    quarantine(
        f"import.{resource_name(model)}",
        json.dumps(payload, ensure_ascii=False, indent=1).encode(),
        reason=reason,
        where=where,
        replay="import.row",
        station=batch,
    )
    if len(report.problems) < SHOWN:
        report.problems.append({"where": where, "reason": reason})


class _Payload(BaseModel):
    resource: str
    actor: UUID
    row: dict[str, str]


@replay_handler("import.row")
def replay_row(payload: bytes, row: Quarantine) -> None:
    """Take one mended row in again, for the person who had imported it."""
    try:
        given = _Payload.model_validate_json(payload)
        # whoever mends a row mends its cells only: for whom and into what it goes is what the import said
        first = _Payload.model_validate_json(unseal_bytes(row.payload, CONTEXT))
    except ValidationError as error:
        raise invalid(error) from None  # its text quotes the row
    model, actor = records()[first.resource], actor_of(first.actor, fresh=True)
    try:
        run(create(model), actor, decoded(model, given.row, {}, actor), door="house")
    except Problem as problem:  # its words are kept with the row
        raise Problem(problem.code, scrub(problem.title), status=problem.status) from None

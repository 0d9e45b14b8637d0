"""What a list shows, as csv or xlsx: the same guard, the same masks, no cell that starts a formula; streamed."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any, Final

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from openpyxl import Workbook
from openpyxl.styles import Font

from yongzhou.core.audit.lines import append
from yongzhou.core.data.fields import spec_of
from yongzhou.core.data.guard import resource_name
from yongzhou.core.data.house import declaration
from yongzhou.core.data.present import cell, present
from yongzhou.core.data.query import query
from yongzhou.core.data.record import Record
from yongzhou.core.operations.problem import Problem
from yongzhou.portals.gate.middleware import actor
from yongzhou.portals.workbench.access import model_of, must_read, staff

ROWS: Final = 100_000
XLSX_ROWS: Final = 20_000


@staff
def export(request: HttpRequest, app: str, name: str, form: str) -> HttpResponseBase:
    """All rows of the filtered list, up to 100,000 (csv) or 20,000 (xlsx)."""
    model, who = model_of(app, name), actor(request)
    must_read(who, model)
    if form not in ("csv", "xlsx"):
        raise Problem("not_found", "只能导出 csv 或 xlsx", status=404)
    asked = query(model, who, request.GET.dict())
    names = tuple(
        column.name
        for column in model._meta.concrete_fields
        if column.editable
        and not column.one_to_one
        and spec_of(column).kind not in ("geometry", "facts", "attachments")
    )
    fields = {column.name: spec_of(column) for column in model._meta.concrete_fields}
    heads = [fields[column].label or column for column in names]
    order = f"{'-' if asked.descending else ''}{asked.sort}"
    related = [column for column in names if model._meta.get_field(column).many_to_one]
    found = asked.rows.select_related(*related).order_by(order)[: ROWS if form == "csv" else XLSX_ROWS]
    append(
        actor=who,
        verb="core.export",
        resource=resource_name(model),
        record_id=None,
        purpose=None,
        outcome="done",
        door="form",
        detail={"form": form, "words": _words(model, request)},
    )

    def lines() -> Iterator[list[str]]:
        for row in found.iterator(chunk_size=1000):
            shown = present(row, who, names=names)
            yield [cell(shown[column]) for column in names]

    title = declaration(model).title
    if form == "csv":
        response: HttpResponseBase = StreamingHttpResponse(_csv(heads, lines()), content_type="text/csv; charset=utf-8")
    else:
        response = HttpResponse(
            _xlsx(title, heads, lines()),
            content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        )
    response["Content-Disposition"] = f'attachment; filename="{model._meta.model_name}.{form}"'
    return response


def _words(model: type[Record], request: HttpRequest) -> str:
    """The words of the list for the audit; what was asked of a personal column is not repeated there."""
    words = request.GET.copy()
    personal = {column.name for column in model._meta.concrete_fields if spec_of(column).personal}
    for word in words:
        if word.partition("__")[0] in personal or word == "q":
            words[word] = "****"
    return words.urlencode()[:300]


def _csv(heads: list[str], lines: Iterator[list[str]]) -> Iterator[bytes]:
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    yield b"\xef\xbb\xbf"  # spreadsheets take UTF-8 only with this mark
    writer.writerow(heads)
    for number, line in enumerate(lines):
        writer.writerow(line)
        if number % 500 == 499:
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode()


def _xlsx(title: str, heads: list[str], lines: Iterator[list[str]]) -> bytes:
    book = Workbook(write_only=True)
    sheet: Any = book.create_sheet(title[:30])
    from openpyxl.cell import WriteOnlyCell

    head = []
    for text in heads:
        bold = WriteOnlyCell(sheet, value=text)
        bold.font = Font(bold=True)
        head.append(bold)
    sheet.append(head)
    for line in lines:
        sheet.append(line)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()

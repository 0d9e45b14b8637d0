"""What a list shows, as csv, xlsx, parquet or geojson: the same guard, the same masks, bounded, noted in the audit."""

from __future__ import annotations

import csv
import io
import json
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from typing import Any, Final

from django.db.models import QuerySet
from django.http import FileResponse, HttpRequest, HttpResponse, QueryDict, StreamingHttpResponse
from django.http.response import HttpResponseBase

from yongzhou.core.audit.lines import append
from yongzhou.core.data.actor import Actor
from yongzhou.core.data.guard import resource_name
from yongzhou.core.data.house import declaration
from yongzhou.core.data.present import Shown, cell, present_many
from yongzhou.core.data.query import query
from yongzhou.core.data.record import Record
from yongzhou.core.data.spec import Spec, spec_of
from yongzhou.core.operations.problem import Problem
from yongzhou.portals.gate.middleware import actor
from yongzhou.portals.workbench.access import model_of, must_read, staff
from yongzhou.portals.workbench.filters import plain

ROWS: Final = {"csv": 100_000, "xlsx": 20_000, "parquet": 100_000, "geojson": 50_000}
AT_ONCE: Final = 1_000
_NEVER: Final = ("geometry", "facts", "attachments")
Line = dict[str, Shown]


@dataclass(frozen=True, slots=True)
class _Sheet:
    """What is exported: rows not yet fetched, columns with what they mean."""

    model: type[Record]
    who: Actor
    rows: QuerySet[Any]
    specs: dict[str, Spec]
    most: int

    @property
    def heads(self) -> list[str]:
        """Labels of the columns."""
        return [spec.label or name for name, spec in self.specs.items()]

    def batches(self, *more: str) -> Iterator[list[Line]]:
        """The rows as this person may see them, a thousand at once."""
        found = self.rows[: self.most].iterator(chunk_size=AT_ONCE)
        while some := list(islice(found, AT_ONCE)):
            yield present_many(some, self.who, names=(*self.specs, *more))

    def lines(self) -> Iterator[list[str]]:
        """Each row as cells of text."""
        for batch in self.batches():
            for shown in batch:
                yield [cell(shown[name]) for name in self.specs]


@staff
def export(request: HttpRequest, app: str, name: str, form: str) -> HttpResponseBase:
    """All rows of the filtered list, up to the form's bound."""
    model, who = model_of(app, name), actor(request)
    must_read(who, model)
    if form not in ROWS or (form == "geojson" and not declaration(model).map):
        raise Problem("not_found", "只能导出 csv、xlsx、parquet；有位置的还能导出 geojson", status=404)
    sheet = _sheet(model, who, request.GET, form)
    append(
        actor=who,
        verb="core.export",
        resource=resource_name(model),
        record_id=None,
        purpose=None,
        outcome="done",
        door="form",
        detail={"form": form, "words": _words(model, request.GET)},
    )
    response = _FORMS[form](sheet)
    response["Content-Disposition"] = f'attachment; filename="{model._meta.model_name}.{form}"'
    return response


def _sheet(model: type[Record], who: Actor, words: QueryDict, form: str) -> _Sheet:
    asked = query(model, who, plain(words))
    specs = {
        column.name: spec_of(column)
        for column in model._meta.concrete_fields
        if column.editable and not column.one_to_one and spec_of(column).kind not in _NEVER
    }
    if wanted := [path for path in words.get("cols", "").split(",") if path in specs]:
        specs = {path: specs[path] for path in wanted}
    related = [path for path in specs if model._meta.get_field(path).many_to_one]
    sign = "-" if asked.descending else ""
    rows = asked.rows.select_related(*related).order_by(f"{sign}{asked.sort}", f"{sign}pk")
    return _Sheet(model, who, rows, specs, ROWS[form])


def _words(model: type[Record], given: QueryDict) -> str:
    """The words of the list for the audit; what was asked of a personal column is not repeated there."""
    words = given.copy()
    personal = {column.name for column in model._meta.concrete_fields if spec_of(column).personal}
    for word in words:
        if word.partition("__")[0] in personal or word == "q":
            words[word] = "****"
    return words.urlencode()[:300]


def _csv(sheet: _Sheet) -> HttpResponseBase:
    def text() -> Iterator[bytes]:
        buffer = io.StringIO()
        writer = csv.writer(buffer)
        yield b"\xef\xbb\xbf"  # spreadsheets take UTF-8 only with this mark
        writer.writerow(sheet.heads)
        for number, line in enumerate(sheet.lines()):
            writer.writerow(line)
            if number % 500 == 499:
                yield buffer.getvalue().encode()
                buffer.seek(0)
                buffer.truncate()
        yield buffer.getvalue().encode()

    return StreamingHttpResponse(text(), content_type="text/csv; charset=utf-8")


def _xlsx(sheet: _Sheet) -> HttpResponseBase:
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font

    book = Workbook(write_only=True)
    page: Any = book.create_sheet(declaration(sheet.model).title[:30])
    head = []
    for text in sheet.heads:
        bold = WriteOnlyCell(page, value=text)
        bold.font = Font(bold=True)
        head.append(bold)
    page.append(head)
    for line in sheet.lines():
        page.append(line)
    out = io.BytesIO()
    book.save(out)
    return HttpResponse(
        out.getvalue(), content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    )


def _parquet(sheet: _Sheet) -> HttpResponseBase:
    """Typed columns; a masked number, time or flag is null, a masked text is its mask. Labels lie in the metadata."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    kinds: dict[str, pa.DataType] = {
        "number": pa.float64(),
        "count": pa.int64(),
        "money": pa.decimal128(16, 2),
        "when": pa.timestamp("us", tz="UTC"),
        "day": pa.date32(),
        "flag": pa.bool_(),
    }
    fields = [
        pa.field(name, kinds.get(spec.kind, pa.string()), metadata={"label": spec.label, "unit": spec.unit or ""})
        for name, spec in sheet.specs.items()
    ]
    schema = pa.schema(fields, metadata={"title": declaration(sheet.model).title})
    file = tempfile.TemporaryFile(prefix="yz-export-")  # noqa: SIM115 - the response closes it
    with pq.ParquetWriter(file, schema, compression="zstd") as writer:
        for batch in sheet.batches():
            arrays = [
                pa.array([_typed(shown[field.name]) for shown in batch], type=field.type)
                for field in schema
            ]  # fmt: skip
            writer.write_batch(pa.record_batch(arrays, schema=schema))
    file.seek(0)
    return FileResponse(file, content_type="application/vnd.apache.parquet")


def _typed(shown: Shown) -> bool | int | float | Decimal | datetime | date | str | None:
    if shown.spec.kind in ("number", "count", "money", "when", "day", "flag"):
        value: bool | int | float | Decimal | datetime | date | None = shown.value
        return value
    if shown.spec.kind == "coded" and not shown.masked:
        return None if shown.value is None else str(shown.value)
    return shown.text or None


def _geojson(sheet: _Sheet) -> HttpResponseBase:
    """RFC 7946; longitude and latitude as stored (CGCS2000, within centimetres of WGS 84); no place where masked."""
    import shapely

    own = declaration(sheet.model)
    place = own.map or ""

    def text() -> Iterator[bytes]:
        yield b'{"type":"FeatureCollection","features":['
        between = b""
        for batch in sheet.batches(place):
            drawn = [shown[place].value for shown in batch]
            shapes = shapely.to_geojson(shapely.from_wkb([None if wkb is None else bytes(wkb) for wkb in drawn]))
            out = []
            for shown, shape in zip(batch, shapes, strict=True):
                properties = {spec.label or name: shown[name].text or None for name, spec in sheet.specs.items()}
                body = json.dumps(properties, ensure_ascii=False)
                out.append(f'{{"type":"Feature","geometry":{shape or "null"},"properties":{body}}}'.encode())
            yield between + b",\n".join(out)
            between = b",\n"
        yield b"]}"

    return StreamingHttpResponse(text(), content_type="application/geo+json")


_FORMS: Final[dict[str, Callable[[_Sheet], HttpResponseBase]]] = {
    "csv": _csv,
    "xlsx": _xlsx,
    "parquet": _parquet,
    "geojson": _geojson,
}

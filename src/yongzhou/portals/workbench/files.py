"""Kept photographs, only to somebody who may see a record that carries them."""

from __future__ import annotations

from uuid import UUID

from django.http import FileResponse, HttpRequest, HttpResponseBase

from yongzhou.core.data.fields import Attachments
from yongzhou.core.data.files import path_of
from yongzhou.core.data.record import Record
from yongzhou.core.operations.problem import not_found
from yongzhou.portals.gate.middleware import actor
from yongzhou.portals.workbench.access import model_of, one, staff


@staff
def photo(request: HttpRequest, app: str, name: str, id: UUID, sha256: str) -> HttpResponseBase:
    """One photograph of one record (or of one of its steps)."""
    row: Record = one(actor(request), model_of(app, name), id)
    held = {
        item.get("sha256")
        for field in row._meta.concrete_fields
        if isinstance(field, Attachments)
        for item in getattr(row, field.name) or []
    }
    if sha256 not in held or not path_of(sha256).exists():
        raise not_found("照片")
    response = FileResponse(path_of(sha256).open("rb"), content_type="image/jpeg")
    response["Cache-Control"] = "private, max-age=3600"
    response["Content-Security-Policy"] = "default-src 'none'"
    return response

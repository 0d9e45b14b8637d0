"""Take back what was just done, from the toast or from the record's history."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from yongzhou.core.desk.undo import undo
from yongzhou.portals.gate.middleware import actor
from yongzhou.portals.workbench.access import staff


@require_POST
@staff
def take_back(request: HttpRequest, id: UUID) -> HttpResponse:
    """Undo one operation of this person, then show the record, or its list where the record is gone with it."""
    resource, row = undo(actor(request), id)
    messages.success(request, "已撤销")
    return redirect(row.get_absolute_url() if row is not None else f"/desk/{resource.replace('.', '/')}/")

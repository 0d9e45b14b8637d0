"""Pages of the daily and weekly report: the shelf, and one report as a document that can be printed."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from yongzhou.core.data.codes import label
from yongzhou.core.operations.problem import not_found
from yongzhou.core.pages import actor_of, reads
from yongzhou.systems.governance.city_operations.models import OperationReport
from yongzhou.systems.governance.city_operations.operations.reporting import digest


@reads(OperationReport)
def shelf(request: HttpRequest) -> HttpResponse:
    """运行报告: daily and weekly reports, the newest first."""
    who = actor_of(request)
    kind = "weekly" if request.GET.get("kind") == "weekly" else "daily"
    rows = OperationReport.visible_to(who).filter(kind=kind).order_by("-starts", "-issue")[:60]
    context = {
        "kind": kind,
        "rows": [{"row": row, "state": label("report state", row.state)} for row in rows],
        "may": bool(who.lines("report", "city_operations.operationreport")),
        "live_ticket_url": "/desk/live-ticket",
    }
    return render(request, "city_operations/reports.html", context)


@reads(OperationReport)
def report(request: HttpRequest, id: UUID) -> HttpResponse:
    """One report."""
    who = actor_of(request)
    row = OperationReport.visible_to(who).select_related("replaces").filter(pk=id).first()
    if row is None:
        raise not_found("运行报告")
    acts = {name: bool(who.lines(name, "city_operations.operationreport")) for name in ("report", "sign")}
    context = {
        "row": row,
        "state": label("report state", row.state),
        "kind": label("report kind", row.kind),
        "sections": row.content.get("sections", []),
        "whole": row.digest == "" or digest(row) == row.digest,
        "acts": acts,
        "live_ticket_url": "/desk/live-ticket",
    }
    return render(request, "city_operations/report.html", context)


urlpatterns = [path("reports/", shelf), path("operationreport/<uuid:id>/", report)]

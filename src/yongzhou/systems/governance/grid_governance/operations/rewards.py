"""Points for whoever reported what proved true."""

from __future__ import annotations

from typing import Final

from django.db.models import Q

from yongzhou.core.operations.context import Context
from yongzhou.systems.governance.grid_governance.models import Event, PointsEntry, Report

REPORT_POINTS: Final = 5  # house proposal (待核)


def reward_reporters(ctx: Context, event: Event) -> None:
    """Points for everybody who reported a matter that proved true, once."""
    reports = Report.objects.filter(Q(event=event) | Q(event__parent=event), reporter__isnull=False, door="citizen")
    have = set(PointsEntry.objects.filter(event=event).values_list("person", flat=True))
    for person in {row.reporter for row in reports.select_related("reporter") if row.reporter_id not in have}:
        if person is not None:
            row = PointsEntry(person=person, region=person.region or event.region[:6], points=REPORT_POINTS, at=ctx.now)
            row.reason, row.event, row.origin = f"上报属实：{event.title}"[:120], event, event.origin
            ctx.save(row)

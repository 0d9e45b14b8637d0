"""The alarms desk: what is open, who saw it, was it true."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from yongzhou.core.pages import actor_of, reads
from yongzhou.core.things.models import Datastream, Latest
from yongzhou.engines.telemetry.models import Alarm
from yongzhou.systems.foundation.iot_sensing import operations
from yongzhou.systems.foundation.iot_sensing.models import AlarmHandling
from yongzhou.systems.foundation.iot_sensing.pages.guards import carry_out

PAGE: Final = 200


@reads(Alarm)
def alarms(request: HttpRequest) -> HttpResponse:
    """The alarms desk: open alarms, gravest and oldest first; those of the last day that are over."""
    actor = actor_of(request)
    show = request.GET.get("show", "open")
    rows = Alarm.visible_to(actor).select_related("rule", "thing")
    rows = rows.filter(cleared_at__isnull=False) if show == "cleared" else rows.filter(cleared_at__isnull=True)
    found = list(
        rows.order_by("-cleared_at")[:PAGE] if show == "cleared" else rows.order_by("level", "raised_at")[:PAGE]
    )
    handled = {
        row.alarm_id: row
        for row in AlarmHandling.objects.filter(alarm__in=[alarm.pk for alarm in found]).select_related(
            "judged_by", "acknowledged_by"
        )
    }
    now = {row.datastream: row for row in Latest.objects.filter(datastream__in=[alarm.datastream for alarm in found])}
    units = dict(
        Datastream.objects.filter(number__in=[alarm.datastream for alarm in found]).values_list("number", "unit")
    )
    return render(
        request,
        "iot_sensing/alarms.html",
        {
            "rows": [
                {
                    "alarm": alarm,
                    "handling": handled.get(alarm.pk),
                    "now": now.get(alarm.datastream),
                    "unit": units.get(alarm.datastream, ""),
                }
                for alarm in found
            ],
            "show": show,
            "unseen": sum(alarm.pk not in handled for alarm in found) if show == "open" else 0,
            "may_judge": operations.judge_alarm.open_to(actor),
            "may_acknowledge": operations.acknowledge_alarm.open_to(actor),
        },
    )


@reads(Alarm)
def acknowledge(request: HttpRequest, id: UUID) -> HttpResponse:
    """POST: note that this person has seen an alarm, then back to the desk."""
    return carry_out(request, operations.acknowledge_alarm, {"alarm": id}, "/desk/iot_sensing/alarms/", "已确认")

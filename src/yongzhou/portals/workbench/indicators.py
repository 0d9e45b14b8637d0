"""Indicators: the list, and each number opened down to definition, readings and rows."""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone

from yongzhou.core.catalogue.resources import resources
from yongzhou.core.data.actor import Actor
from yongzhou.core.indicators.definition import Indicator, indicators
from yongzhou.core.indicators.figures import by_region, series, value, values
from yongzhou.core.indicators.models import Run
from yongzhou.core.operations.problem import forbidden, not_found
from yongzhou.core.places.models import Place
from yongzhou.portals.gate.middleware import actor
from yongzhou.portals.workbench.access import staff


@staff
def listing(request: HttpRequest) -> HttpResponse:
    """All indicators that the person may see, with their last value."""
    figures = list(values(open_to(actor(request))).values())
    return render(request, "workbench/indicators.html", {"figures": figures})


def open_to(who: Actor) -> list[str]:
    """Names of the indicators of which somebody may read every resource that they are computed from."""
    return [
        name for name, indicator in indicators().items()
        if all(who.lines("read", resource) for resource in indicator.resources) and who.grants
    ]  # fmt: skip


def _found(who: Actor, name: str) -> Indicator:
    if name not in indicators():
        raise not_found("指标")
    if name not in open_to(who):
        raise forbidden("这个指标所用的数据不在您的权限之内")
    return indicators()[name]


@staff
def one(request: HttpRequest, name: str) -> HttpResponse:
    """One indicator: the number, its course, by county, its SQL, what it reads, its rows."""
    indicator = _found(actor(request), name)
    names = dict(Place.objects.filter(kind="county").values_list("code", "name"))
    counties = [
        {"code": code, "name": names.get(code, code), "value": number, "origin": origin}
        for code, (number, origin) in sorted(by_region(name).items(), key=lambda item: -(item[1][0] or 0))
    ]
    context = {
        "figure": value(name),
        "indicator": indicator,
        "counties": counties,
        "reads": [resources()[resource] for resource in indicator.resources if resource in resources()],
        "run": Run.objects.filter(indicator=name).first(),
    }
    return render(request, "workbench/indicator.html", context)


@staff
def data(request: HttpRequest, name: str) -> HttpResponse:
    """The course of an indicator as chart data."""
    indicator = _found(actor(request), name)
    asked = request.GET.get("hours", "")
    hours = min(int(asked) or 48, 24 * 400) if asked.isdecimal() and len(asked) < 6 else 48
    end = timezone.now() + timedelta(seconds=1)
    points, origin = series(
        name, end - timedelta(hours=hours), end, region=request.GET.get("region", "4311")[:16].replace("\0", "")
    )
    limits = [{"name": "目标", "value": indicator.target}] if indicator.target is not None else []
    return JsonResponse(
        {
            "series": [
                {
                    "name": indicator.title,
                    "unit": indicator.unit,
                    "kind": "line",
                    "points": [[at.isoformat(), number] for at, number in points],
                }
            ],
            "limits": limits,
            "origin": origin,
        }
    )

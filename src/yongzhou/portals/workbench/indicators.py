"""Indicators: the list, and each number opened down to definition, readings and rows."""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone

from yongzhou.core.catalogue.resources import resources
from yongzhou.core.indicators.definition import indicators
from yongzhou.core.indicators.figures import by_region, series, value, values
from yongzhou.core.indicators.models import Run
from yongzhou.core.operations.problem import not_found
from yongzhou.core.places.models import Place
from yongzhou.portals.workbench.access import staff
from yongzhou.portals.workbench.nav import page_context


@staff
def listing(request: HttpRequest) -> HttpResponse:
    """All indicators with their last value."""
    return render(
        request, "workbench/indicators.html", {**page_context(request), "figures": list(values(indicators()).values())}
    )


@staff
def one(request: HttpRequest, name: str) -> HttpResponse:
    """One indicator: the number, its course, by county, its SQL, what it reads, its rows."""
    indicator = indicators().get(name)
    if indicator is None:
        raise not_found("指标")
    names = dict(Place.objects.filter(kind="county").values_list("code", "name"))
    counties = [
        {"code": code, "name": names.get(code, code), "value": number, "origin": origin}
        for code, (number, origin) in sorted(by_region(name).items(), key=lambda item: -(item[1][0] or 0))
    ]
    context = {
        **page_context(request),
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
    indicator = indicators().get(name)
    if indicator is None:
        raise not_found("指标")
    hours = min(int(request.GET.get("hours", "0")) or 48, 24 * 400) if request.GET.get("hours", "0").isdigit() else 48
    end = timezone.now() + timedelta(seconds=1)
    points, origin = series(name, end - timedelta(hours=hours), end, region=request.GET.get("region", "4311")[:16])
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

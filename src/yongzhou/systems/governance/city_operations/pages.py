"""Own pages: one map of the state with its reasons, the six domains in a table, and the system's further pages."""

from __future__ import annotations

from datetime import datetime
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone

from yongzhou.core.data.actor import Actor
from yongzhou.core.pages import View, actor_of, moment_of, reads
from yongzhou.core.places.models import Place
from yongzhou.systems.governance.city_operations import (
    advice_page,
    anomaly_desk,
    districts,
    map_tools,
    report_page,
    state,
    what_if,
)
from yongzhou.systems.governance.city_operations.models import DOMAINS, SEVERITIES, StateVector
from yongzhou.systems.governance.city_operations.operations.federating import SOURCES

CITY = "4311"


def _guarded(view: View) -> View:
    """Allowed to read the state; the view gets who asks and of which moment."""

    @reads(StateVector)
    def asked(request: HttpRequest) -> HttpResponse:
        return view(request, actor_of(request), moment_of(request))

    return wraps(view)(asked)


def _last(who: Actor, at: datetime, **only: Any) -> list[StateVector]:
    """The state that stood at an instant, one row a place and domain; one query."""
    rows = StateVector.visible_to(who).filter(at__lte=at, **only)
    return list(rows.order_by("region", "domain", "-at").distinct("region", "domain"))


def _shown(row: StateVector | None, domain: str) -> dict[str, Any]:
    """One state as the templates show it."""
    severity = int(row.severity) if row is not None else -1
    return {
        "domain": domain,
        "title": DOMAINS[domain],
        "source": SOURCES[domain],
        "row": row,
        "score": row.score if row is not None else None,
        "level": state.level_of(severity),
        "word": SEVERITIES[str(severity)],
        "confidence": row.confidence if row is not None else 0,
        "reasons": [
            {
                **reason,
                "text": "缺数"
                if reason["value"] is None
                else f"{reason['value']:,.{reason['digits']}f} {reason['unit']}",
            }
            for reason in (row.reasons if row is not None else [])
        ],
    }


def _chosen(request: HttpRequest) -> tuple[str, str]:
    region, domain = request.GET.get("region", CITY)[:12], request.GET.get("domain", "safety")
    return region, domain if domain in DOMAINS else "safety"


def _places(county: str = "") -> dict[str, str]:
    """City and counties, or a county and its towns."""
    rows = Place.objects.filter(valid_to__isnull=True)
    if county:
        rows = rows.filter(kind__in=("county", "town"), code__startswith=county)
    else:
        rows = rows.filter(kind__in=("city", "county"), code__startswith=CITY)
    return dict(rows.order_by("code").values_list("code", "name"))


def _county(region: str) -> str:
    """The county whose towns are shown beside a place; "" for the whole city."""
    return region[:6] if len(region) >= 6 else ""


@_guarded
def index(request: HttpRequest, who: Actor, at: datetime | None) -> HttpResponse:
    """态势一张图: counties coloured by the score of one domain, the reasons of one place beside it."""
    region, domain = _chosen(request)
    county = _county(region)
    names = _places(county)
    context = {
        "county": county,
        "county_name": names.get(county, ""),
        "domains": [{"code": code, "title": title, "current": code == domain} for code, title in DOMAINS.items()],
        "domain": domain,
        "domain_title": DOMAINS[domain],
        "places": [{"code": code, "name": name, "current": code == region} for code, name in names.items()],
        "region_code": region,
        "moment": at,
        "live_ticket_url": "/desk/live-ticket",
        **_reasons(who, region, domain, at, names),
    }
    return render(request, "city_operations/map.html", context)


@_guarded
def reasons(request: HttpRequest, who: Actor, at: datetime | None) -> HttpResponse:
    """The reasons of one place and domain at a moment."""
    region, domain = _chosen(request)
    return render(request, "city_operations/_reasons.html", _reasons(who, region, domain, at, _places(_county(region))))


def _reasons(who: Actor, region: str, domain: str, at: datetime | None, names: dict[str, str]) -> dict[str, Any]:
    moment = at or timezone.now()
    rows = {row.domain: row for row in _last(who, moment, region=region)}
    return {
        "place": names.get(region, region),
        "region_code": region,
        "states": [_shown(rows.get(code), code) for code in DOMAINS],
        "chosen": _shown(rows.get(domain), domain),
        "now": moment,
    }


@_guarded
def values(request: HttpRequest, who: Actor, at: datetime | None) -> HttpResponse:
    """Score in one domain at a moment, for the map: of the counties, or of the towns of `?county=`."""
    _, domain = _chosen(request)
    county = request.GET.get("county", "")[:6]
    rows = _last(who, at or timezone.now(), domain=domain, region__in=list(_places(county)))
    return JsonResponse({"values": {row.region: round(row.score) for row in rows if row.score is not None}})


@_guarded
def domains(request: HttpRequest, who: Actor, at: datetime | None) -> HttpResponse:
    """综合运行管理: all places by the six domains, and the reasons of the chosen place, domain by domain."""
    region, domain = _chosen(request)
    moment, names = at or timezone.now(), _places(_county(region))
    last = {(row.region, row.domain): row for row in _last(who, moment, region__in=list(names))}
    matrix = [
        {
            "code": code,
            "name": name,
            "current": code == region,
            "cells": [_shown(last.get((code, one)), one) for one in DOMAINS],
        }
        for code, name in names.items()
    ]
    matrix.sort(key=lambda row: (len(str(row["code"])), row["code"]))
    context = {
        "matrix": matrix,
        "titles": list(DOMAINS.values()),
        "place": names.get(region, region),
        "county": _county(region),
        "states": [_shown(last.get((region, one)), one) for one in DOMAINS],
        "domain": domain,
        "now": moment,
        "moment": at,
        "as_of": max((row.confirmed_at for row in last.values()), default=None),
        "rule": next((row.rule for row in last.values()), ""),
        "live_ticket_url": "/desk/live-ticket",
    }
    return render(request, "city_operations/domains.html", context)


urlpatterns = [
    path("", index),
    path("reasons", reasons),
    path("values.json", values),
    path("domains/", domains),
    *anomaly_desk.urlpatterns,
    *what_if.urlpatterns,
    *advice_page.urlpatterns,
    *report_page.urlpatterns,
    *districts.urlpatterns,
    *map_tools.urlpatterns,
]

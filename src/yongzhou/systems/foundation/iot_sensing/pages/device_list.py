"""Devices by health, as a list and on the map."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from yongzhou.core.data.actor import Actor
from yongzhou.core.data.geometry import lon_lat
from yongzhou.core.indicators.figures import value
from yongzhou.core.matters.life import CLOSED
from yongzhou.core.pages import actor_of, reads
from yongzhou.core.things.models import Datastream, Latest, Thing
from yongzhou.systems.foundation.iot_sensing import operations
from yongzhou.systems.foundation.iot_sensing.models import MaintenanceOrder, Outage

HEALTH: Final = {"offline": "离线", "low_battery": "电量低", "suspect": "可疑", "unknown": "未上报过", "good": "正常"}
LEVEL_OF_HEALTH: Final = {"offline": 2, "low_battery": 3, "suspect": 4}
PAGE: Final = 200


@reads(Thing)
def devices(request: HttpRequest) -> HttpResponse:
    """Devices by health: what is wrong first."""
    actor, wanted = actor_of(request), request.GET.get("health", "")
    things = _watched(actor)
    counts = dict(things.order_by().values_list("health").annotate(number=Count("pk")))
    rows = list((things.filter(health=wanted) if wanted in HEALTH else things).select_related("owner", "parent")[:2000])
    rank = {health: place for place, health in enumerate(HEALTH)}
    rows.sort(key=lambda thing: (rank.get(thing.health, len(rank)), thing.code))
    rows, more = rows[:PAGE], len(rows) > PAGE
    open_orders = (
        MaintenanceOrder.visible_to(actor).filter(thing__in=[thing.pk for thing in rows]).exclude(state__in=CLOSED)
    )
    orders = {order.thing_id: order for order in open_orders}
    seen = _seen(rows)
    return render(
        request,
        "iot_sensing/devices.html",
        {
            "rows": [{"thing": thing, "order": orders.get(thing.pk), "seen": seen.get(thing.pk)} for thing in rows],
            "more": more,
            "total": sum(counts.values()),
            "wanted": wanted,
            "bad": sum(counts.get(key, 0) for key in LEVEL_OF_HEALTH),
            "groups": [(key, name, counts.get(key, 0)) for key, name in HEALTH.items()],
            "outages": list(
                Outage.visible_to(actor).filter(until__isnull=True).select_related("thing").order_by("-since")[:20]
            ),
            "figures": [_figure(name) for name in ("online_rate", "good_data_rate", "repair_hours")],
            "as_of": max(seen.values(), default=None),
            "may_register": operations.register_thing.open_to(actor),
        },
    )


def _watched(actor: Actor) -> QuerySet[Thing]:
    """Things with datastreams that are not retired."""
    return Thing.visible_to(actor).exclude(lifecycle="retired").filter(pk__in=Datastream.objects.values("thing"))


def _seen(things: list[Thing]) -> dict[UUID, datetime]:
    """When each thing was last heard, in two queries."""
    of = dict(Datastream.objects.filter(thing__in=[thing.pk for thing in things]).values_list("number", "thing_id"))
    seen: dict[UUID, datetime] = {}
    for number, received in Latest.objects.filter(datastream__in=of).values_list("datastream", "received"):
        thing = of[number]
        seen[thing] = max(received, seen.get(thing, received))
    return seen


def _figure(name: str) -> dict[str, object]:
    figure = value(f"iot_sensing.{name}")
    unit = figure.indicator.unit if figure.value is not None else ""
    return {
        "label": figure.indicator.title,
        "value": figure.text,
        "unit": unit,
        "href": figure.url,
        "origin": figure.origin,
    }


@reads(Thing)
def devices_geojson(request: HttpRequest) -> HttpResponse:
    """Things that are not well, for the map."""
    features = []
    for thing in _watched(actor_of(request)).filter(health__in=LEVEL_OF_HEALTH):
        place = lon_lat(thing.geometry)
        if place is not None:
            features.append(
                {
                    "type": "Feature",
                    "geometry": {"type": "Point", "coordinates": place},
                    "properties": {
                        "id": str(thing.pk),
                        "title": thing.name,
                        "level": LEVEL_OF_HEALTH[thing.health],
                        "state": HEALTH[thing.health],
                        "href": thing.get_absolute_url(),
                    },
                }
            )
    return JsonResponse({"type": "FeatureCollection", "features": features})

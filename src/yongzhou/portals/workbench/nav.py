"""What somebody finds on the left and on top: only what he may open, with live counts."""

from __future__ import annotations

from typing import Any, Final

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from yongzhou.core.data.actor import Actor
from yongzhou.core.data.guard import resource_name
from yongzhou.core.data.house import declaration
from yongzhou.core.data.query import moment
from yongzhou.core.data.record import Record
from yongzhou.core.data.registry import records
from yongzhou.core.desk.printing import unit_name
from yongzhou.core.inbox.reading import topics_of, unread_of
from yongzhou.core.matters.life import CLOSED
from yongzhou.core.matters.models import Matter
from yongzhou.core.places.models import Place
from yongzhou.core.system import WINGS, systems
from yongzhou.portals.gate.links import account_links
from yongzhou.portals.gate.middleware import actor as actor_of_request

_KERNEL: Final = ("people", "places", "things", "matters")
_ICONS: Final = {
    "people.person": "user",
    "people.unit": "briefcase",
    "matters.matter": "check",
    "things.thing": "gauge",
    "things.datastream": "bolt",
    "places.place": "pin",
}

_TOP: Final[tuple[dict[str, str], ...]] = (
    {"title": "我的首页", "href": "/desk/", "icon": "home"},
    {"title": "我的任务", "href": "/desk/tasks/", "icon": "check"},
    {"title": "指标", "href": "/desk/indicators/", "icon": "gauge"},
)
_FOOT: Final[tuple[dict[str, str], ...]] = (
    {"title": "城市仪表盘", "href": "/cockpit/", "icon": "map"},
    {"title": "开发者", "href": "/developer/", "icon": "book"},
    {"title": "帮助", "href": "/desk/help/", "icon": "help"},
)


def path_of(model: type[Record]) -> str:
    """Address of a record's list."""
    return f"/desk/{resource_name(model).replace('.', '/')}/"


def desk(request: HttpRequest) -> dict[str, Any]:
    """Context processor: every page below `/desk/`, a system's own ones too, has navigation, person and bell."""
    if not request.path.startswith("/desk/") or not hasattr(request, "actor"):
        return {}
    who = actor_of_request(request)
    return {} if who.kind == "anonymous" else _context(request, who)


def _context(request: HttpRequest, who: Actor) -> dict[str, Any]:
    mine = my_open_matters(who)
    home = Place.objects.filter(code=who.region or "4311").values_list("name", flat=True).first() or "永州市"
    top: list[dict[str, Any]] = [dict(link) for link in _TOP]
    top[1]["count"] = mine[:100].count() or None
    groups = [{"links": top}, *_system_groups(who), *_kernel_group(who)]
    links = [link for group in groups for link in group["links"]]
    here = [link for link in links if request.path.startswith(link["href"]) and link["href"] != "/desk/"]
    if not here and request.path == "/desk/":
        here = top[:1]
    if not here:  # a record's own page belongs to its system
        system = request.path.split("/")[2]
        here = [link for link in links if link["href"] == f"/desk/{system}/all/"]
    if here:
        max(here, key=lambda link: len(link["href"]))["current"] = True
    return {
        "nav": groups,
        "nav_foot": _foot(who),
        "person": {
            "name": who.name,
            "post": who.title,
            "unit": unit_name(who.unit),
            "home": f"/desk/people/person/{who.id}/",
            "links": account_links(who),
        },
        "print_time": timezone.now(),
        "region": {"name": home},
        "bell": {"count": unread_of(who)[:100].count(), "href": "/desk/inbox/", "topics": " ".join(topics_of(who))},
        "live_ticket_url": "/desk/live-ticket",
        "moment": moment(request.GET.get("at", "")),
    }


def links_of(who: Actor) -> list[dict[str, Any]]:
    """The pages that somebody may open, without counts: what the palette offers."""
    groups = [*_system_groups(who), *_kernel_group(who)]
    return [*_TOP, *(link for group in groups for link in group["links"]), *_foot(who)]


def _foot(who: Actor) -> list[dict[str, str]]:
    health = {"title": "运行状况", "href": "/desk/health/", "icon": "gauge"}
    return [*([health] if who.lines("read", "house.health") else []), *map(dict, _FOOT)]


def my_open_matters(who: Actor) -> QuerySet[Matter]:
    """Open matters that this person handles, or that wait in his unit."""
    mine = Q(handler=who.id)
    if who.unit is not None:
        mine |= Q(unit=who.unit)
    return Matter.visible_to(who).filter(mine).exclude(state__in=CLOSED)


def _system_groups(who: Actor) -> list[dict[str, Any]]:
    groups: dict[str, list[dict[str, Any]]] = {}
    for system in systems().values():
        links = [
            {"title": page.title, "href": page.href, "icon": page.icon}
            for page in system.pages
            if (page.needs[1] == "*" and who.grants) or who.lines(*page.needs)
        ]
        if any(who.lines("read", name) for name in records() if name.startswith(f"{system.name}.")):
            links.append(
                {
                    "title": f"{system.short or system.title}：记录",
                    "href": f"/desk/{system.name}/all/",
                    "icon": "columns",
                }
            )
        if links:
            groups.setdefault(WINGS[system.wing], []).extend(links)
    return [{"title": title, "links": links} for title, links in groups.items()]


def _kernel_group(who: Actor) -> list[dict[str, Any]]:
    links = [
        {"title": declaration(model).title, "href": path_of(model), "icon": _ICONS.get(name, "list")}
        for name, model in records().items()
        if model._meta.app_label in _KERNEL and who.lines("read", name) and name in _ICONS
    ]
    return [{"title": "人事物空间", "links": links}] if links else []

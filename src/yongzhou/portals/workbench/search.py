"""Ctrl-K: records, operations, indicators, pages, saved views and help by words or pinyin; only what one may open."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, Final

from django.http import HttpRequest, HttpResponse, JsonResponse

from yongzhou.core.data.actor import Actor
from yongzhou.core.data.house import declaration
from yongzhou.core.data.present import called
from yongzhou.core.data.query import QueryError, query
from yongzhou.core.data.record import Record
from yongzhou.core.data.registry import records
from yongzhou.core.data.spec import spec_of
from yongzhou.core.desk.hits import find, fold, indexed, sounds
from yongzhou.core.desk.saved import own_views
from yongzhou.core.indicators.definition import indicators
from yongzhou.core.operations.registry import operations
from yongzhou.portals.gate.middleware import actor
from yongzhou.portals.workbench.access import staff
from yongzhou.portals.workbench.help import SECTIONS
from yongzhou.portals.workbench.indicators import open_to
from yongzhou.portals.workbench.nav import links_of, path_of

EACH: Final = 5
KINDS: Final = 6
ASKED: Final = 15  # candidates of one kind that the guard is asked about
Item = dict[str, str]


@staff
def search(request: HttpRequest) -> HttpResponse:
    """Groups of hits for the palette."""
    who, text = actor(request), request.GET.get("q", "").replace("\0", "").strip()[:60]
    pages = [{name: link[name] for name in ("title", "href", "icon")} for link in links_of(who)]
    if not text:
        threading.Thread(target=sounds, args=("永州",), daemon=True).start()  # the dictionary, before it is needed
        return JsonResponse({"groups": [{"title": "常用", "items": pages}, *_group("我的视图", _views(who))]})
    wanted = fold(text)
    verbs = (
        {"title": op.title, "href": f"/desk/do/{op.path}/", "meta": op.name, "icon": "edit"}
        for op in operations().values()
        if op.open_to(who)
    )
    numbers = (
        {"title": one.title, "href": f"/desk/indicators/{one.name}/", "meta": one.unit, "icon": "gauge"}
        for one in (indicators()[name] for name in open_to(who))
    )
    helps = (
        {"title": part.title, "href": f"/desk/help/#{part.anchor}", "meta": part.lines[0][:36], "icon": "help"}
        for part in SECTIONS
    )
    groups = [
        *_records(who, text),
        *_group("操作", _matching(verbs, wanted)),
        *_group("指标", _matching(numbers, wanted)),
        *_group("页面", _matching(pages, wanted)),
        *_group("我的视图", _matching(_views(who), wanted)),
        *_group("帮助", _matching(helps, wanted)),
    ]
    return JsonResponse({"groups": groups})


def _group(title: str, items: list[Item]) -> list[dict[str, Any]]:
    return [{"title": title, "items": items}] if items else []


@lru_cache(maxsize=8192)
def _forms(title: str) -> str:
    return f"\n{fold(title)}\n{sounds(fold(title)).replace(' ', chr(10))}"


def _matching(items: Iterable[Item], wanted: str) -> list[Item]:
    """The items whose title or its pinyin holds the words, those that begin with them first."""
    held = [(item, forms) for item in items if wanted in (forms := _forms(item["title"]) + f"\n{item.get('meta', '')}")]
    held.sort(key=lambda pair: f"\n{wanted}" not in pair[1])
    return [item for item, _ in held[:EACH]]


def _views(who: Actor) -> list[Item]:
    return [
        {
            "title": view.name,
            "href": f"{path_of(records()[view.resource])}?{view.words}",
            "meta": declaration(records()[view.resource]).title,
            "icon": "star",
        }
        for view in own_views(who)
        if view.resource in records() and who.lines("read", view.resource)
    ]


def _records(who: Actor, text: str) -> list[dict[str, Any]]:
    """Records by kind: found in the index, asked of the guard; a thing is shown as the most special of what it is."""
    kinds = indexed()
    keys = find(who, text, [name for name in kinds if who.lines("read", name)])
    found: dict[type[Record], list[Record]] = {}
    for name, some in keys.items():
        if len(found) == KINDS + 2:
            break
        rows = kinds[name].visible_to(who).filter(pk__in=some[:ASKED])
        order = {key: number for number, key in enumerate(some)}
        if listed := sorted(rows, key=lambda row: order[row.pk]):
            found[kinds[name]] = listed
    for model in list(found):
        special = {row.pk for other in found if model in other._meta.get_parent_list() for row in found[other]}
        found[model] = [row for row in found[model] if row.pk not in special]
    groups = [_shown(who, model, rows, text) for model, rows in found.items() if rows]
    return [*groups[:KINDS], *_by_whole_name(who, text)]


def _shown(who: Actor, model: type[Record], rows: list[Record], text: str) -> dict[str, Any]:
    own = declaration(model)
    items = []
    for row in rows[:EACH]:
        level = getattr(row, "level", None)
        item = {"title": called(row, who), "href": row.get_absolute_url(), "meta": own.title}
        items.append({**item, "level": str(level)} if level else item)
    return {"title": own.title, "items": items, "href": f"{path_of(model)}?q={text}"}


def _by_whole_name(who: Actor, text: str) -> list[dict[str, Any]]:
    """People lie in no index: a whole name is looked up where it is kept, and shown masked."""
    groups: list[dict[str, Any]] = []
    for name, model in indexed().items():
        personal = any(spec_of(c).personal for c in model._meta.concrete_fields if c.name in declaration(model).search)
        if len(text) < 2 or not personal or not who.lines("read", name):
            continue
        try:
            rows = list(query(model, who, {"q": text}).rows.order_by("-pk")[:EACH])
        except QueryError:
            continue
        if rows:
            groups.append(_shown(who, model, rows, text))
    return groups

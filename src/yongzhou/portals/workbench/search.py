"""Ctrl-K: records, operations, indicators and places by words; only what the person may open."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse

from yongzhou.core.data.guard import resource_name
from yongzhou.core.data.house import declaration
from yongzhou.core.data.present import called
from yongzhou.core.data.query import QueryError, query
from yongzhou.core.data.registry import records
from yongzhou.core.indicators.definition import indicators
from yongzhou.core.operations.registry import operations
from yongzhou.portals.gate.middleware import actor
from yongzhou.portals.workbench.access import staff
from yongzhou.portals.workbench.indicators import open_to
from yongzhou.portals.workbench.nav import desk, path_of

EACH = 5


@staff
def search(request: HttpRequest) -> HttpResponse:
    """Groups of hits for the palette."""
    who, text = actor(request), request.GET.get("q", "").strip()[:60]
    groups: list[dict[str, Any]] = []
    if not text:
        links = [link for group in desk(request)["nav"] for link in group["links"]]
        return JsonResponse(
            {"groups": [{"title": "常用", "items": [{"title": link["title"], "href": link["href"]} for link in links]}]}
        )
    for name, model in records().items():
        own = declaration(model)
        if not own.search or not who.lines("read", name) or resource_name(model) in ("matters.matterstep",):
            continue
        try:
            rows = list(query(model, who, {"q": text}).rows.order_by("-pk")[:EACH])
        except QueryError:
            continue
        if rows:
            items = [{"title": called(row, who), "href": row.get_absolute_url(), "meta": own.title} for row in rows]
            groups.append({"title": own.title, "items": items, "href": f"{path_of(model)}?q={text}"})
    verbs = [
        {"title": op.title, "href": f"/desk/do/{op.path}/", "meta": op.summary[:40]}
        for op in operations().values()
        if (text in op.title or text in op.name) and op.open_to(who)
    ]
    numbers = [
        {"title": indicator.title, "href": f"/desk/indicators/{indicator.name}/", "meta": indicator.unit}
        for indicator in (indicators()[name] for name in open_to(who))
        if text in indicator.title
    ]
    groups += [{"title": "操作", "items": verbs[:EACH]}] * bool(verbs) + [
        {"title": "指标", "items": numbers[:EACH]}
    ] * bool(numbers)
    return JsonResponse({"groups": groups})

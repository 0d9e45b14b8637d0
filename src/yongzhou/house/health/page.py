"""`/desk/health/`: members, doors, streams, what waits, lake, last backup; for whoever may read `house.health`."""

from __future__ import annotations

import json
import urllib.request
from datetime import UTC, datetime
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from yongzhou.core.data.actor import Actor
from yongzhou.core.home import Home
from yongzhou.core.operations.problem import forbidden
from yongzhou.core.pages import guarded
from yongzhou.house.doctor import folder, lake, machine, running
from yongzhou.house.doctor.finding import Finding, Level
from yongzhou.house.doctor.finding import size as text_of_size
from yongzhou.house.family import status
from yongzhou.house.observe import bus, database

RESOURCE: Final = "house.health"
_DOOR: Final = ("frames_per_second", "frames", "stored", "waiting", "connections", "throttled", "quarantined")


def _may(who: Actor) -> None:
    if not who.lines("read", RESOURCE):
        raise forbidden("没有查看系统运行状况的权限")


@guarded(_may)
def page(request: HttpRequest) -> HttpResponse:
    """The state of this moment; the page asks again when it is opened again."""
    from yongzhou.house.quotas.table import table  # it looks into the doors, whose modules web needs for nothing else

    home = Home.here()
    findings: list[Finding] = []
    context: dict[str, Any] = {"at": timezone.now(), "doors": _doors(home), "members": _members(home, findings)}
    try:
        facts = database.facts(home)
        findings += running.database(facts)
        findings += lake.maintenance(facts.lake)
        streams = bus.facts(home)
        findings += running.bus(streams, int(facts.waiting["obs_followed"]))
        context["streams"] = [_stream(stream) for stream in streams.streams]
    except OSError as error:  # psycopg's own errors end the whole page: no database, no page
        findings.append(Finding("总线", "NATS", Level.FAIL, f"监视口没有应答({error})", "请看 yongzhou logs nats"))
    for look in (machine.disk, folder.kept, folder.written, folder.certificates):
        findings += look(home)
    order = [Level.FAIL, Level.WARN, Level.OK, Level.SKIP]
    findings.sort(key=lambda one: order.index(one.level))
    context["bad"] = [one for one in findings if one.level in (Level.FAIL, Level.WARN)]
    context["good"] = [one for one in findings if one.level is Level.OK]
    context["quotas"] = table()
    context["memory"] = sum(member["memory"] or 0 for member in context["members"])
    context["failed"] = sum(one.level is Level.FAIL for one in findings)
    return render(request, "health/page.html", context)


def _members(home: Home, findings: list[Finding]) -> list[dict[str, Any]]:
    found = status.read(home)
    if found is None:  # members of a cluster have supervisors of their own
        return []
    findings += [one for one in running.members(home, found) if one.level is not Level.OK]
    memory = status.memory_mb(found)
    return [
        {
            "name": name,
            "title": member["title"],
            "state": member["state"],
            "well": member["state"] in ("ready", "done"),
            "memory": round(memory[name]) if name in memory else None,
            "budget": member["budget_mb"],
            "over": memory.get(name, 0.0) > member["budget_mb"],
            "restarts": member["restarts"],
            "since": datetime.fromtimestamp(member["since"], UTC) if member["since"] else None,
        }
        for name, member in found["members"].items()
    ]


def _doors(home: Home) -> list[dict[str, Any]]:
    """Figures of the doors for machines, as the endpoint for metrics last heard them; none where it is away."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{home.port_of('metrics')}/parts.json", timeout=1) as answer:
            heard = json.load(answer)
    except (OSError, ValueError):
        return []
    return [
        {"name": name.removeprefix("door."), **{figure: body.get(figure) for figure in _DOOR}}
        for name, body in heard.items()
        if name.startswith("door.")
    ]


def _stream(stream: bus.StreamFacts) -> dict[str, Any]:
    return {
        "name": stream.name,
        "messages": stream.messages,
        "size": text_of_size(stream.bytes),
        "share": round(100 * stream.share, 1),
        "refuses": stream.refuses,
        "lag": max((consumer.lag for consumer in stream.consumers if consumer.durable), default=0),
        "consumers": sum(consumer.durable for consumer in stream.consumers),
    }

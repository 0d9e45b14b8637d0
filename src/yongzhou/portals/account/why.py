"""为什么: person x action x record, yes or no, with the rule, appointment, line and region path that decided."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.http import HttpRequest, HttpResponse

from yongzhou.core.data.actor import Actor
from yongzhou.core.data.house import declaration
from yongzhou.core.data.present import called
from yongzhou.core.data.record import Record
from yongzhou.core.data.registry import records
from yongzhou.core.operations.problem import Problem, not_found
from yongzhou.core.operations.registry import find, operations
from yongzhou.core.people.actors import actor_of
from yongzhou.core.people.explain import explain
from yongzhou.core.people.models import Person
from yongzhou.portals.account.shell import show, signed_in
from yongzhou.portals.gate.middleware import actor

_RECORD: Final = re.compile(r"^/desk/([a-z0-9_]+)/([a-z0-9_]+)/(?:([0-9a-f-]{36})/)?")
_OPERATION: Final = re.compile(r"^/(?:desk/do|api)/([a-z0-9_]+)/([a-z0-9_-]+)/?")
_UUID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: the name of a resource, an action, perhaps one record."""

    resource: str
    action: str
    record: UUID | None


@signed_in
def page(request: HttpRequest) -> HttpResponse:
    """Explain one answer of the rights; others' rights only to who is in charge of them."""
    who = actor(request)
    asked = _question(request)
    person = _person(who, request.GET.get("person", ""))
    words: dict[str, object] = {
        "kinds": _kinds(who),
        "actions": _actions(asked.resource if asked else ""),
        "asked": asked,
        "about": person,
        "himself": person.id == who.id,
        "came_from": request.GET.get("from", "")[:300],
        "people": _people(who),
    }
    if asked is not None:
        words |= _answer(who, person, asked)
    return show(request, "why.html", words)


def _answer(who: Actor, person: Actor, asked: Question) -> dict[str, object]:
    model = records().get(asked.resource)
    if model is None:
        return {"found": explain(person, asked.action, asked.resource), "title": asked.resource}
    title = declaration(model).title
    if asked.record is None:
        return {"found": explain(person, asked.action, model), "title": f"任何一条{title}"}
    row = model.visible_to(who).filter(pk=asked.record).first()
    if row is None:  # nothing may be told of a record that the asker does not see, not even that there is one
        return {"found": explain(person, asked.action, model), "title": f"{title}（这一条）", "unseen": True}
    return {"found": explain(person, asked.action, row), "title": f"{title}「{called(row, who)}」", "row": row}


def _question(request: HttpRequest) -> Question | None:
    if came_from := request.GET.get("from", ""):
        return _of_address(came_from)
    resource, action = request.GET.get("resource", ""), request.GET.get("action", "read")
    if not resource:
        return None
    if resource not in records() and find(resource) is None:
        raise Problem("not_found", "没有这类记录或操作", status=404, remedy="请从列表里选")
    record = _UUID.search(request.GET.get("record", "").lower())
    return Question(resource, action[:60], UUID(record[0]) if record else None)


def _of_address(address: str) -> Question | None:
    """What was asked for at an address of the desk or the API."""
    path = address.partition("?")[0]
    if found := _OPERATION.match(path):
        op = find(f"{found[1]}.{found[2].replace('-', '_')}")
        if op is not None:
            record = _UUID.search(address.lower())
            return Question(op.resource, op.action, UUID(record[0]) if record else None)
    if (found := _RECORD.match(path)) and (name := f"{found[1]}.{found[2]}") in records():
        try:
            return Question(name, "read", UUID(found[3]) if found[3] else None)
        except ValueError:
            return None
    return None


def _person(who: Actor, text: str) -> Actor:
    if not text:
        return who
    found = _UUID.fullmatch(text.lower())
    if found is None or not _in_charge(who, UUID(text)):
        raise not_found("人员")
    return actor_of(UUID(text), fresh=True)


def _in_charge(who: Actor, person: UUID) -> bool:
    return person == who.id or Person.visible_to(who, "appoint").filter(pk=person).exists()


def _people(who: Actor) -> list[tuple[str, str]]:
    if not who.lines("appoint", "people.person"):
        return []
    rows = Person.visible_to(who, "appoint").filter(unit__isnull=False).order_by("name")[:200]
    return [(str(row.pk), f"{row.name}　{row.job or ''}".strip()) for row in rows]


def _kinds(who: Actor) -> list[tuple[str, str]]:
    """Every kind of record: that there is such a kind is no secret."""
    found: list[tuple[str, str]] = [(name, declaration(model).title) for name, model in records().items()]
    return sorted(found, key=lambda pair: pair[1])


def _actions(resource: str) -> list[tuple[str, str]]:
    """The actions of a kind of record with the operations that ask for them."""
    titles: dict[str, list[str]] = {"read": ["查看"]}
    for op in operations().values():
        if op.resource == resource:
            titles.setdefault(op.action, []).append(op.title)
    model: type[Record] | None = records().get(resource)
    if model is not None and declaration(model).api == "write":
        titles |= {"create": ["新建"], "change": ["修改"]}
    return [(action, "、".join(dict.fromkeys(words))) for action, words in titles.items()]

"""The conditions of a list, as chips that can be taken away and menus that add one."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.core.exceptions import FieldDoesNotExist
from django.http import QueryDict
from django.utils import timezone

from yongzhou.core.data import codes
from yongzhou.core.data.actor import Actor
from yongzhou.core.data.house import declaration
from yongzhou.core.data.present import called
from yongzhou.core.data.query import moment
from yongzhou.core.data.record import Record
from yongzhou.core.data.spec import Spec
from yongzhou.core.desk.saved import PASSING
from yongzhou.portals.workbench.columns import field_at, spec_at, with_words

NOT_CONDITIONS: Final = PASSING | {"sort", "format", "view", "cols", "face", "on"}
RANGED: Final = frozenset({"when", "day", "number", "count", "money"})
LINKS: Final = 30  # choices of a link in a menu


def chips(model: type[Record], who: Actor, words: QueryDict) -> list[dict[str, str]]:
    """What the list is narrowed by; each with the address without it."""
    found: list[dict[str, str]] = []
    for word in words:
        value = str(words[word])
        if word in NOT_CONDITIONS or not value:
            continue
        if word == "q":
            label, text = "搜索", value
        elif word == "region":
            label, text = "地区", value
        else:
            path, _, suffix = word.partition("__") if word.endswith(("__gte", "__lte")) else (word, "", "")
            try:
                spec = spec_at(model, path)
            except FieldDoesNotExist:  # a wrong word is told by the query itself
                continue
            label = spec.label + {"gte": " 起", "lte": " 止"}.get(suffix, "") if path != "id" else "选中"
            text = _text(model, who, path, spec, value)
        found.append({"label": label, "text": text, "href": with_words(words, **{word: "", "after": ""})})
    return found


def _text(model: type[Record], who: Actor, path: str, spec: Spec, value: str) -> str:
    if path == "id":
        return f"{value.count(',') + 1} 条"
    if spec.kind == "link" and (name := _linked(model, who, path, value)):
        return name
    if spec.kind == "when" and (at := moment(value)):
        return timezone.localtime(at).strftime("%Y-%m-%d %H:%M")
    if path == "level":
        return "、".join(codes.label("warning level", part) for part in value.split(","))
    return "、".join(codes.label(spec.codes, part) if spec.codes else part for part in value.split(","))


def _linked(model: type[Record], who: Actor, path: str, value: str) -> str:
    target: Any = field_at(model, path).related_model
    try:
        row = target.visible_to(who).filter(pk=UUID(value)).first()
    except ValueError:
        return ""
    return called(row, who) if row is not None else ""


def menus(model: type[Record], who: Actor, words: QueryDict) -> list[dict[str, Any]]:
    """The filters: those of few choices as menus, spans of time and number as two fields."""
    found: list[dict[str, Any]] = []
    for path in declaration(model).filters:
        spec = spec_at(model, path)
        choices: list[tuple[str, str]] = []
        if spec.codes:
            choices = list(codes.options(spec.codes).items())
        elif spec.kind == "flag":
            choices = [("true", "是"), ("false", "否")]
        elif path == "level":
            choices = list(codes.options("warning level").items())
        if choices:
            found.append({"label": spec.label, "options": _options(words, path, choices)})
    for path in dict.fromkeys((*declaration(model).filters, *declaration(model).sort, *declaration(model).list)):
        spec = spec_at(model, path)
        if spec.kind in RANGED and path != "level" and "__" not in path:
            kind = {"when": "datetime-local", "day": "date"}.get(spec.kind, "number")
            found.append(
                {
                    "label": spec.label,
                    "range": path,
                    "kind": kind,
                    "low": _input(words.get(f"{path}__gte", "")),
                    "high": _input(words.get(f"{path}__lte", "")),
                }
            )
    return found


def _options(words: QueryDict, path: str, choices: list[tuple[str, str]]) -> list[dict[str, Any]]:
    now = [part for part in words.get(path, "").split(",") if part]
    return [
        {
            "label": label,
            "on": code in now,
            "href": with_words(
                words, **{path: ",".join([p for p in now if p != code] if code in now else [*now, code]), "after": ""}
            ),
        }
        for code, label in choices
    ]


def _input(value: str) -> str:
    """An instant of the address as a local field shows it; anything else as it stands."""
    at = moment(value)
    return timezone.localtime(at).strftime("%Y-%m-%dT%H:%M") if at else value


def plain(words: QueryDict) -> dict[str, str]:
    """The words as the query takes them: the last of each."""
    return {word: str(words[word]) for word in words}


def from_fields(words: QueryDict) -> QueryDict:
    """Local times that a form sent become instants with their zone, empty fields go away."""
    copy = words.copy()
    for word in list(copy):
        value = str(copy[word])
        if not value:
            copy.pop(word)
        elif word.endswith(("__gte", "__lte")) and len(value) in (16, 19) and value[10:11] == "T":
            try:
                copy[word] = timezone.make_aware(datetime.fromisoformat(value)).isoformat()
            except ValueError:
                continue  # the query says what is wrong with it
    return copy

"""Which columns a list shows: the address says it, else what the person chose, else the declaration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from django.db import models
from django.http import QueryDict

from yongzhou.core.data.actor import Actor
from yongzhou.core.data.guard import resource_name
from yongzhou.core.data.house import declaration
from yongzhou.core.data.record import Record
from yongzhou.core.data.spec import Spec, spec_of
from yongzhou.core.desk.choices import keep, kept
from yongzhou.core.operations.problem import Problem

MOST: Final = 16
_NEVER: Final = frozenset({"geometry", "facts", "attachments"})
_LEVEL_FIELDS: Final = ("level",)


@dataclass(frozen=True, slots=True)
class Column:
    """One column's head."""

    name: str
    label: str
    form: str  # "title", "level", "state", "due", "when", "origin", "number", "text"
    sort: str  # address of this sort, "" if it cannot be sorted
    direction: str  # "ascending", "descending", ""


def field_at(model: type[Record], path: str) -> models.Field[Any, Any]:
    """The field at the end of a lookup path; raises `FieldDoesNotExist`."""
    current: Any = model
    field: Any = None
    for step in path.split("__"):
        field = current._meta.get_field(step)
        current = getattr(field, "related_model", None) or current
    found: models.Field[Any, Any] = field
    return found


def spec_at(model: type[Record], path: str) -> Spec:
    """What the house knows of the field at the end of a lookup path."""
    return spec_of(field_at(model, path))


def possible(model: type[Record]) -> dict[str, str]:
    """Columns that a list can show, by name with their label: the declared ones first."""
    own = declaration(model)
    found = {path: spec_at(model, path).label or "编号" for path in own.list}
    for column in model._meta.concrete_fields:
        spec = spec_of(column)
        if column.one_to_one or spec.kind in _NEVER or spec.kind == "plain" or column.name.endswith("_blind"):
            continue
        if column.name not in found and spec.label:
            found[column.name] = spec.label
    return found


def chosen(model: type[Record], who: Actor, words: QueryDict) -> tuple[str, ...]:
    """The columns of this list for this person, in the order of `possible`."""
    can = possible(model)
    asked = words.get("cols", "")
    wanted: Any = asked.split(",") if asked else kept(who.id, _key(model))
    if isinstance(wanted, list):
        names = tuple(name for name in can if name in wanted)
        if names:
            return names[:MOST]
    return declaration(model).list or ("id",)


def choose(model: type[Record], who: Actor, names: list[str]) -> None:
    """Keep a person's columns; the declared ones are kept as no choice. `Problem` 422 for none or too many."""
    can = possible(model)
    wanted = [name for name in can if name in names]
    if not wanted:
        raise Problem("invalid", "至少留一列")
    if len(wanted) > MOST:
        raise Problem("invalid", f"最多 {MOST} 列", remedy="少选几列")
    keep(who.id, _key(model), None if tuple(wanted) == declaration(model).list else list(wanted))


def _key(model: type[Record]) -> str:
    return f"columns:{resource_name(model)}"


def form_of(model: type[Record], path: str, first: bool) -> str:
    """How a column is drawn."""
    spec = spec_at(model, path)
    if path in _LEVEL_FIELDS:
        return "level"
    if path == "state" and spec.codes == "matter state":
        return "state"
    if path == "due":
        return "due"
    if path == "origin":
        return "origin"
    if spec.kind in ("when", "number", "count", "money"):
        return "when" if spec.kind == "when" else "number"
    return "title" if first else "text"


def title_of(model: type[Record], names: tuple[str, ...]) -> str:
    """The column that stands for the row and links to it."""
    return next((name for name in names if form_of(model, name, True) == "title"), names[0] if names else "id")


def heads(model: type[Record], names: tuple[str, ...], words: QueryDict) -> list[Column]:
    """The heads of a list's columns."""
    title_at = title_of(model, names)
    return [_head(model, name, words, name == title_at) for name in names]


def _head(model: type[Record], path: str, words: QueryDict, first: bool) -> Column:
    own = declaration(model)
    now = words.get("sort", "")
    sort = with_words(words, sort=f"-{path}" if now == path else path, after="") if path in own.sort else ""
    direction = "ascending" if now == path else "descending" if now and now == f"-{path}" else ""
    return Column(path, spec_at(model, path).label or "编号", form_of(model, path, first), sort, direction)


def with_words(words: QueryDict, **changes: str | None) -> str:
    """This page's address words with some changed; an empty value goes away."""
    copy = words.copy()
    for name, value in changes.items():
        if value:
            copy[name] = value
        else:
            copy.pop(name, None)
    return f"?{copy.urlencode()}"

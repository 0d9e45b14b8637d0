"""What a record declares about itself in its inner class `House`, checked when the class is made."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, fields
from functools import cache
from typing import TYPE_CHECKING, Literal

from django.core.exceptions import FieldDoesNotExist, ImproperlyConfigured

if TYPE_CHECKING:
    from yongzhou.core.data.record import Record


@dataclass(frozen=True, slots=True)
class Declaration:
    """One record's declaration. Scope columns are lookup paths: `region`, `place__region`."""

    title: str
    grade: int = 1  # GB/T 43697 level of the whole row
    region: str | None = None
    department: str | None = None
    person: str | None = None  # lookup path to the person whose own row it is
    list: tuple[str, ...] = ()
    search: tuple[str, ...] = ()
    sort: tuple[str, ...] = ()
    filters: tuple[str, ...] = ()
    map: str | None = None
    calendar: str | None = None  # the day or instant by which a calendar shows it; else the first of the list
    timeline: tuple[str, str] | None = None  # start and end; else a pair of usual names
    history: bool = True
    api: Literal["read", "write"] | None = "read"
    share: tuple[str, ...] = ()
    about: str = ""  # one sentence: what the record is for, shown where a list is empty


_NAMES = frozenset(field.name for field in fields(Declaration))


@cache
def declaration(model: type[Record]) -> Declaration:
    """The declaration of a record; what it does not say itself it takes from its kernel noun.

    Raises `ImproperlyConfigured` for an unknown attribute or a path that leads nowhere.
    """
    values: dict[str, object] = {}
    for cls in reversed(model.__mro__):
        house = cls.__dict__.get("House")
        if house is None:
            continue
        for name, value in vars(house).items():
            if name.startswith("__"):
                continue
            if name not in _NAMES:
                near = difflib.get_close_matches(name, _NAMES, n=1)
                hint = f"; did you mean {near[0]!r}?" if near else f"; known: {', '.join(sorted(_NAMES))}"
                raise ImproperlyConfigured(f"{model.__name__}.House has no attribute {name!r}{hint}")
            values[name] = (
                (value,) if name in {"list", "search", "sort", "filters", "share"} and isinstance(value, str) else value
            )
    values.setdefault("title", str(model._meta.verbose_name))
    return Declaration(**values)  # type: ignore[arg-type]


def check(model: type[Record]) -> None:
    """Follow every path of a declaration; `ImproperlyConfigured` names the one that leads nowhere."""
    own = declaration(model)
    paths = [path for path in (own.region, own.department, own.person, own.map, own.calendar) if path]
    paths += own.timeline or ()
    for path in (*paths, *own.list, *own.search, *own.sort, *own.filters, *own.share):
        current: type[Record] = model
        for step in path.split("__"):
            try:
                field = current._meta.get_field(step)
            except FieldDoesNotExist as error:
                raise ImproperlyConfigured(f"{model.__name__}.House: {path!r} leads nowhere at {step!r}") from error
            current = getattr(field, "related_model", None) or current

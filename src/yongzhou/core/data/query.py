"""A list as one guarded query: search, filters, sort, keyset pages, a count that stops at 10,000.

Words of an address: `q=` (search), `<field>=a,b` (one of), `<field>__gte=`, `<field>__lte=`, `sort=-field`,
`after=<cursor>`, `at=<instant>`. Anything else is a `QueryError` that says what is possible.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any, Final, Generic, TypeVar
from uuid import UUID

from django.core.exceptions import FieldDoesNotExist, FieldError, ValidationError
from django.db import DataError, models, transaction
from django.db.models import Q
from django.utils.dateparse import parse_datetime

from yongzhou.core.crypto import blind
from yongzhou.core.data.actor import Actor
from yongzhou.core.data.guard import resource_name
from yongzhou.core.data.house import declaration
from yongzhou.core.data.personal import Personal
from yongzhou.core.data.record import Record
from yongzhou.core.data.spec import spec_of

R = TypeVar("R", bound=Record)

COUNT_STOP: Final = 10_000
PAGE: Final = 50
MAX_PAGE: Final = 500
_WORDS: Final = frozenset(
    {"q", "sort", "after", "limit", "at", "view", "format", "fields", "panel", "cols", "face", "on", "month", "open"}
)


class QueryError(ValueError):
    """A list request that cannot be answered; the text is Chinese and says what is possible."""


@dataclass(frozen=True, slots=True)
class Page(Generic[R]):
    """One page of a list."""

    rows: list[R]
    next: str | None  # cursor of the next page
    count: int  # exact up to 10,000
    more_than_count: bool  # "1 万+"

    @property
    def count_text(self) -> str:
        """The count for people."""
        return "1 万+" if self.more_than_count else str(self.count)


@dataclass(frozen=True, slots=True)
class Query(Generic[R]):
    """A checked list request."""

    model: type[R]
    rows: models.QuerySet[R]  # guarded, filtered, sorted; not yet cut
    sort: str
    descending: bool
    cursor: tuple[Any, str] | None
    limit: int


def query(model: type[R], actor: Actor, words: Mapping[str, str]) -> Query[R]:
    """Check the words of an address and build the guarded query; `QueryError` for what is not possible."""
    own = declaration(model)
    rows = model.visible_to(actor)
    grade = actor.max_grade(resource_name(model))
    if any("\0" in word or "\0" in value for word, value in words.items()):
        raise QueryError("条件里有不可见字符（NUL）；请重新输入")
    for word, value in words.items():
        if word in _WORDS or value == "":
            continue
        rows = rows.filter(_condition(model, word, value, grade))
    if text := words.get("q", "").strip():
        rows = rows.filter(_search(model, text, grade))
    sort, descending = _sort(model, words.get("sort", ""))
    related = [name for name in own.list if name.count("__") == 0 and model._meta.get_field(name).many_to_one]
    if related:
        rows = rows.select_related(*related)
    limit = words.get("limit", "")
    if limit and not (limit.isdecimal() and len(limit) <= 6 and 1 <= int(limit) <= MAX_PAGE):
        raise QueryError(f"limit 应为 1 至 {MAX_PAGE}")
    return Query(model, rows, sort, descending, _cursor(words.get("after", "")), int(limit or PAGE))


def page(asked: Query[R]) -> Page[R]:
    """Fetch one page: one query for rows, one bounded count; `QueryError` for a value that no row can have."""
    try:
        with transaction.atomic():  # a refused value must not spoil the caller's transaction
            return _page(asked)
    except (DataError, ValidationError, FieldError, ValueError, TypeError, OverflowError) as error:
        raise QueryError("条件里有不可能的值（数太大、游标不对）；请去掉它再试") from error


def _page(asked: Query[R]) -> Page[R]:
    rows, sign = asked.rows, "-" if asked.descending else ""
    count = rows.order_by()[: COUNT_STOP + 1].count()
    if asked.cursor is not None:
        value, key = asked.cursor
        step = "lt" if asked.descending else "gt"
        after = Q(**{f"pk__{step}": key})
        if asked.sort != "pk":
            after = Q(**{f"{asked.sort}__{step}": value}) | Q(**{asked.sort: value}) & after
        rows = rows.filter(after)
    order = [f"{sign}pk"] if asked.sort == "pk" else [f"{sign}{asked.sort}", f"{sign}pk"]
    if asked.sort != "pk":
        rows = rows.exclude(**{f"{asked.sort}__isnull": True}) if asked.cursor else rows
        field = models.F(asked.sort)
        order = [field.desc(nulls_last=True) if asked.descending else field.asc(nulls_last=True), order[1]]  # type: ignore[list-item]
    found = list(rows.order_by(*order)[: asked.limit + 1])
    more = len(found) > asked.limit
    found = found[: asked.limit]
    next_cursor = _encode(getattr(found[-1], "pk" if asked.sort == "pk" else asked.sort), found[-1]) if more else None
    return Page(found, next_cursor, min(count, COUNT_STOP), count > COUNT_STOP)


def _condition(model: type[Record], word: str, value: str, grade: int) -> Q:
    name, _, suffix = word.partition("__") if word.endswith(("__gte", "__lte", "__isnull")) else (word, "", "")
    own = declaration(model)
    allowed = {*own.filters, *own.sort, *own.list, "origin", "id", *([own.region] if own.region else []), "region"}
    if name == "region" and own.region and own.region != "region":
        name = own.region
        allowed.add(name)
    try:
        field = _follow(model, name)
    except FieldDoesNotExist as error:
        raise QueryError(f"没有「{word}」这个筛选；可用：{'、'.join(sorted(allowed))}") from error
    if isinstance(field, Personal) and field in model._meta.concrete_fields:  # never through a link to somebody hidden
        if suffix:
            raise QueryError(f"「{field.spec.label}」只能按完整的值查找")
        return Q(**{f"{name}_blind": blind(value, field.spec.personal or "contact")})  # equality only
    if name not in allowed:
        raise QueryError(f"不能按「{word}」筛选；可用：{'、'.join(sorted(allowed))}")
    if spec_of(field).grade > grade:
        raise QueryError(f"「{spec_of(field).label}」对您是遮蔽的，不能用来筛选")
    if suffix and spec_of(field).personal:
        raise QueryError(f"「{spec_of(field).label}」只能按完整的值查找")
    if name == own.region:
        return Q(**{f"{name}__gte": value, f"{name}__lt": value + ":"})
    try:
        if suffix == "isnull":
            return Q(**{f"{name}__isnull": value == "1"})
        if suffix:
            return Q(**{f"{name}__{suffix}": field.to_python(value)})
        return Q(**{f"{name}__in": [_value(field, part) for part in value.split(",")[:100]]})
    except (ValidationError, ValueError, TypeError, OverflowError) as error:
        raise QueryError(f"「{word}={value[:60]}」不是有效的值") from error


def _value(field: models.Field[Any, Any], text: str) -> Any:
    target: models.Field[Any, Any] = field.target_field if isinstance(field, models.ForeignKey) else field
    return target.to_python(text)


def _follow(model: type[models.Model], path: str) -> models.Field[Any, Any]:
    current = model
    field: Any = None
    for step in path.split("__"):
        field = current._meta.get_field(step)
        current = getattr(field, "related_model", None) or current
    if not isinstance(field, models.Field):
        raise FieldDoesNotExist(path)
    return field


def _search(model: type[Record], text: str, grade: int) -> Q:
    own = declaration(model)
    paths = [path for path in own.search if spec_of(_follow(model, path)).grade <= grade]
    if not paths:
        raise QueryError(f"{own.title}没有可供搜索的字段")
    # a masked name is found by the whole name only: a part of it would spell it out letter by letter
    steps = {path: "" if spec_of(_follow(model, path)).personal else "__icontains" for path in paths}
    return reduce(or_, (Q(**{f"{path}{step}": text[:60]}) for path, step in steps.items()))


def _sort(model: type[Record], word: str) -> tuple[str, bool]:
    own = declaration(model)
    name = word.removeprefix("-")
    if not name:
        return "pk", True  # newest first: UUIDv7 sorts by time
    if name not in own.sort:
        raise QueryError(f"不能按「{name}」排序；可用：{'、'.join(own.sort) or '无'}")
    return name, word.startswith("-")


def moment(text: str) -> datetime | None:
    """The instant that an address names; None unless it is a real one with its zone, within what can be compared."""
    try:
        at = parse_datetime(text) if len(text) < 40 else None
    except ValueError:
        return None
    return at if at is not None and at.tzinfo is not None and 1900 <= at.year <= 9000 else None


def _encode(value: Any, row: Record) -> str:
    text = value.isoformat() if isinstance(value, datetime) else value
    return base64.urlsafe_b64encode(json.dumps([text, str(row.pk)], default=str).encode()).decode().rstrip("=")


def _cursor(text: str) -> tuple[Any, str] | None:
    if not text:
        return None
    try:
        value, key = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        return (parse_datetime(value) or value) if isinstance(value, str) else value, str(UUID(str(key)))
    except (ValueError, TypeError) as error:
        raise QueryError("after 不是本列表给出的游标") from error

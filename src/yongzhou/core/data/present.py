"""Every value leaves through here: masked by its field's grade and personal category, with its Chinese text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import models
from django.utils import timezone

from yongzhou.core.data import codes
from yongzhou.core.data.actor import Actor
from yongzhou.core.data.guard import grade_of, grades_of
from yongzhou.core.data.personal import Sealed, mask
from yongzhou.core.data.record import Record
from yongzhou.core.data.spec import Spec, spec_of

_UNITS = {"1": "", "CNY": "元", "%": "%", "m3/s": "m³/s", "Cel": "°C", "mm": "mm"}


@dataclass(frozen=True, slots=True)
class Shown:
    """One value as somebody may see it."""

    name: str
    spec: Spec
    value: Any  # None where masked
    text: str
    masked: bool = False
    href: str | None = None

    @property
    def label(self) -> str:
        """The field's Chinese name."""
        return self.spec.label


def present(row: Record, actor: Actor, *, names: tuple[str, ...] | None = None) -> dict[str, Shown]:
    """The values of a row as an actor may see them, by field name (or lookup path).

    A value above the actor's grade, and every personal value, is masked; `reveal` opens one for a purpose.
    """
    return _present(row, actor, grade_of(actor, row), names or _all_names(type(row)))


def present_many(
    rows: Sequence[Record], actor: Actor, *, names: tuple[str, ...] | None = None
) -> list[dict[str, Shown]]:
    """`present` for many rows of one kind, in their order, without a query a row."""
    if not rows:
        return []
    grades = grades_of(actor, type(rows[0]), rows)
    wanted = names or _all_names(type(rows[0]))
    return [_present(row, actor, grades[row.pk], wanted) for row in rows]


def _all_names(model: type[Record]) -> tuple[str, ...]:
    return tuple(field.name for field in model._meta.concrete_fields if not isinstance(field, models.OneToOneField))


def _present(row: Record, actor: Actor, grade: int, names: tuple[str, ...]) -> dict[str, Shown]:
    return {name: _shown(row, name, grade, actor) for name in names}


def called(row: Record, actor: Actor) -> str:
    """What a row is called, for titles, hits and choices: its own text, in which masked values stay masked."""
    text, grade = str(row), None
    for column in row._meta.concrete_fields:
        spec, value = spec_of(column), getattr(row, column.attname)
        if not isinstance(value, str) or isinstance(value, Sealed) or not value or value not in text:
            continue
        if spec.personal is None and spec.grade > 1 and grade is None:  # asked for only where it decides
            grade = grade_of(actor, row)
        if spec.personal is not None or (grade is not None and spec.grade > grade):
            text = text.replace(value, _masked(value, spec))
    return text


def _shown(row: Record, path: str, grade: int, actor: Actor) -> Shown:
    *steps, last = path.split("__")
    current: Any = row
    for step in steps:
        current = getattr(current, step, None) if current is not None else None
    if current is None:
        return Shown(path, Spec("text", ""), None, "")
    field = current._meta.get_field(last)
    spec = spec_of(field)
    value = getattr(current, last)
    if spec.grade > grade or spec.personal:
        return Shown(path, spec, None, _masked(value, spec), masked=True) if value else Shown(path, spec, None, "")
    if isinstance(value, Record):  # through a link nothing is clearer than on the linked record's own page
        return Shown(path, spec, value, called(value, actor), href=value.get_absolute_url())
    return Shown(path, spec, value, text_of(value, spec))


def _masked(value: Any, spec: Spec) -> str:
    if spec.personal is None:
        return "****"
    return mask(value.open() if isinstance(value, Sealed) else str(value), spec.personal)


def text_of(value: Any, spec: Spec) -> str:
    """Chinese text of a clear value, with its unit."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, datetime):
        return timezone.localtime(value).strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, date):
        return value.isoformat()
    if spec.kind in ("number", "count", "money") and isinstance(value, int | float | Decimal):
        digits = spec.digits
        number = f"{value:,.{digits}f}" if digits is not None else f"{value:,g}"
        unit = _UNITS.get(spec.unit or "1", spec.unit or "")
        return f"{number} {unit}".strip()
    if spec.kind == "coded" and spec.codes:
        return codes.label(spec.codes, str(value))
    if spec.kind == "attachments":
        return f"{len(value)} 个文件" if value else ""
    if spec.kind == "geometry":
        return ""
    return str(value)


_SAFE = re.compile(r"^[=+\-@\t\r]")


def plain(shown: Shown) -> object:
    """A value for machines (JSON, csv): masked text where masked, numbers and ISO times where not."""
    if shown.masked:
        return shown.text
    value = shown.value
    if isinstance(value, Record):
        return str(value.pk)
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, bytes | memoryview):
        from yongzhou.core.data.geometry import lon_lat

        return lon_lat(bytes(value))
    return value


def cell(shown: Shown) -> str:
    """A value for a spreadsheet, a link or a code by its name: text that a formula cannot start from."""
    value = shown.text if shown.spec.kind in ("link", "coded") else plain(shown)
    text = "" if value is None else str(value)
    return "'" + text if isinstance(value, str) and _SAFE.match(text) else text

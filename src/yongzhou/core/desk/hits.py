"""The palette's index: records by title, number and pinyin in one look, whatever the number of systems.

A text is cut into grams: Chinese into single characters and pairs, letters and digits into pairs and triples. A query
asks for rows that hold all its grams (GIN) and then for the words as they stand. What is above grade 1 or personal is
never in it. The guard stands behind it: keys found here are asked for again by `visible_to`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from django.db.models import Case, IntegerField, Q, Value, When
from django.utils import timezone

from yongzhou.core.data.actor import Actor, Grant
from yongzhou.core.data.guard import resource_name
from yongzhou.core.data.house import declaration
from yongzhou.core.data.present import called
from yongzhou.core.data.record import Record
from yongzhou.core.data.registry import records
from yongzhou.core.data.spec import spec_of
from yongzhou.core.desk.models import Hit, HitCursor
from yongzhou.core.standards.text import fold_width

BATCH: Final = 2_000
AT_ONCE: Final = 10  # batches of one kind in one duty
WHOLE_AGAIN: Final = timedelta(hours=20)  # renamed rows are found by their new name after the next whole pass
CANDIDATES: Final = 400
_EVERYBODY: Final = Actor(
    kind="system", id=UUID(int=0), name="检索", grants=(Grant(role="检索", action="read", resource="*", region=""),)
)
_RUN: Final = re.compile(r"[a-z0-9]+|[^\W_a-z0-9]+", re.IGNORECASE)


def fold(text: str) -> str:
    """Text as it is compared: half width, lower case, no blanks."""
    return "".join(fold_width(text).lower().split())


def grams(text: str, *, asked: bool = False) -> set[str]:
    """The grams of a folded text; of a query (`asked`) only the longest that each run has."""
    found: set[str] = set()
    for part in _RUN.findall(text):
        least, most = (2, 3) if part.isascii() else (1, 2)  # a single letter finds nothing of its own
        sizes = (min(most, max(least, len(part))),) if asked else range(least, most + 1)
        found |= {part[at : at + size] for size in sizes for at in range(len(part) - size + 1)}
    return found


def sounds(text: str) -> str:
    """Pinyin of a text, whole and by initials: 零陵区 -> "linglingqu llq"."""
    from pypinyin import lazy_pinyin

    chinese = "".join(part for part in _RUN.findall(text) if not part.isascii())
    parts = lazy_pinyin(chinese[:60])
    return f"{''.join(parts)} {''.join(part[0] for part in parts if part)}" if parts else ""


def words_of(row: Record) -> str:
    """What a record is found by, one form a line: title, search fields of grade 1, pinyin of the title."""
    title, own = called(row, _EVERYBODY), declaration(type(row))
    lines = [title]
    for path in own.search:
        if "__" in path:
            continue
        spec = spec_of(row._meta.get_field(path))  # type: ignore[arg-type]
        if spec.personal is None and spec.grade <= 1 and isinstance(value := getattr(row, path), str):
            lines.append(value[:200])
    forms = dict.fromkeys(fold(line) for line in lines if line)
    return "\n".join([*forms, sounds(fold(title))]).strip()


def indexed() -> dict[str, type[Record]]:
    """The kinds of record that the palette finds: those that can be searched."""
    return {name: model for name, model in records().items() if declaration(model).search}


def put(rows: Sequence[Record]) -> None:
    """Put rows of one kind into the index, or renew them there."""
    if not rows:
        return
    model = type(rows[0])
    own, name = declaration(model), resource_name(model)
    hits = []
    for row in rows:
        words = words_of(row)
        region = str(getattr(row, own.region, "") or "") if own.region and "__" not in own.region else ""
        hits.append(Hit(resource=name, record=row.pk, region=region[:16], words=words, grams=sorted(grams(words))))
    Hit.objects.bulk_create(
        hits,
        update_conflicts=True,
        unique_fields=["resource", "record"],
        update_fields=["region", "words", "grams"],
        batch_size=500,
    )


def refresh(*, most: int = AT_ONCE) -> int:
    """Go on with every kind: rows that came since (their keys rise with time), now and then all; gives how many."""
    done = 0
    for name, model in indexed().items():
        cursor, _ = HitCursor.objects.get_or_create(resource=name)
        if cursor.whole_at is not None and cursor.whole_at < timezone.now() - WHOLE_AGAIN:
            cursor.last, cursor.whole_at = None, None
        related = [field.name for field in model._meta.concrete_fields if field.many_to_one]
        for _ in range(most):
            rows = model._default_manager.select_related(*related).order_by("pk")
            some = list((rows.filter(pk__gt=cursor.last) if cursor.last else rows)[:BATCH])
            put(some)
            done += len(some)
            if some:
                cursor.last = some[-1].pk
            if len(some) < BATCH:
                cursor.whole_at = cursor.whole_at or timezone.now()
                break
        cursor.save()
    return done


def find(actor: Actor, text: str, resources: Sequence[str]) -> dict[str, list[UUID]]:
    """Keys of records that hold the text, by kind, the best first; not yet asked of the guard."""
    wanted = fold(text)
    cut = sorted(grams(wanted, asked=True))
    if not cut:
        return {}
    hits = Hit.objects.filter(resource__in=resources, grams__contains=cut, words__contains=wanted)
    order: list[Any] = [
        Case(
            When(words__startswith=wanted, then=Value(0)),
            When(words__contains=f"\n{wanted}", then=Value(1)),
            default=Value(2),
            output_field=IntegerField(),
        )
    ]
    if actor.region:  # a narrow right must not be crowded out by a large city
        order.insert(0, Case(When(Q(region__startswith=actor.region), then=Value(0)), default=Value(1)))
    found: dict[str, list[UUID]] = {}
    for resource, key in hits.order_by(*order, "-record").values_list("resource", "record")[:CANDIDATES]:
        found.setdefault(resource, []).append(key)
    return found

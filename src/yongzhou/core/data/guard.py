"""What an actor may see, as SQL: a list is one query, and a refusal explains itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import Q

from yongzhou.core.data.actor import Actor, Grant
from yongzhou.core.data.house import Declaration, declaration

if TYPE_CHECKING:
    from yongzhou.core.data.record import Record

NOTHING = Q(pk__in=[])


def resource_name(model: type[Record]) -> str:
    """`<app>.<record>`: the name that grants, addresses and the catalogue use."""
    return model._meta.label_lower


def compile(actor: Actor, action: str, model: type[Record]) -> Q:
    """The rows an actor's grants reach: OR of grants; none reaches nothing."""
    own = declaration(model)
    reach = NOTHING
    for grant in actor.lines(action, resource_name(model)):
        if (part := reach_of(grant, own, actor)) is None:
            continue
        if not part:
            return Q()  # this line reaches every row
        reach |= part
    return reach


def reach_of(grant: Grant, own: Declaration, actor: Actor) -> Q | None:
    """The rows one grant reaches; an empty Q for all, None for none."""
    if grant.max_grade < own.grade:
        return None
    if grant.own:
        return Q(**{own.person: actor.id}) if own.person and actor.kind == "person" else None
    if own.region is None and own.department is None:
        return Q() if grant.region is not None or grant.units else None  # nothing to be scoped by
    if own.region is not None and grant.region is not None:
        if not grant.region:
            return Q()
        # a range, not LIKE: the (region, id) index under COLLATE "C" serves it
        return Q(**{f"{own.region}__gte": grant.region, f"{own.region}__lt": grant.region + ":"})
    if own.department is not None and grant.units:
        return Q(**{f"{own.department}__in": list(grant.units)})
    return None


def grade_of(actor: Actor, row: Record) -> int:
    """The highest grade that a reading line allows which reaches this very row; 0 for none.

    Only where lines differ is the row asked for: a line of one's own rows must not unmask those of a county.
    """
    model = type(row)
    lines = actor.lines("read", resource_name(model))
    if len({line.max_grade for line in lines}) <= 1:
        return lines[0].max_grade if lines else 0
    own = declaration(model)
    for line in sorted(lines, key=lambda line: -line.max_grade):
        part = reach_of(line, own, actor)
        if part is not None and (not part or model._default_manager.filter(part, pk=row.pk).exists()):
            return line.max_grade
    return 0


def grades_of(actor: Actor, model: type[Record], rows: Sequence[Record]) -> dict[UUID, int]:
    """`grade_of` for many rows of one kind: at most one query a line, none where all lines allow the same."""
    lines = actor.lines("read", resource_name(model))
    if len({line.max_grade for line in lines}) <= 1:
        return dict.fromkeys((row.pk for row in rows), lines[0].max_grade if lines else 0)
    own = declaration(model)
    found: dict[UUID, int] = {}
    left = {row.pk for row in rows}
    for line in sorted(lines, key=lambda line: -line.max_grade):
        part = reach_of(line, own, actor)
        if part is None or not left:
            continue
        reached = (
            left if not part else set(model._default_manager.filter(part, pk__in=left).values_list("pk", flat=True))
        )
        found |= dict.fromkeys(reached, line.max_grade)
        left = left - reached
    return found | dict.fromkeys(left, 0)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Why an actor may or may not: the granting line, or each line with the condition that failed."""

    allowed: bool
    by: Grant | None
    failed: tuple[tuple[Grant, str], ...]

    @property
    def text(self) -> str:
        """One Chinese sentence for the page that refuses or explains."""
        if self.by is not None:
            return f"凭角色「{self.by.role}」对 {self.by.resource} 的 {self.by.action} 权限"
        if not self.failed:
            return "没有任何角色给予这项权限"
        return "；".join(f"角色「{grant.role}」：{condition}" for grant, condition in self.failed)


def why(actor: Actor, action: str, target: Record | type[Record]) -> Verdict:
    """Explain a yes or no for a record, or for a kind of record."""
    row = None if isinstance(target, type) else target
    model = target if isinstance(target, type) else type(target)
    own = declaration(model)
    failed: list[tuple[Grant, str]] = []
    for grant in actor.grants:
        if not grant.covers(action, resource_name(model)):
            continue
        part = reach_of(grant, own, actor)
        if part is None:
            failed.append((grant, _condition(grant, own)))
        elif row is None or not part or model._default_manager.filter(part, pk=row.pk).exists():
            return Verdict(True, grant, ())
        else:
            failed.append((grant, "不在授权范围内"))
    return Verdict(False, None, tuple(failed))


def _condition(grant: Grant, own: Declaration) -> str:
    if grant.max_grade < own.grade:
        return f"最高可看 {grant.max_grade} 级，本记录为 {own.grade} 级"
    if grant.own:
        return "只限本人的记录"
    return "授权没有地区或部门范围"

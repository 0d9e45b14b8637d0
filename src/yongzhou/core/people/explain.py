"""Why somebody may or may not do something: every appointment, line and scope that was looked at, and what is missing.

It asks the same functions as the guard (`core.data.guard.reach_of`), so it cannot tell another story than the doors.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from fnmatch import fnmatchcase
from typing import Final
from uuid import UUID

from django.utils import timezone

from yongzhou.core.data.actor import Actor, Grant
from yongzhou.core.data.guard import reach_of, resource_name
from yongzhou.core.data.house import Declaration, declaration
from yongzhou.core.data.record import Record
from yongzhou.core.people.actors import actor_of, grants_of, holding
from yongzhou.core.people.models import Appointment, Delegation, Person, RoleGrant, ServiceAccount, Unit
from yongzhou.core.people.policy import delegable

_ASKED: Final = 20  # administrators that are looked at for "who can give it"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a role as it was judged."""

    text: str  # action, resource, grade
    decided: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Held:
    """One appointment (or account, or delegation), in force or not, with its lines that speak of the question."""

    role: str
    scope: str
    state: str  # empty where it holds
    lines: tuple[Line, ...]
    id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """The answer with everything that it rests on."""

    allowed: bool
    sentence: str
    held: tuple[Held, ...]
    place: tuple[str, ...] = ()  # the record's regions from above, with code
    units: tuple[str, ...] = ()  # the record's unit and those above it
    grade: int = 1
    needed: tuple[str, ...] = field(default=())
    givers: tuple[str, ...] = field(default=())


def explain(who: Actor, action: str, target: Record | type[Record] | str) -> Explanation:
    """Explain for a record, a kind of record, or the resource name of an operation that acts on no record."""
    row = target if isinstance(target, Record) else None
    model = type(target) if isinstance(target, Record) else target if isinstance(target, type) else None
    resource = target if isinstance(target, str) else resource_name(model) if model is not None else ""
    own = declaration(model) if model is not None else Declaration(title=resource)
    held = tuple(_judged(each, who, action, resource, own, row) for each in _held(who))
    decisive = next(((each, line) for each in held for line in each.lines if line.decided), None)
    region, unit = (_value(row, own.region), _value(row, own.department)) if row is not None else ("", None)
    place, units = _regions(region), _above(unit)
    if decisive is not None:
        each, line = decisive
        sentence = f"可以：凭「{each.role}」（{each.scope}）的权限 {line.text}"
        return Explanation(True, sentence, held, place, units, own.grade)
    needed = _needed(action, resource, own, place, units)
    return Explanation(False, _why_not(who, held), held, place, units, own.grade, needed, _givers(who))


@dataclass(frozen=True, slots=True)
class _Source:
    role: str
    scope: str
    state: str
    grants: tuple[Grant, ...]
    id: UUID | None


def _held(who: Actor) -> list[_Source]:
    if who.by is not None:
        given = Delegation.objects.filter(principal=who.id, agent=who.by, ended_at__isnull=True)
        names = "、".join(matter.title for row in given if (matter := delegable().get(row.matters)))
        return [_Source("代办", f"委托人本人的事：{names}", "", who.grants, None)]
    if who.kind == "service":
        account = ServiceAccount.objects.filter(pk=who.id).select_related("role", "reach").first()
        if account is None:
            return []
        return [_Source(account.role.name, _scope(account.region, account.reach, False), "", who.grants, account.pk)]
    today = timezone.localdate()
    rows = Appointment.objects.filter(person=who.id).select_related("role", "unit").order_by("role__name", "pk")
    current = set(Appointment.objects.filter(holding(today), person=who.id).values_list("pk", flat=True))
    return [
        _Source(
            row.role.name,
            _scope(row.region, row.unit, row.own),
            "" if row.pk in current else _past(row, today),
            grants_of([(row.role_id, row.region, row.unit_id, row.own)]),
            row.pk,
        )
        for row in rows
    ]


def _judged(each: _Source, who: Actor, action: str, resource: str, own: Declaration, row: Record | None) -> Held:
    lines = tuple(
        _line(grant, who, own, row, bool(each.state)) for grant in each.grants if grant.covers(action, resource)
    )
    return Held(each.role, each.scope, each.state, lines, each.id)


def _line(grant: Grant, who: Actor, own: Declaration, row: Record | None, past: bool) -> Line:
    text = f"{grant.action} {grant.resource}（至 {grant.max_grade} 级）"
    if past:
        return Line(text, False, "任职已不在有效期内")
    part = reach_of(grant, own, who)
    if part is None:
        return Line(text, False, _unreached(grant, own))
    if row is None or not part or type(row)._default_manager.filter(part, pk=row.pk).exists():
        return Line(text, True, "这一条给予了权限")
    if grant.own:
        return Line(text, False, "只限本人的记录，这一条不是")
    return Line(text, False, "记录不在这一范围内")


def _unreached(grant: Grant, own: Declaration) -> str:
    if grant.max_grade < own.grade:
        return f"只到 {grant.max_grade} 级，这类记录为 {own.grade} 级"
    if grant.own:
        return "只限本人的记录，而这类记录不属于个人"
    if grant.region is not None:
        return "按地区授权，而这类记录不分地区"
    return "按部门授权，而这类记录不分部门" if grant.units else "任职没有写明地区或部门，管不到任何记录"


def _why_not(who: Actor, held: tuple[Held, ...]) -> str:
    if who.kind == "anonymous":
        return "不可以：没有登录，或账号已停用"
    if not held:
        return "不可以：没有任何任职"
    near = [line.reason for each in held if not each.state for line in each.lines]
    if near:
        return f"不可以：{'；'.join(dict.fromkeys(near))}"
    if any(each.lines for each in held):
        return "不可以：给予这项权限的任职已不在有效期内"
    return "不可以：现有角色都没有这个动作的权限"


def _needed(
    action: str, resource: str, own: Declaration, place: tuple[str, ...], units: tuple[str, ...]
) -> tuple[str, ...]:
    lines = RoleGrant.objects.filter(action__in=(action, "*"), max_grade__gte=own.grade).select_related("role")
    roles = sorted({line.role.name for line in lines if fnmatchcase(resource, line.resource)})
    wanted = [
        f"一个含有 {action} {resource}（{own.grade} 级以上）的角色"
        + (f"，现有：{'、'.join(roles[:8])}" if roles else "，目前没有这样的角色")
    ]
    if place:
        wanted.append(f"地区范围包含 {place[-1]}，即以下任一级：{' › '.join(place)}")
    if units:
        wanted.append(f"或部门范围包含 {units[-1]}")
    return tuple(wanted)


def _givers(who: Actor) -> tuple[str, ...]:
    """Who is in charge of this person: may appoint him."""
    if who.kind != "person":
        return ()
    roles = RoleGrant.objects.filter(action__in=("appoint", "*"), resource__in=("*", "people.*", "people.person"))
    holders = (
        Appointment.objects.filter(holding(timezone.localdate()), role__in=roles.values("role"))
        .exclude(person=who.id)
        .values_list("person", flat=True)
        .distinct()[:_ASKED]
    )
    found = [
        actor
        for key in holders
        if (actor := actor_of(key)).kind == "person" and Person.visible_to(actor, "appoint").filter(pk=who.id).exists()
    ]
    return tuple(f"{actor.name}（{actor.title}）" if actor.title else actor.name for actor in found)


def _value(row: Record | None, path: str | None) -> object:
    current: object = row
    for step in path.split("__") if path else ():
        current = getattr(current, step, None)
    return current if path else None


def _scope(region: str | None, unit: Unit | None, own: bool) -> str:
    if own:
        return "只限本人"
    if unit is not None:
        return f"部门：{unit.name}及下级"
    if region:
        names = _regions(region)
        return f"地区：{names[-1] if names else region}"
    return "未写明范围"


def _past(row: Appointment, today: date) -> str:
    if row.valid_from is not None and row.valid_from > today:
        return f"{row.valid_from} 起生效"
    return f"已于 {row.valid_to} 失效"


def _regions(region: object) -> tuple[str, ...]:
    from yongzhou.core.places.models import Place

    code = str(region or "")
    prefixes = [code[:length] for length in (2, 4, 6, 9, 12, 15) if length <= len(code)]
    names = dict(Place.objects.filter(code__in=prefixes).values_list("code", "name"))
    return tuple(f"{names[prefix]} {prefix}" for prefix in prefixes if prefix in names)


def _above(unit: object) -> tuple[str, ...]:
    key = unit.pk if isinstance(unit, Unit) else unit if isinstance(unit, UUID) else None
    names: list[str] = []
    for _ in range(12):
        row = Unit.objects.filter(pk=key).values_list("name", "parent_id").first() if key is not None else None
        if row is None:
            break
        names.insert(0, row[0])
        key = row[1]
    return tuple(names)

"""Give somebody a role, and take it away: never more than the giver holds, never outside his own scope.

Beyond that two officers together may entrust a role (`people.entrust`): one proposes, another one countersigns.
"""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.utils import timezone
from pydantic import BaseModel, Field

from yongzhou.core.data.actor import Actor, Grant
from yongzhou.core.operations.context import Context
from yongzhou.core.operations.problem import Problem, not_found
from yongzhou.core.operations.registry import operation
from yongzhou.core.people.actors import subtree
from yongzhou.core.people.domain.rights import first_beyond
from yongzhou.core.people.ending import rights_changed
from yongzhou.core.people.models import Appointment, Person, Role, RoleGrant, Unit


class Appoint(BaseModel):
    """Who, as what, where: within a region or within a unit and all below it."""

    person: UUID = Field(title="人员")
    role: UUID = Field(title="角色", json_schema_extra={"resource": "people.role"})
    region: str = Field(default="", title="地区范围", pattern=r"^[0-9]{0,15}$")
    unit: UUID | None = Field(default=None, title="部门范围", json_schema_extra={"resource": "people.unit"})
    valid_to: date | None = Field(default=None, title="失效日期")


class Entrust(Appoint):
    """An appointment beyond one's own rights, with its reason."""

    reason: str = Field(title="原因", min_length=2, max_length=200)


class Appointed(BaseModel):
    """The appointment."""

    appointment: UUID


class Revoke(BaseModel):
    """Which appointment ends, and why."""

    appointment: UUID = Field(title="任职")
    reason: str = Field(title="原因", min_length=2, max_length=200)


@operation("people.appoint", title="任命", on=Person, action="appoint")
def appoint(ctx: Context, data: Appoint) -> Appointed:
    """Let a person of one's own scope hold a role there; whoever appoints must hold each of its rights himself."""
    person = ctx.get(Person, data.person)
    if person.pk == ctx.actor.id:
        raise Problem("forbidden", "不能给自己任命", status=403, remedy="请由另一位管理员办理")
    role = role_of(data.role)
    units = scope_of(data.region, data.unit)
    must_hold(ctx.actor, role, data.region, units)
    return _appointed(ctx, data, role)


def _appointed(ctx: Context, data: Appoint, role: Role) -> Appointed:
    today = timezone.localdate(ctx.now)
    if data.valid_to is not None and data.valid_to <= today:
        raise Problem("invalid", "失效日期须晚于今天", field="valid_to", remedy="不填表示长期有效")
    appointment = Appointment(person_id=data.person, role=role, region=data.region, unit_id=data.unit, valid_from=today)
    if data.valid_to is not None:
        appointment.valid_to = data.valid_to
    ctx.save(appointment)
    ctx.notes |= {"person": str(data.person), "role": role.code, "region": data.region, "unit": str(data.unit or "")}
    rights_changed(data.person)
    return Appointed(appointment=appointment.pk)


@operation("people.entrust", title="两人授权", on=Person, action="entrust", two_persons=True)
def entrust(ctx: Context, data: Entrust) -> Appointed:
    """Two officers let a person of their scope hold any role there; neither of them is that person."""
    person = ctx.get(Person, data.person)
    if str(person.pk) in (str(ctx.actor.id), ctx.notes.get("proposer")):
        raise Problem("forbidden", "不能给自己授权", status=403, remedy="请由另外两位管理员办理")
    role = role_of(data.role)
    units = scope_of(data.region, data.unit)
    reach = [line.region for line in ctx.actor.lines("entrust", "people.person") if line.region is not None]
    places = [data.region] if data.region else list(Unit.objects.filter(pk__in=units).values_list("region", flat=True))
    if not all(place.startswith(tuple(reach)) for place in places):
        raise Problem("forbidden", "授权范围超出了您的管辖地区", status=403, remedy="请由上级办理")
    ctx.notes |= {"reason": data.reason}
    return _appointed(ctx, data, role)


@operation("people.revoke", title="撤销任职", on=Appointment, action="revoke")
def revoke(ctx: Context, data: Revoke) -> Appointed:
    """End an appointment today; what it gave is gone within seconds, its row stays for the record."""
    appointment = ctx.get(Appointment, data.appointment)
    if appointment.person_id == ctx.actor.id:
        raise Problem("forbidden", "不能撤销自己的任职", status=403, remedy="请由另一位管理员办理")
    today = timezone.localdate(ctx.now)
    if appointment.valid_to is not None and appointment.valid_to <= today:
        raise Problem("not_now", "这项任职已经结束", status=409, remedy="请刷新")
    appointment.valid_to = today
    ctx.save(appointment)
    ctx.notes |= {"person": str(appointment.person_id), "role": appointment.role.code, "reason": data.reason}
    rights_changed(appointment.person_id)
    return Appointed(appointment=appointment.pk)


def role_of(key: UUID) -> Role:
    """A role by its id; 404 for an unknown one."""
    found = Role.objects.filter(pk=key).first()
    if found is None:
        raise not_found("角色")
    return found


def scope_of(region: str, unit: UUID | None) -> frozenset[UUID]:
    """The units of a scope that is either a region or a unit with all below it; `Problem` for both or none."""
    if bool(region) == (unit is not None):
        raise Problem("invalid", "范围只填一种：地区或部门", field="region", remedy="填地区编码，或选一个部门")
    if unit is None:
        return frozenset()
    if not Unit.objects.filter(pk=unit).exists():
        raise not_found("单位")
    return subtree(unit)


def must_hold(who: Actor, role: Role, region: str, units: frozenset[UUID]) -> None:
    """403 unless every line of a role in this scope is covered by a line that the giver holds himself."""
    given = [
        Grant(role.name, line.action, line.resource, line.max_grade, region or None, units)
        for line in RoleGrant.objects.filter(role=role)
    ]
    if beyond := first_beyond(who.grants, given):
        raise Problem(
            "beyond",
            f"「{role.name}」含有您自己没有的权限：{beyond.action} {beyond.resource}（{beyond.max_grade} 级）",
            status=403,
            remedy="不能授予超出自己的权限或范围；请走两人授权，由安全保密管理员提出",
        )


def givable(who: Actor, region: str, unit: UUID | None) -> list[Role]:
    """The roles that somebody may give in a scope, by name; roles without lines give nothing and are left out."""
    units = subtree(unit) if unit is not None else frozenset[UUID]()
    lines: dict[UUID, list[RoleGrant]] = {}
    for line in RoleGrant.objects.select_related("role").order_by("role__name"):
        lines.setdefault(line.role_id, []).append(line)
    return [
        listed[0].role
        for listed in lines.values()
        if first_beyond(
            who.grants,
            (Grant(x.role.name, x.action, x.resource, x.max_grade, region or None, units) for x in listed),
        )
        is None
    ]

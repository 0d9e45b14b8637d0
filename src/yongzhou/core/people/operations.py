"""Give somebody a role, and take it away: never more than the giver holds, never outside his own scope."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.utils import timezone
from pydantic import BaseModel, Field

from yongzhou.core.data.actor import Grant
from yongzhou.core.operations.context import Context
from yongzhou.core.operations.problem import Problem, not_found
from yongzhou.core.operations.registry import operation
from yongzhou.core.people.actors import forget, subtree
from yongzhou.core.people.models import Appointment, Person, Role, RoleGrant, Unit


class Appoint(BaseModel):
    """Who, as what, where: within a region or within a unit and all below it."""

    person: UUID = Field(title="人员")
    role: UUID = Field(title="角色", json_schema_extra={"resource": "people.role"})
    region: str = Field(default="", title="地区范围", pattern=r"^[0-9]{0,15}$")
    unit: UUID | None = Field(default=None, title="部门范围", json_schema_extra={"resource": "people.unit"})
    valid_to: date | None = Field(default=None, title="失效日期")


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
    role = Role.objects.filter(pk=data.role).first()
    if role is None:
        raise not_found("角色")
    if bool(data.region) == (data.unit is not None):
        raise Problem("invalid", "范围只填一种：地区或部门", field="region", remedy="填地区编码，或选一个部门")
    units = frozenset[UUID]()
    if data.unit is not None:
        if not Unit.objects.filter(pk=data.unit).exists():
            raise not_found("单位")
        units = subtree(data.unit)
    for line in RoleGrant.objects.filter(role=role):
        given = Grant(role.name, line.action, line.resource, line.max_grade, data.region or None, units)
        if not any(covers(own, given) for own in ctx.actor.grants):
            raise Problem(
                "forbidden",
                f"「{role.name}」含有您自己没有的权限：{line.action} {line.resource}（{line.max_grade} 级）",
                status=403,
                remedy="不能授予超出自己的权限或范围；请由上级或安全保密管理员办理",
            )
    today = timezone.localdate(ctx.now)
    appointment = Appointment(person=person, role=role, region=data.region, unit_id=data.unit, valid_from=today)
    if data.valid_to is not None:
        appointment.valid_to = data.valid_to
    ctx.save(appointment)
    ctx.notes |= {"person": str(person.pk), "role": role.code, "region": data.region, "unit": str(data.unit or "")}
    forget()
    return Appointed(appointment=appointment.pk)


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
    forget()
    return Appointed(appointment=appointment.pk)


def covers(own: Grant, given: Grant) -> bool:
    """Whether a line that somebody holds takes in a line that he would give: action, resources, grade and scope.

    Resource patterns are compared as patterns: `people.*` takes in `people.unit` and `people.*`, never `*`.
    """
    if own.own or own.action not in ("*", given.action) or own.max_grade < given.max_grade:
        return False
    if not _takes_in(own.resource, given.resource):
        return False
    if given.region is not None:
        return own.region is not None and given.region.startswith(own.region)
    return bool(given.units) and given.units <= own.units


def _takes_in(own: str, given: str) -> bool:
    """Whether every name that the pattern `given` matches is matched by `own` (patterns end in `*` or have none)."""
    if own == given or own == "*":
        return True
    prefix, star, rest = own.partition("*")
    return bool(star) and not rest and "*" not in given.removesuffix("*") and given.removesuffix("*").startswith(prefix)

"""Logins of a unit's people: registered, reset, closed, opened by who is in charge of them."""

from __future__ import annotations

from uuid import UUID

from pydantic import BaseModel, Field

from yongzhou.core.data.actor import Actor, Grant
from yongzhou.core.operations.context import Context
from yongzhou.core.operations.problem import Problem
from yongzhou.core.operations.registry import operation
from yongzhou.core.people import factors, sessions
from yongzhou.core.people.actors import actor_of
from yongzhou.core.people.domain.rights import first_beyond
from yongzhou.core.people.ending import rights_changed
from yongzhou.core.people.models import Login, Person, Unit
from yongzhou.core.people.signing_in import forget_devices, temporary_password


class Register(BaseModel):
    """A new colleague with a login."""

    unit: UUID = Field(title="所在单位", json_schema_extra={"resource": "people.unit"})
    name: str = Field(title="姓名", min_length=2, max_length=40)
    job: str = Field(default="", title="职务", max_length=40)
    login: str = Field(title="登录名", min_length=3, max_length=40, pattern=r"^[A-Za-z0-9_.一-鿿-]+$")
    phone: str = Field(default="", title="手机号", pattern=r"^(1[0-9]{10})?$")


class Registered(BaseModel):
    """The person, and the first password: shown once."""

    person: UUID
    login: str
    password: str


class Manage(BaseModel):
    """Whose login, and why."""

    person: UUID = Field(title="人员")
    reason: str = Field(title="原因", min_length=2, max_length=200)


class Managed(BaseModel):
    """The person."""

    person: UUID


@operation("people.register", title="登记人员", on=Unit, action="manage")
def register(ctx: Context, data: Register) -> Registered:
    """Register a person of one's own units with a login; he holds nothing until he is appointed."""
    unit = ctx.get(Unit, data.unit, lock=False)
    if Login.objects.filter(name=data.login).exists():
        raise Problem("conflict", "这个登录名已被使用", status=409, field="login", remedy="换一个登录名")
    person = Person(kind="person", name=data.name, region=unit.region, unit=unit, job=data.job, phone=data.phone)
    ctx.save(person)
    login = Login(name=data.login, person=person)
    password = temporary_password(login, ctx.now)
    login.save()
    ctx.notes |= {"login": data.login, "unit": unit.code}
    return Registered(person=person.pk, login=data.login, password=password)


@operation("people.reset_login", title="重置登录", on=Person, action="manage")
def reset_login(ctx: Context, data: Manage) -> Registered:
    """Give somebody a new first password; only who holds all that the person holds, for he could sign in as him."""
    person = _other(ctx, data)
    if beyond := first_beyond(ctx.actor.grants, _standing(actor_of(person.pk, fresh=True))):
        raise Problem(
            "beyond",
            f"对方持有您没有的权限：{beyond.action} {beyond.resource}（{beyond.max_grade} 级）",
            status=403,
            remedy="重置会让您能以对方身份登录；请走两人重置，由安全保密管理员提出",
        )
    return _reset(ctx, person, data.reason)


@operation("people.recover_login", title="两人重置登录", on=Person, action="entrust", two_persons=True)
def recover_login(ctx: Context, data: Manage) -> Registered:
    """Two officers together give a new first password to somebody who holds more than either of them."""
    person = _other(ctx, data)
    if str(person.pk) == ctx.notes.get("proposer"):
        raise Problem("forbidden", "不能为自己重置", status=403, remedy="请由另外两位管理员办理")
    return _reset(ctx, person, data.reason)


@operation("people.close_login", title="停用登录", on=Person, action="manage")
def close_login(ctx: Context, data: Manage) -> Managed:
    """Close somebody's logins: his sessions, tokens and live pages end within seconds."""
    person = _other(ctx, data)
    if not Login.objects.filter(person=person, is_active=True).update(is_active=False):
        raise Problem("not_now", "没有可停用的登录", status=409, remedy="请刷新")
    sessions.end(person.pk, ctx.now)
    ctx.notes |= {"reason": data.reason}
    return Managed(person=person.pk)


@operation("people.open_login", title="恢复登录", on=Person, action="manage")
def open_login(ctx: Context, data: Manage) -> Managed:
    """Open closed logins again."""
    person = _other(ctx, data)
    if not Login.objects.filter(person=person, is_active=False).update(is_active=True):
        raise Problem("not_now", "没有已停用的登录", status=409, remedy="请刷新")
    rights_changed(person.pk)
    ctx.notes |= {"reason": data.reason}
    return Managed(person=person.pk)


def _other(ctx: Context, data: Manage) -> Person:
    person = ctx.get(Person, data.person)
    if person.pk == ctx.actor.id:
        raise Problem("forbidden", "不能这样处理自己的登录", status=403, remedy="改密码请到「我的账户」")
    return person


def _standing(target: Actor) -> list[Grant]:
    """What a person holds by office and can use; rights over his own rows nobody else can hold."""
    return [grant for grant in target.grants if not grant.own and (grant.region is not None or grant.units)]


def _reset(ctx: Context, person: Person, reason: str) -> Registered:
    login = Login.objects.select_for_update().filter(person=person).order_by("pk").first()
    if login is None:
        raise Problem("not_now", "此人还没有登录", status=409, remedy="先登记他的登录名")
    password = temporary_password(login, ctx.now)
    login.save(update_fields=["password", "temporary_until"])
    factors.remove(login)
    forget_devices(login)
    sessions.end(person.pk, ctx.now)
    ctx.notes |= {"login": login.name, "reason": reason}
    return Registered(person=person.pk, login=login.name, password=password)

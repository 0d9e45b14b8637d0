"""Service accounts and their keys: a machine never holds more than who lets it in."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from pydantic import BaseModel, Field

from yongzhou.core.operations.context import Context
from yongzhou.core.operations.problem import Problem
from yongzhou.core.operations.registry import operation
from yongzhou.core.people import keys
from yongzhou.core.people.actors import subtree
from yongzhou.core.people.ending import rights_changed
from yongzhou.core.people.models import Person, ServiceAccount, ServiceKey, Unit
from yongzhou.core.people.operations.appointing import must_hold, role_of, scope_of
from yongzhou.core.people.policy import policy


class OpenService(BaseModel):
    """A machine, who answers for it, and what it holds where."""

    unit: UUID = Field(title="所属单位", json_schema_extra={"resource": "people.unit"})
    code: str = Field(title="账号编码", min_length=3, max_length=40, pattern=r"^[a-z0-9-]+$")
    name: str = Field(title="账号名称", min_length=2, max_length=60)
    aim: str = Field(title="用途", min_length=4, max_length=200)
    role: UUID = Field(title="角色", json_schema_extra={"resource": "people.role"})
    region: str = Field(default="", title="地区范围", pattern=r"^[0-9]{0,15}$")
    reach: UUID | None = Field(default=None, title="部门范围", json_schema_extra={"resource": "people.unit"})


class Opened(BaseModel):
    """The account."""

    account: UUID


class IssueKey(BaseModel):
    """A key: for what, how long, and which older one it takes the place of."""

    account: UUID = Field(title="服务账号")
    label: str = Field(title="密钥名称", min_length=2, max_length=60)
    patterns: str = Field(
        title="可用范围",
        default="*:*",
        max_length=600,
        description="每行一条「动作:资源」，如 read:water.*；*:* 为账号的全部权限",
    )
    days: int = Field(title="有效天数", ge=1, le=3660, default=90)
    replaces: UUID | None = Field(default=None, title="替换哪一把")


class Issued(BaseModel):
    """The key's text: shown once, kept nowhere."""

    account: UUID
    key: UUID
    text: str
    expires_at: datetime


class RevokeKey(BaseModel):
    """Which key of which account ends now, and why."""

    account: UUID = Field(title="服务账号")
    service_key: UUID = Field(title="密钥")
    reason: str = Field(title="原因", min_length=2, max_length=200)


class CloseService(BaseModel):
    """Which account ends, and why."""

    account: UUID = Field(title="服务账号")
    reason: str = Field(title="原因", min_length=2, max_length=200)


@operation("people.open_service", title="开通服务账号", on=Unit, action="manage")
def open_service(ctx: Context, data: OpenService) -> Opened:
    """Open an account for a machine of one's own units; whoever opens it must hold each of its rights himself."""
    unit = ctx.get(Unit, data.unit, lock=False)
    person = Person.objects.filter(pk=ctx.actor.id).first()
    if person is None:
        raise Problem("forbidden", "服务账号须由人开通", status=403, remedy="请由单位管理员登录后办理")
    role = role_of(data.role)
    must_hold(ctx.actor, role, data.region, scope_of(data.region, data.reach))
    account = ServiceAccount(
        code=data.code,
        name=data.name,
        purpose=data.aim,
        unit=unit,
        responsible=person,
        role=role,
        region=data.region,
        reach_id=data.reach,
    )
    ctx.save(account)
    ctx.notes |= {"code": data.code, "role": role.code}
    return Opened(account=account.pk)


@operation("people.issue_key", title="签发密钥", on=ServiceAccount, action="manage")
def issue_key(ctx: Context, data: IssueKey) -> Issued:
    """Make a key of an account; with `replaces` the old one still works for the city's overlap, then ends."""
    account = ctx.get(ServiceAccount, data.account)
    if account.closed:
        raise Problem("not_now", "这个服务账号已停用", status=409, remedy="请另开一个账号")
    units = subtree(account.reach_id) if account.reach_id else frozenset[UUID]()
    must_hold(ctx.actor, account.role, account.region or "", units)
    rules = policy()
    if data.days * 86400 > rules.key_s:
        raise Problem(
            "invalid", f"密钥最长 {rules.key_s // 86400} 天", field="days", remedy="到期前轮换，不要签长期密钥"
        )
    row, text = keys.make(
        account,
        data.label,
        _patterns(data.patterns),
        by=ctx.actor.name,
        now=ctx.now,
        expires_at=ctx.now + timedelta(days=data.days),
    )
    if data.replaces is not None:
        old = _key(account, data.replaces)
        old.expires_at = min(old.expires_at, ctx.now + timedelta(seconds=rules.key_overlap_s))
        old.save(update_fields=["expires_at"])
        keys.forget()
    ctx.saved.append(account)
    ctx.notes |= {"key": row.prefix, "patterns": [":".join(pair) for pair in row.patterns], "days": data.days}
    return Issued(account=account.pk, key=row.pk, text=text, expires_at=row.expires_at)


@operation("people.revoke_key", title="吊销密钥", on=ServiceAccount, action="manage")
def revoke_key(ctx: Context, data: RevokeKey) -> Opened:
    """End one key within seconds in every process."""
    account = ctx.get(ServiceAccount, data.account)
    row = _key(account, data.service_key)
    row.revoked_at = ctx.now
    row.save(update_fields=["revoked_at"])
    keys.forget()
    ctx.notes |= {"key": row.prefix, "reason": data.reason}
    return Opened(account=account.pk)


@operation("people.close_service", title="停用服务账号", on=ServiceAccount, action="manage")
def close_service(ctx: Context, data: CloseService) -> Opened:
    """End an account with all its keys."""
    account = ctx.get(ServiceAccount, data.account)
    account.closed = True
    ctx.save(account)
    ServiceKey.objects.filter(account=account, revoked_at__isnull=True).update(revoked_at=ctx.now)
    keys.forget()
    rights_changed(account.pk)
    ctx.notes |= {"reason": data.reason}
    return Opened(account=account.pk)


def _key(account: ServiceAccount, key: UUID) -> ServiceKey:
    row = ServiceKey.objects.select_for_update().filter(account=account, pk=key, revoked_at__isnull=True).first()
    if row is None:
        raise Problem("key", "没有找到这把密钥，或已吊销", status=404, remedy="请刷新页面")
    return row


def _patterns(text: str) -> list[tuple[str, str]]:
    lines = text.replace("，", "\n").replace(",", "\n").split()
    if not lines:
        raise Problem("invalid", "请写明密钥的可用范围", field="patterns", remedy="例如 read:water.*")
    found = []
    for line in lines:
        if not keys.PATTERN.fullmatch(line):
            raise Problem(
                "invalid",
                f"看不懂「{line[:60]}」",
                field="patterns",
                remedy="写作「动作:资源」，如 read:water.* 或 *:*",
            )
        action, _, resource = line.partition(":")
        found.append((action, resource))
    return found

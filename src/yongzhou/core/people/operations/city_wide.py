"""What holds for the whole city: the identity provider, and the end of demo accounts."""

from __future__ import annotations

from typing import Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, Field

from yongzhou.core.crypto import seal
from yongzhou.core.operations.context import Context
from yongzhou.core.operations.problem import Problem
from yongzhou.core.operations.registry import operation
from yongzhou.core.people import sessions
from yongzhou.core.people.actors import actor_of
from yongzhou.core.people.ending import rights_changed
from yongzhou.core.people.models import IdentityProvider, Login

SECRET: str = "people.identity_provider.client_secret"  # noqa: S105 - the context it is sealed for


class ConfigureProvider(BaseModel):
    """An OpenID Connect provider; an empty secret keeps the one that is there."""

    code: str = Field(title="代号", min_length=2, max_length=40, pattern=r"^[a-z0-9-]+$")
    title: str = Field(title="按钮上的名称", min_length=2, max_length=60)
    issuer: str = Field(title="签发者地址（issuer）", min_length=8, max_length=300)
    client_id: str = Field(title="客户端编号", min_length=1, max_length=200)
    client_secret: str = Field(default="", title="客户端密钥", max_length=300)
    claim: str = Field(default="preferred_username", title="用于对应本人的声明", pattern=r"^[A-Za-z0-9_:./-]{1,60}$")
    matches: Literal["login", "phone", "id_number"] = Field(default="login", title="对应到")
    scopes: str = Field(default="openid profile", title="请求的范围", pattern=r"^[A-Za-z0-9_:. -]{6,200}$")
    enabled: bool = Field(default=False, title="启用")


class Configured(BaseModel):
    """The provider."""

    code: str
    enabled: bool


class Demo(BaseModel):
    """Why."""

    reason: str = Field(title="原因", min_length=2, max_length=200)


class Counted(BaseModel):
    """How many accounts changed."""

    accounts: int


@operation("people.configure_provider", title="设置统一身份认证", on=None, action="configure")
def configure_provider(ctx: Context, data: ConfigureProvider) -> Configured:
    """Set up, switch on or off an OpenID Connect provider; its secret is sealed."""
    must_be_safe(data.issuer)
    if "openid" not in data.scopes.split():
        raise Problem("invalid", "请求的范围须含 openid", field="scopes")
    row = IdentityProvider.objects.filter(code=data.code).first() or IdentityProvider(code=data.code)
    for name in ("title", "issuer", "client_id", "claim", "matches", "scopes", "enabled"):
        setattr(row, name, getattr(data, name))
    if data.client_secret:
        row.client_secret = seal(data.client_secret, SECRET)
    row.save()
    ctx.notes |= {"code": data.code, "issuer": data.issuer, "enabled": data.enabled}
    return Configured(code=data.code, enabled=data.enabled)


@operation("people.close_demo_accounts", title="停用演示账号", on=None, action="configure")
def close_demo_accounts(ctx: Context, data: Demo) -> Counted:
    """Close the logins of all synthetic persons; refused while nobody real could open anything again."""
    rows = Login.objects.filter(person__origin="synthetic", is_active=True)
    real = Login.objects.filter(is_active=True).exclude(person__origin="synthetic").values_list("person", flat=True)
    if not any(actor_of(person, fresh=True).lines("configure", "people.open_demo_accounts") for person in real):
        raise Problem(
            "not_now",
            "还没有真实的安全保密管理员，停用演示账号后将无人能管理",
            status=409,
            remedy="先登记一位真实人员，经两人授权成为安全保密管理员，由他办理",
        )
    people = list(rows.values_list("person", flat=True))
    rows.update(is_active=False)
    for person in people:
        sessions.end(person, ctx.now)
    ctx.notes |= {"accounts": len(people), "reason": data.reason}
    return Counted(accounts=len(people))


@operation("people.open_demo_accounts", title="恢复演示账号", on=None, action="configure")
def open_demo_accounts(ctx: Context, data: Demo) -> Counted:
    """Open the logins of all synthetic persons again, for a training or a demonstration."""
    rows = Login.objects.filter(person__origin="synthetic", is_active=False)
    people = list(rows.values_list("person", flat=True))
    rows.update(is_active=True)
    for person in people:
        rights_changed(person)
    ctx.notes |= {"accounts": len(people), "reason": data.reason}
    return Counted(accounts=len(people))


def must_be_safe(issuer: str) -> None:
    """`Problem` unless an address is https, or http on this very machine."""
    url = urlsplit(issuer)
    local = url.hostname in ("localhost", "127.0.0.1", "::1")
    if url.scheme not in ("https", "http") or not url.hostname or (url.scheme == "http" and not local):
        raise Problem("invalid", "签发者地址须为 https", field="issuer", remedy="例如 https://sso.example.gov.cn")
    if url.query or url.fragment or url.username:
        raise Problem("invalid", "签发者地址不能带参数或账号", field="issuer")

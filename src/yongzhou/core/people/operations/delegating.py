"""代办: a person lets another do named matters of his own; both see it, either ends it at once."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

from django.db.models import Q
from django.utils import timezone
from pydantic import BaseModel, Field

from yongzhou.core.crypto import blind
from yongzhou.core.operations.context import Context
from yongzhou.core.operations.problem import Problem, not_found
from yongzhou.core.operations.registry import operation
from yongzhou.core.people.ending import rights_changed
from yongzhou.core.people.models import Delegation, Person
from yongzhou.core.people.policy import delegable, policy


class Delegate(BaseModel):
    """Whom, for which matters, until when."""

    agent: str = Field(title="代办人账号或手机号", min_length=2, max_length=60)
    agent_name: str = Field(title="代办人姓名", min_length=2, max_length=80)
    matters: str = Field(title="委托事项", min_length=2, max_length=40)
    valid_to: date = Field(title="截止日期")


class Delegated(BaseModel):
    """The delegation."""

    delegation: UUID


class EndDelegation(BaseModel):
    """Which delegation ends now."""

    delegation: UUID = Field(title="代办委托")


@operation("people.delegate", title="委托代办", on=Delegation, action="delegate")
def delegate(ctx: Context, data: Delegate) -> Delegated:
    """Let a person who has an account do named matters for the one who asks, until a day (that day included)."""
    principal = Person.objects.filter(pk=ctx.actor.id).first()
    if principal is None or ctx.actor.by is not None:
        raise Problem("forbidden", "委托须由本人办理", status=403, remedy="请委托人自己登录")
    if data.matters not in delegable():
        known = "、".join(matter.title for matter in delegable().values())
        raise Problem("invalid", "没有这类委托事项", field="matters", remedy=f"可选：{known}")
    today, last = timezone.localdate(ctx.now), policy().delegation_s // 86400
    if not today <= data.valid_to <= today + timedelta(days=last):
        raise Problem("invalid", f"截止日期须在今天起 {last} 天内", field="valid_to", remedy="到期后可以再委托")
    agent = _agent(data)
    if agent.pk == principal.pk:
        raise Problem("agent", "不能委托自己", field="agent", remedy="请填另一个人的账号")
    row = Delegation(
        principal=principal,
        agent=agent,
        matters=data.matters,
        valid_from=today,
        valid_to=data.valid_to + timedelta(days=1),
        origin=principal.origin,
    )
    ctx.save(row)
    ctx.notes |= {"agent": str(agent.pk), "matters": data.matters, "to": data.valid_to.isoformat()}
    _tell(ctx, row, agent, f"{principal.name}委托您代办「{delegable()[data.matters].title}」，至 {data.valid_to}")
    return Delegated(delegation=row.pk)


@operation("people.end_delegation", title="终止代办", on=Delegation, action="delegate")
def end_delegation(ctx: Context, data: EndDelegation) -> Delegated:
    """End a delegation at once, by either side."""
    row = (
        Delegation.objects.select_for_update(of=("self",))
        .select_related("principal", "agent")
        .filter(Q(principal=ctx.actor.id) | Q(agent=ctx.actor.id), pk=data.delegation)
        .first()
    )
    if row is None or ctx.actor.by is not None:
        raise not_found("委托")
    if row.ended_at is not None:
        raise Problem("not_now", "这项委托已经终止", status=409, remedy="请刷新")
    row.ended_at, row.ended_by = ctx.now, ctx.actor.name
    ctx.save(row)
    rights_changed(row.principal_id)
    other = row.agent if row.principal_id == ctx.actor.id else row.principal
    _tell(ctx, row, other, f"{ctx.actor.name}终止了代办委托（{row.principal.name}委托{row.agent.name}）")
    return Delegated(delegation=row.pk)


def _agent(data: Delegate) -> Person:
    """The person by account or phone, and by name: one of them alone tells nothing of who has an account."""
    known = Q(logins__name=data.agent) | Q(phone_blind=blind(data.agent, "phone"))
    found = list(Person.objects.filter(known, name=data.agent_name, logins__is_active=True).distinct()[:2])
    if len(found) != 1:
        raise Problem(
            "agent", "没有找到这位代办人", field="agent", remedy="请核对账号（或手机号）与姓名；对方须已有账号"
        )
    return found[0]


def _tell(ctx: Context, row: Delegation, to: Person, text: str) -> None:
    from yongzhou.core.inbox.notify import notify  # the inbox stands on people

    notify(ctx, to, text, about=row)

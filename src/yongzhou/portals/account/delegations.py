"""代办: whom I let act for me, who lets me act for him, and stepping in and out of it."""

from __future__ import annotations

from datetime import timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from yongzhou.core.audit.lines import append
from yongzhou.core.operations.problem import Problem
from yongzhou.core.operations.run import run
from yongzhou.core.people.actors import actor_of, on_behalf
from yongzhou.core.people.delegations import given_by, held_by, holds
from yongzhou.core.people.models import Delegation
from yongzhou.core.people.operations.delegating import delegate, end_delegation
from yongzhou.core.people.policy import delegable, policy
from yongzhou.portals.account.shell import given, root, show, signed_in, uuid_of
from yongzhou.portals.gate.middleware import actor


@signed_in
@require_http_methods(["GET", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """Both sides of every delegation of mine; a new one; the end of one."""
    who = actor(request)
    problem = None
    if request.method == "POST":
        try:
            if ending := request.POST.get("end"):
                run(end_delegation, who, {"delegation": uuid_of(ending)}, door="form")
                messages.success(request, "委托已终止，立即生效")
            else:
                values = given(request, "agent", "agent_name", "matters", "valid_to")
                run(delegate, who, values, door="form")
                messages.success(request, "委托已生效，对方会收到消息")
            return redirect(f"{root(request)}delegations/")
        except Problem as error:
            if error.status in (401, 403, 404):
                raise
            problem = error
    today = timezone.localdate()
    words = {
        "problem": problem,
        "values": request.POST.dict() if problem else {},
        "matters": list(delegable().values()),
        "given": [_line(row, row.agent.name) for row in given_by(who.id)],
        "held": [_line(row, row.principal.name) for row in held_by(who.id)],
        "may": delegate.open_to(who),
        "today": today,
        "default": today + timedelta(days=30),
        "last": today + timedelta(days=policy().delegation_s // 86400),
    }
    return show(request, "delegations.html", words, status=422 if problem else 200)


@require_POST
def _behalf(request: HttpRequest) -> HttpResponse:
    """Step into another's place, or back: both leave their line, in the agent's own name."""
    me = actor_of(actor(request).by or actor(request).id)
    if wanted := request.POST.get("delegation"):
        found = on_behalf(me, uuid_of(wanted), fresh=True)
        if found.kind != "person":
            messages.error(request, "这项委托已经终止或到期")
            return redirect(f"{root(request)}delegations/")
        request.session["behalf"] = wanted
        verb, record = "people.act_for", uuid_of(wanted)
    else:
        ended = request.session.pop("behalf", None)
        verb, record = "people.act_as_self", uuid_of(ended) if ended else me.id
    append(
        actor=me,
        verb=verb,
        resource="people.delegation",
        record_id=record,
        purpose=None,
        outcome="done",
        door="form",
        detail={},
    )
    return redirect("/app/")


behalf = signed_in(_behalf, acting=True)


def _line(row: Delegation, other: str) -> dict[str, object]:
    matter = delegable().get(row.matters)
    return {
        "row": row,
        "other": other,
        "matters": matter.title if matter else row.matters,
        "last": row.valid_to - timedelta(days=1),
        "holds": holds(row, timezone.localdate()),
    }

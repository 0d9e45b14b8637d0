"""Commands to devices: what waits, what went out, what the devices said; proposals that need a second person."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from yongzhou.core.data.actor import Actor
from yongzhou.core.data.codes import label
from yongzhou.core.operations.keeping import opened
from yongzhou.core.operations.models import Proposal
from yongzhou.core.operations.problem import Problem
from yongzhou.core.operations.run import countersign
from yongzhou.core.pages import actor_of, reads
from yongzhou.core.things.models import Thing
from yongzhou.systems.foundation.iot_sensing import operations
from yongzhou.systems.foundation.iot_sensing.commanding import OPEN
from yongzhou.systems.foundation.iot_sensing.models import ACTIONS, COMMAND_STATES, Command
from yongzhou.systems.foundation.iot_sensing.pages.guards import carry_out

PAGE: Final = 100
PROPOSALS: Final = 50
HERE: Final = "/desk/iot_sensing/commands/"
BAD: Final = ("failed", "expired")


@reads(Command)
def commands(request: HttpRequest) -> HttpResponse:
    """Commands of one's region, the newest first; `?state=` picks one state."""
    actor, wanted = actor_of(request), request.GET.get("state", "")
    mine = Command.visible_to(actor)
    counts = dict(mine.order_by().values_list("state").annotate(number=Count("pk")))
    rows = mine.filter(state=wanted) if wanted in COMMAND_STATES else mine
    found = list(rows.select_related("thing", "asked_by", "agreed_by").order_by("-created_at")[:PAGE])
    return render(
        request,
        "iot_sensing/commands.html",
        {
            "rows": [
                {
                    "command": one,
                    "what": in_words(one.action, one.parameters),
                    "state": COMMAND_STATES.get(one.state, one.state),
                    "door": label("door", one.door),
                }
                for one in found
            ],
            "states": [(key, name, counts[key]) for key, name in COMMAND_STATES.items() if counts.get(key)],
            "wanted": wanted,
            "total": sum(counts.values()),
            "open": sum(counts.get(state, 0) for state in OPEN),
            "bad": BAD,
            "proposals": _proposals(actor),
            "may_send": operations.send_command.open_to(actor),
            "may_actuate": operations.operate_actuator.open_to(actor),
            "may_withdraw": operations.withdraw_command.open_to(actor),
        },
    )


def in_words(action: str, parameters: dict[str, object]) -> str:
    """A command with its parameters, as a person says it."""
    if action == "set_period":
        return f"上报周期改为 {parameters.get('seconds')} 秒"
    if action == "gate":
        return f"闸门开到 {parameters.get('opening_m')} m"
    if action == "pump":
        return "水泵开机" if parameters.get("on") else "水泵停机"
    return ACTIONS.get(action, action)


def _proposals(actor: Actor) -> list[dict[str, object]]:
    """What waits for a second person, of the things that this one may move."""
    if not operations.operate_actuator.open_to(actor):
        return []
    op = operations.operate_actuator
    waiting = Proposal.objects.filter(operation=op.name, decided_at__isnull=True).order_by("-at")[:PROPOSALS]
    asked = [(row, op.input.model_validate(opened(row.body))) for row in waiting]
    things = Thing.visible_to(actor, op.action).in_bulk([data.thing for _, data in asked])
    return [
        {
            "row": row,
            "thing": things[data.thing],
            "what": in_words(data.actuator, {"opening_m": data.opening_m, "on": data.on}),
            "reason": data.reason,
            "own": row.proposer == actor.id,
        }
        for row, data in asked
        if data.thing in things
    ]


@reads(Command)
def withdraw(request: HttpRequest, id: UUID) -> HttpResponse:
    """POST: take back a command that has not gone out."""
    return carry_out(request, operations.withdraw_command, {"command": id}, HERE, "已撤回，没有发出")


@reads(Command)
def agree(request: HttpRequest, id: UUID) -> HttpResponse:
    """POST: the second person agrees, and the command is queued."""
    if request.method != "POST":
        raise Problem("method", "请从页面上的按钮办理", status=405)
    try:
        countersign(operations.operate_actuator, actor_of(request), id, door="form")
    except Problem as problem:
        messages.error(request, "。".join(part for part in (problem.title, problem.remedy) if part))
    else:
        messages.success(request, "已复核，指令待发")
    return redirect(HERE)

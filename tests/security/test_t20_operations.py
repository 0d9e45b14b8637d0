"""T20: every operation x every demo person x the doors REST, form, command and job: the same refusal everywhere."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner
from django.test import Client

from tests.security.bodies import body, row_of, subject
from tests.security.rows import Sides
from tests.security.visitors import Visitors
from tests.support import matrix
from yongzhou.core.crypto import uuid7
from yongzhou.core.data.guard import resource_name
from yongzhou.core.jobs.registry import find as job_of
from yongzhou.core.operations.jobs import submit
from yongzhou.core.operations.problem import Problem
from yongzhou.core.operations.registry import find, operations
from yongzhou.core.people.actors import actor_of
from yongzhou.core.people.models import Login
from yongzhou.house.commands.operate import group
from yongzhou.house.setup import load_rooms

load_rooms()
NAMES = sorted(operations())
BY_RIGHT = {"forbidden", "not_found", "login"}
MACHINERY = {"item", "letter"}  # inputs that name no record: an unknown one is "not found" for whoever may do it at all


def wanted(op: Any, login: str, sides: Sides, side: str) -> str | None:
    """The refusal that the csv files ask for; None where none is."""
    if not matrix.may_at_all(login, op.action, op.resource):
        return "forbidden"
    if subject(op) is None and "owner" in op.input.model_fields:  # a new row must lie where its maker may write
        return None if matrix.may(login, op.action, op.resource, sides.facts("things.thing", side)) else "forbidden"
    if subject(op) is None:
        return "not_found" if MACHINERY & set(op.input.model_fields) else None
    key = next(name for name, row in sides.near.items() if type(row) is op.on)
    return matrix.refusal(login, op.action, op.resource, sides.facts(key, side))


@pytest.mark.parametrize("name", NAMES)
def test_rest_door(name: str, sides: Sides, visitors: Visitors, machine: Client) -> None:
    op = find(name)
    assert op is not None
    wrong = []
    given = {side: json.dumps(body(op, sides, side)) for side in ("near", "far")}
    for login in matrix.logins():
        for side in ("near", "far"):
            answer = machine.post(
                f"/api/{op.path}?dry_run=1", given[side], "application/json",
                headers=visitors.bearer(login),
            )  # fmt: skip
            code = answer.json().get("code") if answer.status_code >= 400 else None
            refused = code if code in BY_RIGHT else None
            if refused != wanted(op, login, sides, side):
                wrong.append(
                    (login, side, answer.status_code, code, answer.json().get("title"), wanted(op, login, sides, side))
                )
    assert not wrong
    assert machine.post(f"/api/{op.path}", "{}", "application/json").status_code == 401


@pytest.mark.parametrize("name", NAMES)
def test_form_command_and_job_refuse_alike(name: str, sides: Sides, visitors: Visitors) -> None:
    """Whoever the csv files refuse is refused with the same code at the three other doors; nothing runs."""
    op = find(name)
    assert op is not None
    wrong: list[tuple[Any, ...]] = []
    commands, given = group(op.system), body(op, sides, "far")
    for login in matrix.logins():
        expected = wanted(op, login, sides, "far")
        if expected is None:
            continue
        status = {"forbidden": 403, "not_found": 404}[expected]
        page = visitors.desk(login).post(f"/desk/do/{op.path}/", given)
        if page.status_code != status:
            wrong.append((login, "form", page.status_code, status))
        done = CliRunner().invoke(commands, [op.verb, "--as", login, "--json", json.dumps(given)])
        said = json.loads(done.stderr) if done.exit_code == 1 else {"code": done.output or repr(done.exception)}
        if said["code"] != expected:
            wrong.append((login, "command", said["code"], expected))
        if (told := by_job(op, login, given)) != expected:
            wrong.append((login, "job", told, expected))
    assert not wrong


def by_job(op: Any, login: str, given: dict[str, Any]) -> str:
    """What the job door says: at once, or when the worker runs it."""
    actor = actor_of(Login.objects.get(name=login).person_id)
    try:
        if not matrix.may_at_all(login, op.action, op.resource):
            submit(op, actor, given)
            return "queued"
        function = job_of(op.name)
        assert function is not None
        running: Any = SimpleNamespace(
            id=uuid7(), actor_id=actor.id, resume=lambda: None, check_cancelled=lambda: None, progress=lambda *_: None,
            checkpoint=lambda *_: None,
        )  # fmt: skip
        function(running, given)
    except Problem as problem:
        return problem.code
    return "done"


def test_the_form_shows_itself_only_to_whom_it_is_open(sides: Sides, visitors: Visitors) -> None:
    for op in operations().values():
        for login in ("duty", "unit_handler", "citizen", "outsider", "grid_worker", "sec_admin"):
            if login in matrix.logins():
                shown = visitors.desk(login).get(f"/desk/do/{op.path}/").status_code
                assert shown == (200 if matrix.may_at_all(login, op.action, op.resource) else 403), (op.name, login)


def test_every_row_of_an_operation_is_known_to_the_matrix(sides: Sides) -> None:
    for op in operations().values():
        if op.on is not None:
            assert resource_name(op.on) == op.resource
            assert row_of(op.on, sides, "near") is not None

"""The command door: `yongzhou <system> <verb> --as LOGIN --field value …`; the same checks as at every door."""

from __future__ import annotations

import json
import sys
from typing import Any

import click

from yongzhou.core.operations.problem import Problem
from yongzhou.core.operations.registry import Operation, operations
from yongzhou.core.operations.run import run
from yongzhou.core.people.actors import actor_of
from yongzhou.core.people.models import Login


def group(system: str) -> click.Group:
    """The operations of one system as commands."""
    found = click.Group(system, help=f"Operations of {system}.")
    for op in operations().values():
        if op.system == system:
            found.add_command(_command(op))
    return found


def _command(op: Operation[Any, Any]) -> click.Command:
    options: list[click.Parameter] = [
        click.Option([f"--{name.replace('_', '-')}", name], help=info.title or name, required=False)
        for name, info in op.input.model_fields.items()
    ]
    options += [
        click.Option(["--as", "login"], help="登录名", required=True),
        click.Option(["--json", "body"], help="整个输入，JSON"),
        click.Option(["--key"], help="幂等键"),
        click.Option(["--dry-run"], is_flag=True, help="试算，不保存"),
    ]

    def call(login: str, body: str | None, key: str | None, dry_run: bool, **given: str | None) -> None:
        found = Login.objects.filter(name=login, is_active=True).first()
        if found is None:
            click.echo(f"没有登录名 {login}", err=True)
            sys.exit(2)
        values = json.loads(body) if body else {name: value for name, value in given.items() if value is not None}
        try:
            result = run(op, actor_of(found.person_id, fresh=True), values, door="command", key=key, dry=dry_run)
        except Problem as problem:
            click.echo(json.dumps(problem.document(), ensure_ascii=False, indent=1), err=True)
            sys.exit(1)
        if result.proposal is not None:
            click.echo(json.dumps({"proposal": str(result.proposal)}))
        else:
            click.echo(json.dumps(json.loads(result.output.model_dump_json()), ensure_ascii=False, indent=1))

    return click.Command(op.verb, params=options, callback=call, help=op.title)

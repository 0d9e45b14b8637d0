"""`yongzhou reference`: the generated reference below docs/reference/."""

from __future__ import annotations

import sys

import click

from yongzhou.house.setup import start


@click.command()
@click.option("--write", "writing", is_flag=True, help="Write docs/reference/.")
@click.option("--check", "checking", is_flag=True, help="Exit code 1 with the list of stale pages.")
def command(writing: bool, checking: bool) -> None:
    """One heading for every operation, event, indicator, record, setting and command of the house."""
    start("command")
    from yongzhou.core.home import REPOSITORY
    from yongzhou.house.reference.pages import stale, write

    changed = write(REPOSITORY) if writing else stale(REPOSITORY)
    for name in changed:
        click.echo(f"{'已写' if writing else '过时'} {name}")
    if not writing:
        click.echo(f"{len(changed)} 页过时;运行 yongzhou reference --write" if changed else "参考与声明一致。")
    sys.exit(1 if checking and changed and not writing else 0)

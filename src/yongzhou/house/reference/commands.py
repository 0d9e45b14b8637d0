"""Every command of `yongzhou` with its arguments and options."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click

from yongzhou.house.cli import main
from yongzhou.house.reference.markdown import code, heading, plain, table


def lines() -> Iterator[str]:
    """One heading a command, in the order of the alphabet."""
    yield from ["## 命令 Commands", "", "操作的命令不列在这里,见各系统页:`yongzhou <系统> <动词>`。", ""]
    for name in names():
        found = main.get_command(click.Context(main), name)
        yield from [heading("command", f"yongzhou {name}"), "", plain((found and found.help) or ""), ""]
        yield from _options(found)
        for inner, command in sorted(getattr(found, "commands", {}).items()):
            yield from [heading("command", f"yongzhou {name} {inner}"), "", plain(command.help or ""), ""]
            yield from _options(command)


def names() -> list[str]:
    """Names of all commands but those of operations."""
    return main.list_commands(click.Context(main))


def _options(command: click.Command | None) -> list[str]:
    given = [each for each in (command.params if command else ()) if each.type is not click.UNPROCESSED]  # passed on
    return table(("参数 argument", "意思 meaning", "默认 default"), map(_option, given))


def _option(parameter: click.Parameter) -> tuple[str, str, str]:
    if isinstance(parameter, click.Option):
        default: Any = parameter.default
        shown = code(default) if isinstance(default, str | int | float) and not isinstance(default, bool) else ""
        return code(", ".join(parameter.opts)), plain(parameter.help or ""), shown
    return (
        code(parameter.make_metavar(click.Context(click.Command("x")))),
        "必填 required" if parameter.required else "",
        "",
    )

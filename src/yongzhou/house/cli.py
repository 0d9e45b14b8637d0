"""The command `yongzhou`. Only the command that is called is imported, so `yongzhou --help` is quick."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from pathlib import Path
from typing import Final, NamedTuple

import click

from yongzhou import __version__
from yongzhou.core.home import REPOSITORY

if str(REPOSITORY) not in sys.path:  # the simulator stands beside the house's package, wherever one calls from
    sys.path.append(str(REPOSITORY))

EX_CONFIG: Final = 78  # sysexits.h; the supervisor does not start such a member again


class Entry(NamedTuple):
    """One sub-command: where it stands ("module:name"), one line of help, whether it is a click command.

    `django`: its module imports models, so Django is set up before it is imported.
    """

    target: str
    help: str
    click: bool = True
    django: bool = False


# One line a command; the module is imported only when the command is called.
COMMANDS: Final[dict[str, Entry]] = {
    "run": Entry("yongzhou.house.commands.family:run", "Start the whole family in the foreground."),
    "stop": Entry("yongzhou.house.commands.family:stop", "Stop the family of this data folder."),
    "status": Entry("yongzhou.house.commands.family:status", "Members, memory, restarts, ports."),
    "doctor": Entry("yongzhou.house.commands.doctor:command", "Is this house well, and what to do."),
    "observe": Entry("yongzhou.house.commands.observe:command", "Role: the Prometheus endpoint alone."),
    "logs": Entry("yongzhou.house.commands.logs:command", "Follow and filter the members' logs."),
    "migrate": Entry(
        "yongzhou.house.prepare:main", "Load schema and city into the database.", click=False, django=True
    ),
    "prepare": Entry("yongzhou.house.prepared:main", "Once a start: migrate, if anything changed.", click=False),
    "worker": Entry("yongzhou.house.roles.worker:main", "Role: jobs and maintenance of the lake.", click=False),
    "pump": Entry("yongzhou.house.roles.pump:main", "Role: outbox, consumers, sealer, indicators.", click=False),
    "telemetry": Entry("yongzhou.house.roles.telemetry:main", "Role: reader of the stream OBS.", click=False),
    "systems": Entry("yongzhou.house.commands.systems:command", "State of the systems, docs/systems.md."),
    "truth": Entry("yongzhou.house.commands.truth:command", "Published values that tests check, docs/truth.md."),
    "reference": Entry(
        "yongzhou.house.commands.reference:command", "Every operation, event, setting: docs/reference/."
    ),
    "audit": Entry("yongzhou.core.audit.command:audit", "Verify the audit chain.", django=True),
    "replay": Entry("simulator.replay:command", "Send a recorded flood through the SL 651 door."),
    "generate": Entry("yongzhou.house.commands.generate:command", "Fill the house with a synthetic city."),
    "check": Entry("yongzhou.house.commands.check:command", "Check the systems' quality scales."),
    "schema": Entry("yongzhou.house.commands.schema:command", "Write schema/baseline.sql."),
    "new": Entry("yongzhou.house.commands.new:command", "Start a new system's folder."),
    "backup": Entry("yongzhou.house.commands.backup:command", "Back up a data folder."),
    "archive": Entry("yongzhou.house.commands.archive:command", "Archive a running city continuously."),
    "cluster": Entry("yongzhou.house.commands.cluster:command", "The cluster of the guide on one machine."),
    "restore": Entry("yongzhou.house.commands.restore:command", "Restore a data folder from a backup."),
}


class LazyGroup(click.Group):
    """A group whose commands are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names of the commands whose module is there, and of `gateway`."""
        return sorted(
            [*(name for name, entry in COMMANDS.items() if _exists(_module(entry))), *super().list_commands(ctx)]
        )

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command; a known command whose module is missing ends with a message."""
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return super().get_command(ctx, cmd_name) or _operations_of(cmd_name)
        return load(entry) if entry.click else passing(cmd_name, entry)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List names and one line each without importing anything."""
        with formatter.section("Commands"):
            formatter.write_dl(
                [
                    (name, COMMANDS[name].help if name in COMMANDS else self.commands[name].get_short_help_str())
                    for name in self.list_commands(ctx)
                ]
            )


def load(entry: Entry) -> click.Command:
    """The click command that an entry names; exits 78 with a message if its module is missing."""
    command = _load(entry.target, django=entry.django)
    if not isinstance(command, click.Command):
        raise TypeError(f"{entry.target} is not a click command")
    return command


def passing(name: str, entry: Entry) -> click.Command:
    """A command that hands its arguments, as they are, to a plain `main()` by `sys.argv`."""

    @click.command(
        name,
        help=entry.help,
        add_help_option=False,
        context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
    )
    @click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
    def command(arguments: tuple[str, ...]) -> None:
        run_main(entry.target, f"yongzhou {name}", arguments, django=entry.django)

    return command


def run_main(target: str, program: str, arguments: tuple[str, ...], *, django: bool = False) -> None:
    """Call the `main()` that "module:name" names, with these arguments in `sys.argv`."""
    function = _load(target, django=django)
    if not callable(function):
        raise TypeError(f"{target} cannot be called")
    sys.argv = [program, *arguments]
    sys.exit(function())


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(version=__version__, prog_name="yongzhou")
def main() -> None:
    """数字永州 Digital Yongzhou. DATA, PORT and CITY name the data folder, the block of ports and the city."""


@main.command(context_settings={"ignore_unknown_options": True, "allow_extra_args": True})
@click.argument("name")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def gateway(name: str, arguments: tuple[str, ...]) -> None:
    """Role: one door for machines, such as sl651."""
    from yongzhou.core.observe import logs

    logs.start(name)
    run_main(f"yongzhou.gateways.{name}.__main__:main", f"yongzhou gateway {name}", arguments)


def _operations_of(system: str) -> click.Command | None:
    """The operations of a system by its folder name: `yongzhou water raise-warning …`."""
    package = Path(__file__).resolve().parents[1]
    if not any((folder / system).is_dir() for folder in (package / "core", *package.glob("systems/*"))):
        return None
    group = _load("yongzhou.house.commands.operate:group", django=True)
    assert callable(group)
    found: click.Command = group(system)
    return found


def _module(entry: Entry) -> str:
    return entry.target.partition(":")[0]


def _exists(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def _load(target: str, *, django: bool) -> object:
    module, _, name = target.partition(":")
    if not _exists(module):
        click.echo(f"此功能尚未安装:没有模块 {module}。", err=True)
        sys.exit(EX_CONFIG)
    if django:
        from yongzhou.house.setup import start

        start("command")
    loaded: object = getattr(importlib.import_module(module), name)
    return loaded


if __name__ == "__main__":
    main(prog_name="yongzhou")

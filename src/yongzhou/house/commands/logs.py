"""`yongzhou logs`: the members' logs in order of time, filtered, followed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

import click

from yongzhou.core.home import Home

_COLOURS = {"error": "red", "warning": "yellow", "debug": "bright_black"}
_SHOWN = ("error", "message", "request", "trace", "route", "status", "ms")


@click.command()
@click.argument("members", nargs=-1)
@click.option("--follow", "-f", is_flag=True, help="Go on with what is written from now on.")
@click.option("--level", type=click.Choice(("debug", "info", "warning", "error")), default="info", show_default=True)
@click.option("--since", metavar="MINUTES", type=float, help="Only the last so many minutes.")
@click.option("--grep", metavar="TEXT", help="Only lines with this text.")
@click.option("--request", metavar="ID", help="Only lines of one request.")
@click.option("--trace", metavar="ID", help="Only lines of one trace.")
@click.option("--lines", "-n", default=200, show_default=True, help="At most so many of the past.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def command(
    members: tuple[str, ...],
    follow: bool,
    level: str,
    since: float | None,
    grep: str | None,
    request: str | None,
    trace: str | None,
    lines: int,
    as_json: bool,
) -> None:
    """Show the logs of MEMBERS (all, if none is named)."""
    from yongzhou.house.observe import lines as logs

    folder = Home.here().data / "logs"
    if not folder.is_dir():
        raise click.ClickException(f"{folder} 里没有日志:家族还没有在这个数据目录上运行过。")
    known = {path.name.partition(".")[0] for path in folder.glob("*.log*")}
    if unknown := sorted(set(members) - known):
        raise click.ClickException(f"没有 {'、'.join(unknown)} 的日志;可选:{'、'.join(sorted(known))}")
    least = logs.LEVELS.index(level)
    from_ = (datetime.now(UTC) - timedelta(minutes=since)).isoformat() if since is not None else ""

    def wanted(found: Iterable[logs.Line]) -> Iterator[logs.Line]:
        for line in found:
            fits = logs.LEVELS.index(line.level) >= least and (not from_ or line.at >= from_)
            fits = fits and (not request or line.more.get("request") == request)
            fits = fits and (not trace or line.more.get("trace") == trace)
            if fits and (not grep or grep in json.dumps(line.row(), ensure_ascii=False)):
                yield line

    for line in list(wanted(logs.read(folder, members)))[-lines:]:
        _tell(line, as_json)
    if follow:
        try:
            for line in wanted(logs.follow(folder, members, lambda: False)):
                _tell(line, as_json)
        except KeyboardInterrupt:
            return


def _tell(line: object, as_json: bool) -> None:
    from yongzhou.house.observe.lines import Line

    assert isinstance(line, Line)
    if as_json:
        click.echo(json.dumps(line.row(), ensure_ascii=False))
        return
    at = datetime.fromisoformat(line.at).astimezone().strftime("%m-%d %H:%M:%S") if line.at else " " * 14
    more = " ".join(f"{name}={line.more[name]}" for name in _SHOWN if line.more.get(name) not in (None, ""))
    text = f"{at} {line.level[:4]:4} {line.role:10} {line.event}"
    click.secho(f"{text} {more}".rstrip(), fg=_COLOURS.get(line.level))

"""`yongzhou restore`: an empty data folder from a backup, compared."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path

import click

from yongzhou.core.home import Home
from yongzhou.house.backup import BackupError


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option(
    "--verify/--no-verify", default=True, show_default=True, help="Compare row counts and digests afterwards."
)
@click.option("--passphrase", envvar="BACKUP_PASSPHRASE", help="The backup's passphrase.")
@click.option("--at", metavar="TIME", help="Of an archive: the moment, such as 2026-06-18T03:12:00+08:00; or `latest`.")
def command(folder: Path, verify: bool, passphrase: str | None, at: str | None) -> None:
    """Restore the backup (or with --at the archive) in FOLDER into the empty data folder DATA; PORT must be free."""
    words = passphrase or click.prompt("备份口令", hide_input=True)
    home = Home.here()
    if at is not None:
        _come_back(home, folder.resolve(), words, at)
        return
    from yongzhou.house.backup.restore import restore

    try:
        done = restore(home, folder.resolve(), words, compare=verify, tell=lambda text: click.echo(text, err=True))
    except BackupError as error:
        raise click.ClickException(str(error)) from error
    for fault in done.faults:
        click.echo(fault, err=True)
    if done.faults:
        sys.exit(1)
    compared = "行数与摘要全部相等" if verify else "未核对"
    click.echo(f"已恢复到 {home.data}({compared});总线余量 {sum(done.messages.values())} 条。现在可以 make run。")


def _come_back(home: Home, folder: Path, words: str, at: str) -> None:
    from yongzhou.house.archive.comeback import come_back

    try:
        moment = None if at == "latest" else datetime.fromisoformat(at)
    except ValueError:
        raise click.ClickException("--at 应为带时区的时间,例如 2026-06-18T03:12:00+08:00,或 latest") from None
    if moment is not None and moment.tzinfo is None:
        raise click.ClickException("--at 要写时区,例如 +08:00")
    try:
        done = come_back(home, folder, words, moment, tell=lambda text: click.echo(text, err=True))
    except BackupError as error:
        raise click.ClickException(str(error)) from error
    for fault in done.faults:
        click.echo(fault, err=True)
    reached = f"{done.reached.astimezone():%Y-%m-%d %H:%M:%S}" if done.reached else "归档末尾"
    click.echo(
        f"已恢复到 {home.data},到 {reached} 的最后一笔;数据湖 {done.lake_files} 个文件,"
        f"总线 {sum(done.messages.values())} 条。现在可以 make run。"
    )
    sys.exit(1 if done.faults else 0)

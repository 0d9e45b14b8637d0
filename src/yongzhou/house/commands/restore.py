"""`yongzhou restore`: an empty data folder from a backup, compared."""

from __future__ import annotations

import sys
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
def command(folder: Path, verify: bool, passphrase: str | None) -> None:
    """Restore the backup in FOLDER into the data folder that DATA names; it must be empty, PORT must be free."""
    words = passphrase or click.prompt("备份口令", hide_input=True)
    home = Home.here()
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

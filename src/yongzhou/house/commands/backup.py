"""`yongzhou backup`: a copy of the running city in one folder."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from yongzhou.core.home import Home
from yongzhou.house.backup import BackupError

PASSPHRASE = "BACKUP_PASSPHRASE"  # noqa: S105 - name of the variable


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--verify", "only_verify", is_flag=True, help="Check an existing backup instead of making one.")
@click.option("--passphrase", envvar=PASSPHRASE, help="Seals keys and passwords; better given by BACKUP_PASSPHRASE.")
def command(folder: Path, only_verify: bool, passphrase: str | None) -> None:
    """Back up the running city into FOLDER (empty or new), without stopping anything."""
    from yongzhou.house.backup.make import backup
    from yongzhou.house.backup.restore import verify

    try:
        if only_verify:
            faults = verify(folder, passphrase)
            click.echo("\n".join(faults) or "备份完好。")
            sys.exit(1 if faults else 0)
        words = passphrase or click.prompt("备份口令", hide_input=True, confirmation_prompt=True)
        made = backup(Home.here(), folder.resolve(), words, lambda text: click.echo(text, err=True))
    except BackupError as error:
        raise click.ClickException(str(error)) from error
    size = sum(size for size, _ in made.files.values())
    rows = sum(table.rows for table in made.tables.values())
    click.echo(
        f"已备份到 {folder}:{len(made.files)} 个文件 {size / 1e6:.1f} MB,{len(made.tables)} 张表 {rows} 行,"
        f"观测 {made.lake.get('observation', 0)} 条。口令请另处保管,没有它无法恢复。"
    )

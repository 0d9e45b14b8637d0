"""`yongzhou archive`: a continuous archive of the running city, for a return to any moment."""

from __future__ import annotations

import signal
import threading
from pathlib import Path
from types import FrameType

import click

from yongzhou.core.home import Home
from yongzhou.house.backup import BackupError


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--passphrase", envvar="BACKUP_PASSPHRASE", help="Seals keys and passwords; by BACKUP_PASSPHRASE.")
def command(folder: Path, passphrase: str | None) -> None:
    """Keep an archive of the running city in FOLDER until SIGTERM; FOLDER should be on another machine's disk."""
    from yongzhou.house.archive.keep import Archive

    words = passphrase or click.prompt("备份口令", hide_input=True, confirmation_prompt=True)
    asked = threading.Event()

    def ask(number: int, frame: FrameType | None) -> None:
        asked.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, ask)
    try:
        with Archive(Home.here(), folder.resolve(), words, tell=lambda text: click.echo(text, err=True)):
            click.echo(f"正在连续归档到 {folder}。口令请另处保管,没有它无法恢复。")
            asked.wait()
    except BackupError as error:
        raise click.ClickException(str(error)) from error

"""`yongzhou new`: begin a system with a green skeleton."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Final

import click

from yongzhou.core.home import REPOSITORY
from yongzhou.house.scaffold import ScaffoldError, begin

TUTORIAL: Final = "docs/zh/tutorial/add-a-system.md"


@click.command()
@click.argument("folder", metavar="WING/NAME")
@click.option("--title", help="Chinese title, where the plan does not know the folder yet.")
@click.option("--row", type=int, help="Row of the plan for such a folder; by default the next free one.")
@click.option("--lead", default="市数据局", show_default=True, help="Lead unit.")
@click.option("--bare", is_flag=True, help="Only write the files: no migration, no generated files, no check.")
def command(folder: str, title: str | None, row: int | None, lead: str, bare: bool) -> None:
    """Begin a system: record, operation, pure function, samples, quality file, tests, migration; then check it."""
    try:
        place = begin(Path(__file__).resolve().parents[2], folder, title=title, row=row, lead=lead)
    except ScaffoldError as error:
        raise click.ClickException(str(error)) from error
    shown = place.relative_to(REPOSITORY)
    for path in sorted(path for path in place.rglob("*") if path.is_file()):
        click.echo(f"已写 {path.relative_to(REPOSITORY)}")
    name = folder.rpartition("/")[2]
    grant = f"权限是一行数据,例:cities/yongzhou/grants.csv 加 duty_officer,*,{name}.*,2,用途"
    if bare:
        click.echo(f"\n下一步:改 models.py 等文件;{grant};再运行 yongzhou schema\n  教程见 {TUTORIAL}")
        return
    done = subprocess.run(  # a new process: Django has not seen the new room
        [sys.executable, "-m", "yongzhou.house.cli", "check", "--fix", "--json"],
        capture_output=True,
        text=True,
        check=False,
    )
    if not done.stdout.strip():
        raise click.ClickException(f"检查没有跑完:\n{done.stderr.strip()[-2000:]}")
    own = [row for row in json.loads(done.stdout) if str(row["path"]).startswith(str(shown)) and not row["soft"]]
    for finding in own:
        click.echo(f"[{finding['rule']}] {finding['path']} {finding['text']} → {finding['remedy']}")
    click.echo(f"\n下一步:\n  python -m pytest {shown} -q\n  yongzhou check\n  {grant}\n  教程见 {TUTORIAL}")
    sys.exit(1 if own else 0)

"""`yongzhou systems`: the 68 rows and how they stand."""

from __future__ import annotations

import json

import click
from rich.console import Console
from rich.table import Table

from yongzhou.house.setup import start


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Machine-readable.")
@click.option("--write", is_flag=True, help="Write docs/systems.md.")
def command(as_json: bool, write: bool) -> None:
    """State, records, operations and references of all systems of the plan."""
    start("command")
    from yongzhou.house.check.finding import Tree
    from yongzhou.house.pages import systems_page
    from yongzhou.house.summary import systems

    tree = Tree()
    rows = systems(tree)
    if write:
        (tree.root / "docs" / "systems.md").write_text(systems_page(tree, rows), encoding="utf-8")
    if as_json:
        click.echo(json.dumps([row.as_json() for row in rows], ensure_ascii=False, indent=1))
        return
    table = Table("行", "系统", "目录", "状态", "记录", "操作", "参考值")
    for row in rows:
        if row.state != "none" or row.records:
            table.add_row(
                str(row.row),
                row.title,
                row.folder,
                row.state_title,
                *map(str, (row.records, row.operations, row.references)),
            )
    Console().print(table)
    click.echo(f"共 {len(rows)} 行,未列出的尚未建。状态由测试结果算出;先运行 make test。")

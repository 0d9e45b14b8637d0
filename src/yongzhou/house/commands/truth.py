"""`yongzhou truth`: published values that tests check, and whether they hold."""

from __future__ import annotations

import json

import click
from rich.console import Console
from rich.table import Table

from yongzhou.house.setup import start

_WORDS = {True: "相符", False: "不符", None: "未运行"}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Machine-readable.")
@click.option("--write", is_flag=True, help="Write docs/truth.md.")
def command(as_json: bool, write: bool) -> None:
    """Source, clause, published value, our value, and whether it holds by the last test run."""
    start("command")
    from yongzhou.house.check.finding import Tree
    from yongzhou.house.pages import truth_page
    from yongzhou.house.summary import truths

    tree = Tree()
    if write:
        (tree.root / "docs" / "truth.md").write_text(truth_page(tree), encoding="utf-8")
    rows = truths(tree)
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    table = Table("来源", "条款", "公布值", "本院值", "结论")
    for row in rows:
        values = ("" if row[key] is None else f"{row[key]:.12g}" for key in ("published", "ours"))
        table.add_row(row["source"], f"{row['clause']} {row['what']}".strip(), *values, _WORDS[row["holds"]])
    Console().print(table)

"""`yongzhou doctor`: is this house well, and what is to be done."""

from __future__ import annotations

import json
import sys
from collections import Counter
from dataclasses import asdict

import click

from yongzhou.core.home import Home

_LOOK = {"ok": "[green]✓[/green]", "warn": "[yellow]![/yellow]", "fail": "[red]✗[/red]", "skip": "[dim]·[/dim]"}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Machine-readable.")
@click.option("--quiet", is_flag=True, help="Only what is not well.")
@click.option("--strict", is_flag=True, help="Exit code 1 for a warning too.")
def command(as_json: bool, quiet: bool, strict: bool) -> None:
    """Look at machine, data folder and running members; exit code 1 if something does not work."""
    from yongzhou.house.doctor.examine import examine, worst
    from yongzhou.house.doctor.finding import Level

    findings = examine(Home.here())
    level = worst(findings)
    code = 1 if level is Level.FAIL or (strict and level is Level.WARN) else 0
    if as_json:
        click.echo(
            json.dumps({"level": level, "findings": [asdict(one) for one in findings]}, ensure_ascii=False, indent=1)
        )
        sys.exit(code)
    from rich.console import Console
    from rich.markup import escape

    console = Console(highlight=False)
    shown = [one for one in findings if not quiet or one.level not in (Level.OK, Level.SKIP)]
    for area in dict.fromkeys(one.area for one in shown):
        console.print(f"\n[bold]{area}[/bold]")
        for one in (one for one in shown if one.area == area):
            console.print(f" {_LOOK[one.level]} {escape(one.name)}  [dim]{escape(one.text)}[/dim]", soft_wrap=True)
            if one.remedy:
                console.print(f"     → {escape(one.remedy)}", soft_wrap=True)
    counts = Counter(one.level for one in findings)
    told = ",".join(
        f"{word} {counts[each]}" for each, word in zip(Level, ("正常", "留意", "故障", "未查"), strict=True)
    )
    console.print(f"\n{told}")
    sys.exit(code)
